// SPDX-License-Identifier: GPL-2.0-or-later
// LAMMPS commands of a block become a document; every value is checked where it stands.
#include "potentials/blocks/lammps_block.hpp"

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include <fmt/core.h>

#include "potentials/core/hashing.hpp"
#include "potentials/forcefield/forcefield.hpp"
#include "potentials/lammps/allowed_commands.hpp"
#include "potentials/lammps/document.hpp"
#include "potentials/lammps/library.hpp"
#include "potentials/lammps/unit_system.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/crystal.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/index.hpp"
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

// The content of one entry of `files`, next to the case or among LAMMPS' own.
std::string find_file(const yaml::Node& node, const fs::path& folder) {
  const std::string name = node.text();
  const fs::path path{name};
  if (name.empty() || path.is_absolute() || path.filename().empty()) {
    node.fail(
        fmt::format("'{}' is not the name of a file in the folder of the case; copy the file there and give its name",
                    text::printable(name)));
  }
  std::error_code status;
  if (fs::exists(folder / path, status) && leads_out(folder, path)) {
    node.fail(
        fmt::format("'{}' is outside the folder of the case, which is not allowed (a case from someone else could read "
                    "any of your files); copy the file into that folder",
                    text::printable(name)));
  }
  std::string looked;
  const auto try_at = [&](const fs::path& at) {
    looked += fmt::format("{}{}", looked.empty() ? "" : ", ", at.parent_path().string());
    std::error_code ignored;
    return fs::exists(at, ignored);
  };
  const fs::path near = fs::absolute(folder.empty() ? fs::path{"."} : folder).lexically_normal();
  try {
    if (try_at(near / path)) return text::read_file(near / path);
    for (const fs::path& other : potential_folders()) {
      if (path.has_parent_path()) break;
      if (try_at(other / path)) return text::read_file(other / path);
    }
  } catch (const Error& problem) {
    node.fail(problem.what());
  }
  node.fail(
      fmt::format("the potential file '{}' was not found in {}; put it next to the case (LAMMPS' own files come with "
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

/// One block, read key by key into a document.
class LammpsBlock {
 public:
  LammpsBlock(const yaml::Node& block, const Configuration& configuration, fs::path folder)
      : block_{block}, configuration_{configuration}, folder_{std::move(folder)} {}

  EngineSpec read();

 private:
  void read_units();
  void read_masses();
  void read_charges();
  void read_files();
  void check_file_name(const yaml::Node& item, const std::string& name) const;
  void read_commands();
  std::string with_bare_names(const yaml::Node& item) const;
  std::string charge_words() const;
  void read_running(EngineSpec& spec) const;

  const yaml::Node& block_;
  const Configuration& configuration_;
  fs::path folder_;
  LammpsDocument document_;
  std::map<int, int> type_of_;
  std::map<int, double> charge_of_;
  double net_charge_ = 0;
  bool charges_by_command_ = false;
  std::map<std::string, std::string> written_as_;  // as listed -> as LAMMPS sees it
};

EngineSpec LammpsBlock::read() {
  block_.allow_keys({"kind", "units", "types", "charges", "files", "commands", "library", "ranks_per_image"});
  document_.species = configuration_.species;
  read_units();
  type_of_ = read_types(block_.at("types"), configuration_.species);
  read_masses();
  read_charges();
  read_files();
  read_commands();
  EngineSpec spec;
  spec.kind = "lammps";
  spec.version = lammps_version();
  spec.tier = "ff";
  spec.charge = charge_words();
  spec.document = document_.dump();
  read_running(spec);
  return spec;
}

void LammpsBlock::read_units() {
  document_.units = "metal";
  const yaml::Node* units = block_.find("units");
  if (units == nullptr) return;
  document_.units = units->text();
  if (!find_unit_system(document_.units))
    units->fail(fmt::format("LAMMPS units '{}' are not known here; allowed are {}", text::printable(document_.units),
                            text::join(unit_system_names(), ", ")));
}

void LammpsBlock::read_masses() {
  const UnitSystem units = *find_unit_system(document_.units);
  document_.masses.resize(type_of_.size());
  for (const auto& [z, type] : type_of_)
    document_.masses[at(type) - 1] = units.name == "lj" ? 1.0 : atomic_mass(z) / units.mass_amu;
}

void LammpsBlock::read_charges() {
  if (const yaml::Node* charges = block_.find("charges")) {
    for (const auto& [symbol, value] : charges->entries()) {
      const int z = element_of(value, symbol);
      if (!type_of_.contains(z)) value.fail(fmt::format("{} has a charge but no type; add it to 'types'", symbol));
      charge_of_[z] = value.number(-20, 20);
    }
  }
  for (const int z : configuration_.species) {
    document_.types.push_back(type_of_.at(z));
    const auto charge = charge_of_.find(z);
    document_.charges.push_back(charge == charge_of_.end() ? 0.0 : charge->second);
    net_charge_ += document_.charges.back();
    document_.molecules.push_back(0);
  }
}

void LammpsBlock::read_files() {
  const yaml::Node* files = block_.find("files");
  if (files == nullptr) return;
  for (const yaml::Node& item : files->items()) {
    const std::string name = bare(item.text());
    check_file_name(item, name);
    document_.files[name] = find_file(item, folder_);
    written_as_[item.text()] = name;
  }
}

void LammpsBlock::check_file_name(const yaml::Node& item, const std::string& name) const {
  if (document_.files.contains(name)) item.fail(fmt::format("the file '{}' is listed twice", text::printable(name)));
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) || std::string_view{"._+-"}.find(c) != std::string_view::npos)
      continue;
    item.fail(fmt::format("'{}' is not allowed as the name of a potential file; use letters, digits and . _ + -",
                          text::printable(name)));
  }
  if (name == "box.data") item.fail("the name box.data is taken; rename the file");
}

