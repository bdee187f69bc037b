// SPDX-License-Identifier: GPL-2.0-or-later
// A new engine in C++ is one row here.
#include "potentials/registry.hpp"

#include <array>
#include <string_view>

#include <fmt/core.h>

#include "potentials/analytic/analytic.hpp"
#include "potentials/blocks/lammps_block.hpp"
#include "potentials/ipi/ipi.hpp"
#include "potentials/ipi/settings.hpp"
#include "potentials/lammps/lammps.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

struct Kind {
  std::string_view name;
  bool process;
  int instances;
  BlockReader read_block;
  std::unique_ptr<Potential> (*make)(const EngineSpec& spec, const std::filesystem::path& folder,
                                     std::optional<int> communicator);
  std::filesystem::path (*log)(const std::filesystem::path& folder, const std::string& spec_hash) = nullptr;
};

constexpr std::array kinds{
    Kind{"lammps", true, 16, lammps_from_block, make_lammps, lammps_log},
    Kind{"ipi", true, 4,
         [](const yaml::Node& block, const Configuration& configuration, const std::filesystem::path& folder) {
           return ipi_engine(read_ipi(block, folder), configuration, folder);
         },
         [](const EngineSpec& spec, const std::filesystem::path& folder, std::optional<int>) {
           return make_ipi(spec, folder);
         }},
    Kind{"analytic", false, 16,
         [](const yaml::Node& block, const Configuration&, const std::filesystem::path&) {
           return analytic_from_block(block);
         },
         [](const EngineSpec& spec, const std::filesystem::path&, std::optional<int>) {
           return make_analytic(spec.document);
         }},
};

const Kind& find(const std::string& name) {
  for (const Kind& kind : kinds) {
    if (kind.name == name) return kind;
  }
  throw Error(Error::Kind::bad_input,
              fmt::format("engine kind '{}' is unknown; this build has {}", name, text::join(engine_kinds(), ", ")));
}

}  // namespace

std::vector<std::string> engine_kinds() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds) names.emplace_back(kind.name);
  return names;
}

BlockReader block_reader(const yaml::Node& kind) {
  for (const Kind& row : kinds)
    if (row.name == kind.text()) return row.read_block;
  kind.fail(fmt::format("the engine kind '{}' is unknown; this build has {}", text::printable(kind.text()),
                        text::join(engine_kinds(), ", ")));
}

int most_instances(const std::string& kind) { return find(kind).instances; }

bool needs_process(const std::string& kind) { return find(kind).process; }

std::filesystem::path engine_log(const std::string& kind, const std::filesystem::path& folder,
                                 const std::string& spec_hash) {
  const auto log = find(kind).log;
  return log ? log(folder, spec_hash) : folder / "worker.log";
}

std::unique_ptr<Potential> make_potential(const EngineSpec& spec, const std::filesystem::path& folder,
                                          std::optional<int> communicator) {
  return find(spec.kind).make(spec, folder, communicator);
}

}  // namespace hopflow
