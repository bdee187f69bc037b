// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow check: what was read from a structure file, or why it is refused.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>

#include <fmt/core.h>

#include "structures/chemistry/molecules.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/framework/framework.hpp"
#include "structures/symmetry/symmetry.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/commands/structures/chemistry.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"

namespace hopflow {

namespace {

struct Group {
  std::string name, formula, shown;
  std::optional<int> charge;
  int count = 0;
  int atoms = 0;
  bool framework = false;
};

/// As chemists write it: an organic molecule by Hill, an anion with its centre first.
std::string shown_formula(const Crystal& crystal, const Molecule& molecule) {
  if (!molecule.framework) return molecule.formula;
  std::map<int, double> counts;
  for (const int atom : molecule.atoms) ++counts[crystal.species[static_cast<std::size_t>(atom)]];
  return counts.contains(6) || counts.contains(1) ? molecule.formula : written_formula(counts);
}

/// Molecules of one kind counted together, in order of first appearance.
std::vector<Group> group_molecules(const Crystal& crystal, const std::vector<Molecule>& molecules) {
  std::vector<Group> out;
  for (const Molecule& molecule : molecules) {
    const auto it = std::find_if(out.begin(), out.end(), [&](const Group& g) {
      return g.name == molecule.name && g.formula == molecule.formula;
    });
    if (it != out.end())
      ++it->count;
    else
      out.push_back({molecule.name, molecule.formula, shown_formula(crystal, molecule), molecule.charge, 1,
                     static_cast<int>(molecule.atoms.size()), molecule.framework});
  }
  return out;
}

/// Translations between the atoms of the rarest element are tried against all atoms: seconds above this, then minutes.
bool symmetry_is_quick(const Crystal& crystal) {
  constexpr double most = 4'000'000;
  std::map<int, int> counts;
  for (const int z : crystal.species) ++counts[z];
  int rarest = crystal.size();
  for (const auto& [z, n] : counts) rarest = std::min(rarest, n);
  return static_cast<double>(rarest) * crystal.size() <= most;
}

void print_arrangements(const DisorderReport& report) {
  int number = 0;
  for (const Arrangement& a : report.representatives) {
    ++number;
    fmt::print("  arrangement   {}: {}, {} equivalent, probability {:.4g}{}\n", number, a.formula, a.degeneracy,
               a.probability, number == report.taken ? ", taken" : "");
  }
}

void add_charge_warnings(Crystal& crystal, const FormalCharges& charges, bool no_molecules) {
  // Of a chosen arrangement the reader has reported.
  if (crystal.disorder) return;
  if (charges.net.value_or(0) != 0 && !(charges.guessed && no_molecules))
    crystal.warnings.push_back(fmt::format(
        "the formal charges of the cell add up to {:+d}{}", *charges.net,
        charges.guessed ? ", if those guessed for its molecules are right" : ": is an ion or hydrogen missing?"));
  for (const int z : charges.unusual)
    crystal.warnings.push_back(
        fmt::format("the formal charges sum to zero only if {} has the unusual oxidation state {:+d}; check whether an "
                    "ion or hydrogen atom is missing",
                    symbol_of(z), charges.of_element.at(z)));
}

/// "(CH6N)PbI3": organic molecules in brackets, then the rest as chemists order it.
std::string written(const Crystal& crystal, const std::vector<Molecule>& molecules) {
  const int units = formula_units(crystal.species);
  std::map<int, double> rest;
  for (const int z : crystal.species) rest[z] += 1;
  std::map<std::string, int> guests;
  for (const Molecule& molecule : molecules) {
    if (molecule.framework) continue;
    ++guests[molecule.formula];
    for (const int atom : molecule.atoms) rest[crystal.species[static_cast<std::size_t>(atom)]] -= 1;
  }
  for (auto& [z, n] : rest) n /= units;
  std::string out;
  for (const auto& [formula, n] : guests) {
    if (n % units != 0) return reduced_formula(crystal.species);
    out += fmt::format("({}){}", formula, n == units ? "" : std::to_string(n / units));
  }
  return out + written_formula(rest);
}

struct Report {
  Crystal crystal;
  std::vector<Molecule> whole;
  std::optional<Symmetry> symmetry;
  Framework framework;
  Chemistry chemistry;
};

void print_json(const Report& report) {
  const auto& [crystal, whole, symmetry, framework, chemistry] = report;
  const std::vector<Group> molecules = group_molecules(crystal, whole);
  const CellParameters p = parameters_of(crystal.cell);
  const double volume = std::abs(crystal.cell.determinant());
  nlohmann::ordered_json out{
      {"name", crystal.name},
      {"formula", reduced_formula(crystal.species)},
      {"written_formula", written(crystal, whole)},
      {"formula_units", formula_units(crystal.species)},
      {"cell_formula", formula_of(crystal.species)},
      {"atoms", crystal.size()},
      {"volume_angstrom3", volume},
      {"cell", {{"a", p.a}, {"b", p.b}, {"c", p.c}, {"alpha", p.alpha}, {"beta", p.beta}, {"gamma", p.gamma}}},
      {"space_group", nullptr},
      {"stated_space_group", {{"number", crystal.stated_space_group}, {"symbol", crystal.stated_symbol}}}};
  if (symmetry) out["space_group"] = {{"number", symmetry->number}, {"symbol", symmetry->symbol}};
  out["molecules"] = nlohmann::ordered_json::array();
  for (const Group& g : molecules)
    out["molecules"].push_back({{"name", g.name},
                                {"formula", g.formula},
                                {"count", g.count},
                                {"atoms", g.atoms},
                                {"charge", g.charge ? nlohmann::ordered_json(*g.charge) : nlohmann::ordered_json()}});
  out["anions"] = nlohmann::ordered_json::array();
  for (const Group& g : molecules)
    if (g.framework) out["anions"].push_back(g.name);
  out["framework"] = {{"dimension", framework.dimension}, {"sharing", framework.sharing}};
  out["disorder"] = disorder_json(crystal);
  out.update(chemistry_json(crystal, chemistry));
  out["model"] = crystal.model;
  out["provenance"] = crystal.provenance;
  out["warnings"] = crystal.warnings;
  fmt::print("{}\n", json_text(out));
}

void print_report(const Report& report, const std::string& file) {
  const auto& [crystal, whole, symmetry, framework, chemistry] = report;
  const std::vector<Group> molecules = group_molecules(crystal, whole);
  const CellParameters p = parameters_of(crystal.cell);
  const double volume = std::abs(crystal.cell.determinant());
  fmt::print("{}\n", text::printable(file.empty() ? crystal.name : file));
  fmt::print("  formula       {} x {} ({} atoms)\n", written(crystal, whole), formula_units(crystal.species),
             crystal.size());
  fmt::print("  cell          {:.4f} {:.4f} {:.4f} A, {:.3f} {:.3f} {:.3f} degrees, {:.3f} A^3\n", p.a, p.b, p.c,
             p.alpha, p.beta, p.gamma, volume);
  fmt::print("  space group   {}; stated: {}\n",
             symmetry ? fmt::format("{} (number {}) within 0.01 A", symmetry->symbol, symmetry->number)
                      : std::string{"not looked for"},
             crystal.stated_symbol.empty() && crystal.stated_space_group == 0
                 ? std::string{"none"}
                 : fmt::format("{} (number {})", text::printable(crystal.stated_symbol), crystal.stated_space_group));
  if (molecules.empty()) fmt::print("  molecules     none\n");
  for (const Group& g : molecules)
    fmt::print("  {:<13} {} x {}{}, charge {}\n", g.framework ? "anions" : "molecules", g.count, g.name,
               g.name == g.formula ? "" : " (" + g.shown + ")",
               !g.charge        ? "unknown"
               : *g.charge == 0 ? "0"
                                : fmt::format("{:+d}", *g.charge));
  constexpr const char* kinds[] = {"isolated", "chains", "layers", "network"};
  fmt::print("  framework     {}-dimensional ({}), sharing: {}\n", framework.dimension, kinds[framework.dimension],
             framework.sharing);
  if (crystal.disorder) print_arrangements(*crystal.disorder);
  print_chemistry(crystal, chemistry);
  if (crystal.model) fmt::print("  MODEL         the file says it is a model or computed, not experimental\n");
  for (const std::string& line : crystal.provenance) fmt::print("  origin        {}\n", line);
  for (const std::string& warning : crystal.warnings) fmt::print("  warning       {}\n", text::printable(warning));
  if (!file.empty()) fmt::print("  barriers      hopflow new {}\n", text::printable(file));
}

Exit check(const StructureInput& input, bool as_json) {
  Crystal crystal = read_input(input);
  const std::vector<Molecule> whole = finite_molecules(crystal, find_bonds(crystal));
  std::optional<Symmetry> symmetry;
  if (symmetry_is_quick(crystal))
    symmetry = find_symmetry(crystal, SymmetryOf::crystal, 0.01);
  else
    crystal.warnings.push_back(fmt::format(
        "the space group of a structure of {} atoms is not determined, because that would take long", crystal.size()));
  const Framework framework = find_framework(crystal);
  const Chemistry chemistry = describe_chemistry(crystal, whole, framework.dimension);
  add_charge_warnings(crystal, chemistry.charges, whole.empty());
  if (symmetry && crystal.stated_space_group > 1 && crystal.stated_space_group != symmetry->number)
    crystal.warnings.push_back(
        fmt::format("the file states space group number {}, the atoms have {} ({}) within 0.01 A",
                    crystal.stated_space_group, symmetry->number, symmetry->symbol));
  const Report report{std::move(crystal), whole, symmetry, framework, chemistry};
  if (as_json)
    print_json(report);
  else
    print_report(report, input.file);
  return Exit::converged;
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
  auto input = std::make_shared<StructureInput>();
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("check", "Read a structure and report its contents, or why it is refused");
  add_structure_input(*command, *input, "structure: .cif, .extxyz, POSCAR, .vasp, .lmp");
  command->add_flag("--json", *as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow check inputs/structures/prpyr-pbi3.cif\n"
      "         hopflow check disordered.cif --disorder enumerate 5");
  command->callback([=, &action] { action = [=] { return check(*input, *as_json); }; });
}

}  // namespace hopflow
