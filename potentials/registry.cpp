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
  // What a kind may leave out.
  std::filesystem::path (*log)(const std::filesystem::path& folder, const std::string& spec_hash) = nullptr;
  bool foreign = true;
  BlockWriter text{print_block, files_of_block, [](const yaml::Node&) { return false; }};
  void (*run_table)(EngineSpec& spec, const std::filesystem::path& library, int ranks) = nullptr;
};

constexpr std::array kinds{
    Kind{.name = "lammps",
         .process = true,
         .instances = 16,
         .read_block = lammps_from_block,
         .make = make_lammps,
         .log = lammps_log,
         .foreign = false,
         .text = {print_lammps_block, files_of_block, lammps_answers_tables},
         .run_table = run_lammps_table},
    Kind{.name = "ipi",
         .process = true,
         .instances = 4,
         .read_block =
             [](const yaml::Node& block, const Configuration& configuration, const std::filesystem::path& folder) {
               return ipi_engine(read_ipi(block, folder), configuration, folder);
             },
         .make = [](const EngineSpec& spec, const std::filesystem::path& folder,
                    std::optional<int>) { return make_ipi(spec, folder); },
         .text = {print_ipi_block, files_of_ipi_block, [](const yaml::Node&) { return false; }}},
    Kind{.name = "analytic",
         .process = false,
         .instances = 16,
         .read_block = [](const yaml::Node& block, const Configuration&,
                          const std::filesystem::path&) { return analytic_from_block(block); },
         .make = [](const EngineSpec& spec, const std::filesystem::path&,
                    std::optional<int>) { return make_analytic(spec.document); },
         .foreign = false},
};

const Kind& find(const std::string& name) {
  for (const Kind& kind : kinds) {
    if (kind.name == name) return kind;
  }
  throw Error(Error::Kind::bad_input,
              fmt::format("engine kind '{}' is unknown; this build has {}", name, text::join(engine_kinds(), ", ")));
}

const Kind& row_of(const yaml::Node& name) {
  for (const Kind& row : kinds)
    if (row.name == name.text()) return row;
  name.fail(fmt::format("the engine kind '{}' is unknown; this build has {}", text::printable(name.text()),
                        text::join(engine_kinds(), ", ")));
}

}  // namespace

std::vector<std::string> engine_kinds() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds) names.emplace_back(kind.name);
  return names;
}

BlockReader block_reader(const yaml::Node& kind) { return row_of(kind).read_block; }

BlockWriter block_writer(const yaml::Node& kind) { return row_of(kind).text; }

std::string table_engine() {
  for (const Kind& kind : kinds)
    if (kind.run_table) return std::string{kind.name};
  throw Error(Error::Kind::missing_dependency, "no engine of this build answers for force-field tables");
}

void run_table(EngineSpec& spec, const std::filesystem::path& library, int ranks) {
  find(spec.kind).run_table(spec, library, ranks);
}

bool is_foreign(const std::string& kind) { return find(kind).foreign; }

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