void LammpsBlock::read_commands() {
  for (const yaml::Node& item : block_.at("commands").items()) {
    const std::string command = with_bare_names(item);
    if (const std::string problem = problem_with_command(command); !problem.empty()) item.fail(problem);
    if (is_bonded(command)) document_.atom_style = "full";
    charges_by_command_ = charges_by_command_ || text::split_words(command).front() == "set";
    document_.commands.push_back(command);
  }
  if (document_.commands.empty())
    block_.at("commands").fail("no LAMMPS command is given; at least pair_style and pair_coeff are needed");
}

std::string LammpsBlock::with_bare_names(const yaml::Node& item) const {
  if (item.text().find_first_of("\n\r\t") != std::string::npos) return item.text();
  std::vector<std::string> words = text::split_words(item.text());
  for (std::string& word : words)
    if (const auto file = written_as_.find(word); file != written_as_.end()) word = file->second;
  return text::join(words, " ");
}

std::string LammpsBlock::charge_words() const {
  if (charges_by_command_) return "fixed charges set by the case's commands";
  if (charge_of_.empty()) return "none";
  if (std::abs(net_charge_) < 1e-6) return "neutral by fixed ionic charges";
  return fmt::format("{:+.6g} e by fixed ionic charges, background neutralised", net_charge_);
}

void LammpsBlock::read_running(EngineSpec& spec) const {
  if (const yaml::Node* library = block_.find("library")) {
    try {
      use_library(spec, folder_ / library->text());
    } catch (const Error& problem) {
      throw Error(problem.kind(), fmt::format("{}: {}", library->place(), problem.what()));
    }
  }
  if (const yaml::Node* ranks = block_.find("ranks_per_image"))
    use_ranks(spec, static_cast<int>(ranks->integer(1, most_ranks)));
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

}  // namespace

EngineSpec lammps_from_block(const yaml::Node& block, const Configuration& configuration, const fs::path& folder) {
  if (const yaml::Node* table = block.find("forcefield")) return table_from_block(block, *table, configuration, folder);
  return LammpsBlock(block, configuration, folder).read();
}

bool lammps_answers_tables(const yaml::Node& block) {
  return block.find("types") == nullptr && block.find("commands") == nullptr;
}

std::string print_lammps_block(const yaml::Node& block, const fs::path& folder, const std::string& common,
                               const Renamed& renamed) {
  const yaml::Node* library = block.find("library");
  if (library == nullptr) return print_block(block, folder, common, renamed);
  const std::string place = fs::absolute(folder / library->text()).lexically_normal().string();
  return print_block(block.without("library"), folder, fmt::format(", library: {}{}", yaml::quoted(place), common),
                     renamed);
}

void run_lammps_table(EngineSpec& spec, const fs::path& library, int ranks) {
  if (!library.empty()) use_library(spec, library);
  use_ranks(spec, ranks);
}

}  // namespace hopflow
