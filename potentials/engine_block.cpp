// SPDX-License-Identifier: GPL-2.0-or-later
// From a case's `engine:` block to a spec; every value is checked where it stands.
#include "potentials/engine_block.hpp"

#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include <fmt/core.h>

#include "potentials/analytic/analytic.hpp"
#include "potentials/core/hashing.hpp"
#include "potentials/forcefield/forcefield.hpp"
#include "potentials/ipi/settings.hpp"
#include "potentials/lammps/commands.hpp"
#include "potentials/lammps/document.hpp"
#include "potentials/lammps/library.hpp"
#include "potentials/lammps/unit_system.hpp"
#include "potentials/registry.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/crystal.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

constexpr int most_types = 118;
constexpr int most_ranks = 1024;

int element_of(const yaml::Node& place, const std::string& symbol) {
  const auto z = atomic_number(symbol);
  if (!z) place.fail(fmt::format("'{}' is not an element's symbol", text::printable(symbol)));
  return *z;
}

// Element -> LAMMPS type; types are 1..n without gaps, one element each.
std::map<int, int> read_types(const yaml::Node& node, const std::vector<int>& species) {
  std::map<int, int> type_of;
  std::map<int, std::string> element_of_type;
  for (const auto& [symbol, value] : node.entries()) {
    const int type = static_cast<int>(value.integer(1, most_types));
    type_of[element_of(value, symbol)] = type;
    const auto [other, fresh] = element_of_type.emplace(type, symbol);
    if (!fresh)
      value.fail(
          fmt::format("type {} is given to both {} and {}; each element needs its own", type, other->second, symbol));
  }
  for (int type = 1; type <= static_cast<int>(element_of_type.size()); ++type) {
    if (!element_of_type.contains(type)) {
      node.fail(
          fmt::format("no element has type {}; number the types 1 to {} without gaps", type, element_of_type.size()));
    }
  }
  for (const int z : species) {
    if (!type_of.contains(z)) {
      node.fail(fmt::format("the structure holds {}, which has no type here; add '{}: {}'", symbol_of(z), symbol_of(z),
                            element_of_type.size() + 1));
    }
  }
  return type_of;
}

std::vector<fs::path> potential_folders() {
  std::vector<fs::path> folders;
  if (const char* variable = std::getenv("LAMMPS_POTENTIALS"); variable != nullptr && *variable != '\0') {
    folders.emplace_back(variable);
  }
  folders.emplace_back("/usr/share/lammps/potentials");
  return folders;
}

// The content of one entry of `files`, beside the case or among LAMMPS' own.
std::string find_file(const yaml::Node& node, const fs::path& folder) {
  const std::string name = node.text();
  const fs::path path{name};
  if (name.empty() || path.is_absolute() || path.filename().empty()) {
    node.fail(fmt::format("'{}' is not the name of a file beside the case", text::printable(name)));
  }
  std::error_code status;
  if (fs::exists(folder / path, status) && leads_out(folder, path)) {
    node.fail(
        fmt::format("'{}' leads out of the folder of this file; a case from others could name any file of yours. "
                    "Put a copy next to the case",
                    text::printable(name)));
  }
  std::string looked;
  const auto try_at = [&](const fs::path& at) {
    looked += fmt::format("{}{}", looked.empty() ? "" : ", ", at.parent_path().string());
    std::error_code ignored;
    return fs::exists(at, ignored);
  };
  const fs::path beside = fs::absolute(folder.empty() ? fs::path{"."} : folder).lexically_normal();
  try {
    if (try_at(beside / path)) return text::read_file(beside / path);
    for (const fs::path& other : potential_folders()) {
      if (path.has_parent_path()) break;
      if (try_at(other / path)) return text::read_file(other / path);
    }
  } catch (const Error& problem) {
    node.fail(problem.what());
  }
  node.fail(
      fmt::format("the potential file '{}' was not found in {}; put it beside the case (LAMMPS' own files come with "
                  "the package lammps-data)",
                  text::printable(name), looked));
}

std::string bare(const std::string& name) { return fs::path{name}.filename().string(); }

bool is_bonded(const std::string& command) {
  for (const char* word : {"bond_", "angle_", "dihedral_", "improper_"}) {
    if (command.rfind(word, 0) == 0) return true;
  }
  return false;
}

/// A force-field table for atoms whose bonds are found by distance; a cell that has lost an ion need not be neutral.
EngineSpec table_from_block(const yaml::Node& block, const yaml::Node& table, const Configuration& configuration,
                            const fs::path& folder) {
  block.allow_keys({"kind", "forcefield", "charge_set"});
  const yaml::Node* set = block.find("charge_set");
  try {
    Crystal crystal = to_crystal(configuration, "case");
    crystal = with_whole_molecules(crystal, finite_molecules(crystal, find_bonds(crystal)));
    return ForceField::load(folder / table.text(), set != nullptr ? set->text() : "")
        .engine(crystal, -1, CellCharge::any);
  } catch (const Error& problem) {
    table.fail(problem.what());
  }
}

