// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstring>

#include "potentials/host/wire.hpp"
#include "potentials/registry.hpp"
#include "structures/core/error.hpp"
#include "structures/core/yaml.hpp"
#include "tests/faults/fuzz/fuzz.hpp"
#include "workflows/crew/bytes.hpp"
#include "workflows/join/handshake.hpp"
#include "workflows/pipeline/measured/measured_table.hpp"
#include "workflows/pipeline/training/mnist.hpp"
#include "workflows/study/study.hpp"

namespace {

using namespace hopflow;

/// The engine of a case, for two atoms.
void read_engine(const std::string& content) {
  const yaml::Node root = yaml::parse(content, "case.yaml");
  Configuration two;
  two.cell = Eigen::Vector3d{10, 10, 10}.asDiagonal();
  two.positions = Eigen::Matrix3Xd::Zero(3, 2);
  two.positions(0, 1) = 3;
  two.species = {29, 18};
  two.periodic = {true, true, true};
  const yaml::Node& block = root.at("engine");
  static_cast<void>(block_reader(block.at("kind"))(block, two, std::filesystem::current_path()));
}

/// A study of the repository, wherever it is read from.
void read_study(const std::string& content) {
  std::string placed = content;
  constexpr std::string_view up = "../";
  const std::string inputs = HOPFLOW_SOURCE_DIR "/inputs/";
  for (std::size_t at = 0; (at = placed.find(up, at)) != std::string::npos; at += inputs.size())
    placed.replace(at, up.size(), inputs);
  static_cast<void>(load_study(fuzz::as_file(placed, ".yaml")));
}

/// A row of the store: the configuration that was asked and what was answered.
void read_row(const std::string& content) {
  ByteReader question{content};
  static_cast<void>(configuration_from(question));
  static_cast<void>(evaluation_from(question));
}

/// Whatever kind of frame the first byte says.
void read_wire(const std::string& content) {
  const std::string_view body = content.empty() ? std::string_view{} : std::string_view{content}.substr(1);
  switch (content.empty() ? 0 : content[0]) {
    case 'S': static_cast<void>(wire::read_spec(body)); break;
    case 'Q': static_cast<void>(wire::read_question(body)); break;
    case 'A': static_cast<void>(wire::read_answer(body)); break;
    case 'F': static_cast<void>(wire::read_failure(body)); break;
    default: static_cast<void>(read_request(content, std::string(32, 'n'), std::string(32, 's')));
  }
}

}  // namespace

std::vector<fuzz::Target> fuzz::targets() {
  return {{"study", read_study},
          {"engine", read_engine},
          {"curves",
           [](const std::string& content) {
             static_cast<void>(pipeline::read_measured(as_file(content, ".csv"), {"voltage_v", "current_a"}));
           }},
          {"idx", [](const std::string& content) { static_cast<void>(pipeline::read_idx(as_file(content))); }},
          {"store-row", read_row},
          {"wire", read_wire}};
}
