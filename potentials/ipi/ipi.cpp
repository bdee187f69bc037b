// SPDX-License-Identifier: GPL-2.0-or-later
// The evaluation call: check, turn, ask the client, turn back, check.
#include "potentials/ipi/ipi.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "potentials/core/answer_times.hpp"
#include "potentials/core/checks.hpp"
#include "potentials/ipi/client.hpp"
#include "potentials/ipi/protocol.hpp"
#include "potentials/ipi/settings.hpp"
#include "potentials/lammps/box.hpp"
#include "structures/core/crystal.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/extxyz.hpp"
#include "structures/formats/structure_file.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

// Electronic structure on a grid, single precision and held atoms all leave a sum of forces. First paths of reactions
// begin with 50 to 100 eV/A: a step to shorten, no reason to end.
constexpr AnswerLimits believed{.net_force = std::numeric_limits<double>::infinity()};

// The reference as clients read it, in the frame of the questions.
fs::path write_reference(const IpiDocument& document, const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) throw Error(Error::Kind::io, fmt::format("{}: {}", folder.string(), problem.message()));
  Configuration turned = document.reference;
  const TurnedCell frame = turn_cell(turned.cell);
  turned.positions = frame.rotation * turned.positions;
  turned.cell = frame.cell;
  if (document.structure == "extxyz") {
    const Frame one{.configuration = turned, .energy_ev = {}, .forces = {}, .stress = {}, .mobile = {}, .info = {}};
    const fs::path file = folder / "structure.extxyz";
    text::write_file(file, format_extxyz(std::span{&one, 1}));
    return file;
  }
  const fs::path file = folder / (document.structure == "cif" ? "structure.cif" : "structure.data");
  write_structure(file, to_crystal(turned, document.name));
  return file;
}

class IpiPotential final : public Potential {
 public:
  IpiPotential(const EngineSpec& spec, const fs::path& folder)
      : document_{IpiDocument::parse(spec.document)}, limits_{contact_limits(document_.reference)} {
    const std::string name = fmt::format("ipi-{}", spec.hash().substr(0, 8));
    site_ = {.command = document_.command,
             .tcp = document_.socket == "tcp",
             .threads = document_.threads,
             .folder = spec.running.folder,
             .scratch = folder / name,
             .structure = {},
             .log = folder / (name + ".log"),
             .start_s = spec.running.start_s,
             .deadline_s = spec.running.deadline_s};
  }

  Evaluation evaluate(const Configuration& configuration) override {
    check_question(configuration, document_.reference.species, limits_);
    const TurnedCell frame = turn_cell(configuration.cell);
    try {
      if (!client_) {
        site_.structure = write_reference(document_, site_.scratch);
        client_.emplace(site_);
      }
      // Who gave a limit of their own knows better than the answers so far.
      if (site_.deadline_s == IpiSettings{}.deadline_s) client_->allow(times_.allowed(site_.deadline_s));
      const auto begun = std::chrono::steady_clock::now();
      const ipi::Reply reply = client_->ask(frame.cell, frame.rotation * configuration.positions);
      times_.note(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
      Evaluation answer;
      answer.energy_ev = reply.energy * ipi::hartree_ev;
      answer.forces = frame.rotation.transpose() * reply.forces * (ipi::hartree_ev / ipi::bohr_angstrom);
      const double volume = std::abs(configuration.cell.determinant());
      const Eigen::Matrix3d stress = ipi::stress_of(reply.virial, volume);
      // Nothing but zeros is a client that knows no stress.
      if (stress.allFinite() && !stress.isZero(0)) {
        answer.stress = frame.rotation.transpose() * stress * frame.rotation;
      }
      check_answer(configuration, answer, believed);
      return answer;
    } catch (...) {
      client_.reset();  // whatever state it is in, the next question finds a fresh one
      throw;
    }
  }

 private:
  IpiDocument document_;
  std::vector<double> limits_;
  ipi::ClientSite site_;
  std::optional<ipi::Client> client_;
  AnswerTimes times_;
};

}  // namespace

std::string IpiDocument::dump() const {
  nlohmann::json json{{"command", command}, {"socket", socket}, {"structure", structure},
                      {"threads", threads}, {"name", name},     {"files", files}};
  json["cell"] = std::vector<double>(reference.cell.data(), reference.cell.data() + 9);
  json["positions"] =
      std::vector<double>(reference.positions.data(), reference.positions.data() + reference.positions.size());
  json["species"] = reference.species;
  json["periodic"] = reference.periodic;
  return json.dump();
}

IpiDocument IpiDocument::parse(const std::string& text) {
  try {
    const auto json = nlohmann::json::parse(text);
    IpiDocument out;
    json.at("command").get_to(out.command);
    json.at("socket").get_to(out.socket);
    json.at("structure").get_to(out.structure);
    json.at("threads").get_to(out.threads);
    json.at("name").get_to(out.name);
    json.at("files").get_to(out.files);
    json.at("species").get_to(out.reference.species);
    json.at("periodic").get_to(out.reference.periodic);
    const auto cell = json.at("cell").get<std::array<double, 9>>();
    const auto positions = json.at("positions").get<std::vector<double>>();
    if (positions.size() != 3 * out.reference.species.size() || out.command.empty()) {
      throw Error(Error::Kind::bad_input, "an i-PI document needs a command and a position for each atom");
    }
    out.reference.cell = Eigen::Map<const Eigen::Matrix3d>(cell.data());
    out.reference.positions = Eigen::Map<const Eigen::Matrix3Xd>(positions.data(), 3, out.reference.size());
    return out;
  } catch (const nlohmann::json::exception& problem) {
    throw Error(Error::Kind::bad_input, fmt::format("this is not an i-PI document: {}", problem.what()));
  }
}

std::unique_ptr<Potential> make_ipi(const EngineSpec& spec, const fs::path& folder) {
  return std::make_unique<IpiPotential>(spec, folder);
}

}  // namespace hopflow