EngineSpec lammps_from_block(const yaml::Node& block, const Configuration& configuration, const fs::path& folder) {
  if (const yaml::Node* table = block.find("forcefield")) return table_from_block(block, *table, configuration, folder);
  block.allow_keys({"kind", "units", "types", "charges", "files", "commands", "library", "ranks_per_image"});
  LammpsDocument document;
  document.units = "metal";
  if (const yaml::Node* units = block.find("units")) {
    document.units = units->text();
    if (!find_unit_system(document.units)) {
      units->fail(fmt::format("LAMMPS units '{}' are not known here; allowed are {}", text::printable(document.units),
                              text::join(unit_system_names(), ", ")));
    }
  }
  const UnitSystem units = *find_unit_system(document.units);
  document.species = configuration.species;
  const std::map<int, int> type_of = read_types(block.at("types"), configuration.species);
  document.masses.resize(type_of.size());
  for (const auto& [z, type] : type_of) {
    document.masses[static_cast<std::size_t>(type) - 1] = units.name == "lj" ? 1.0 : atomic_mass(z) / units.mass_amu;
  }

  std::map<int, double> charge_of;
  if (const yaml::Node* charges = block.find("charges")) {
    for (const auto& [symbol, value] : charges->entries()) {
      const int z = element_of(value, symbol);
      if (!type_of.contains(z)) value.fail(fmt::format("{} has a charge but no type; add it to 'types'", symbol));
      charge_of[z] = value.number(-20, 20);
    }
  }
  double net = 0;
  for (const int z : configuration.species) {
    document.types.push_back(type_of.at(z));
    const auto charge = charge_of.find(z);
    document.charges.push_back(charge == charge_of.end() ? 0.0 : charge->second);
    net += document.charges.back();
    document.molecules.push_back(0);
  }

  std::map<std::string, std::string> written_as;  // as listed -> as LAMMPS sees it
  if (const yaml::Node* files = block.find("files")) {
    for (const yaml::Node& item : files->items()) {
      const std::string name = bare(item.text());
      if (document.files.contains(name)) item.fail(fmt::format("the file '{}' is listed twice", text::printable(name)));
      for (const char c : name) {
        if (!std::isalnum(static_cast<unsigned char>(c)) &&
            std::string_view{"._+-"}.find(c) == std::string_view::npos) {
          item.fail(fmt::format("'{}' is no name for a potential file; use letters, digits and . _ + -",
                                text::printable(name)));
        }
      }
      if (name == "box.data") item.fail("the name box.data is taken; rename the file");
      document.files[name] = find_file(item, folder);
      written_as[item.text()] = name;
    }
  }

  bool charges_by_command = false;
  for (const yaml::Node& item : block.at("commands").items()) {
    std::vector<std::string> words = text::split_words(item.text());
    for (std::string& word : words) {
      if (const auto file = written_as.find(word); file != written_as.end()) word = file->second;
    }
    const std::string command =
        item.text().find_first_of("\n\r\t") == std::string::npos ? text::join(words, " ") : item.text();
    if (const std::string problem = problem_with_command(command); !problem.empty()) item.fail(problem);
    if (is_bonded(command)) document.atom_style = "full";
    charges_by_command = charges_by_command || words[0] == "set";
    document.commands.push_back(command);
  }
  if (document.commands.empty())
    block.at("commands").fail("no LAMMPS command is given; at least pair_style and pair_coeff are needed");

  EngineSpec spec;
  spec.kind = "lammps";
  spec.version = lammps_version();
  spec.tier = "ff";
  if (charges_by_command) {
    spec.charge = "fixed charges set by the case's commands";
  } else if (charge_of.empty()) {
    spec.charge = "none";
  } else if (std::abs(net) < 1e-6) {
    spec.charge = "neutral by fixed ionic charges";
  } else {
    spec.charge = fmt::format("{:+.6g} e by fixed ionic charges, background neutralised", net);
  }
  spec.document = document.dump();
  if (const yaml::Node* library = block.find("library")) {
    try {
      use_library(spec, folder / library->text());
    } catch (const Error& problem) {
      throw Error(problem.kind(), fmt::format("{}: {}", library->place(), problem.what()));
    }
  }
  if (const yaml::Node* ranks = block.find("ranks_per_image"))
    use_ranks(spec, static_cast<int>(ranks->integer(1, most_ranks)));
  return spec;
}

EngineSpec bare_engine(const yaml::Node& block, const Configuration& configuration, const fs::path& folder) {
  const yaml::Node& kind = block.at("kind");
  if (kind.text() == "lammps") return lammps_from_block(block, configuration, folder);
  if (kind.text() == "analytic") {
    block.allow_keys({"kind", "surface"});
    const yaml::Node& surface = block.at("surface");
    try {
      return analytic_engine(surface.text());
    } catch (const Error& problem) {
      surface.fail(problem.what());
    }
  }
  if (kind.text() == "ipi") return ipi_engine(read_ipi(block, folder), configuration, folder);
  kind.fail(fmt::format("the engine kind '{}' is unknown; this build has {}", text::printable(kind.text()),
                        text::join(engine_kinds(), ", ")));
}

}  // namespace

EngineSpec engine_from_block(const yaml::Node& block, const Configuration& configuration, const fs::path& folder) {
  EngineSpec engine = bare_engine(block.without("prior").without("budget"), configuration, folder);
  if (const yaml::Node* prior = block.find("prior"); prior != nullptr && !prior->is_scalar()) {
    auto cheap = std::make_shared<EngineSpec>(bare_engine(*prior, configuration, folder));
    if (cheap->hash() == engine.hash()) prior->fail("this is the engine itself; name a cheaper one");
    engine.prior = std::move(cheap);
  } else if (prior != nullptr) {
    prior->one_of({"none"});
  }
  if (const yaml::Node* budget = block.find("budget")) {
    if (!engine.prior) budget->fail("a budget of calls is for searches with a prior engine; add 'prior: {kind: ...}'");
    engine.budget = static_cast<int>(budget->integer(3, 1000000));
  }
  return engine;
}

}  // namespace hopflow
