// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/cif_formula.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr const char* sum_tag = "_chemical_formula_sum";
constexpr const char* z_tag = "_cell_formula_units_z";

using Formula = std::map<int, double>;
using Counts = std::map<int, int>;

int count_of(const Counts& counts, int z) {
  const auto it = counts.find(z);
  return it == counts.end() ? 0 : it->second;
}

/// Z as stated; 0 if the file says nothing. @return nullopt if it is no number, which is a problem
std::optional<double> stated_units(const CifBlock& block, CifProblems& problems) {
  const CifValue* z = block.value(z_tag);
  if (z == nullptr || z->null) return 0;
  const auto number = cif_number(z->text);
  if (number && *number > 0) return number;
  problems.add(z->place, fmt::format("_cell_formula_units_Z '{}' must be a positive number", z->text.substr(0, 60)));
  return std::nullopt;
}

/// Without Z the first element that fits, hydrogen last, decides how many formula units there are.
double guessed_units(const Formula& formula, const Counts& counts) {
  for (const bool hydrogen : {false, true})
    for (const auto& [z, n] : formula)
      if (n > 0 && count_of(counts, z) > 0 && (z == 1) == hydrogen) return count_of(counts, z) / n;
  return 1;
}

struct Comparison {
  std::vector<std::string> wrong;
  bool hydrogen_only = true;  ///< nothing is wrong but hydrogens that are missing
  bool chosen_only = true;    ///< nothing is wrong but elements of sites that were chosen among
};

Comparison compare(const Formula& formula, double units, const Counts& counts, const std::set<int>& chosen) {
  Comparison out;
  const auto add = [&](int z, double expected) {
    const int n = count_of(counts, z);
    out.wrong.push_back(expected > 0 ? fmt::format("{}: {} sites, {:.6g} expected", symbol_of(z), n, expected)
                                     : fmt::format("{}: {} sites, not in the formula", symbol_of(z), n));
    out.hydrogen_only = out.hydrogen_only && z == 1 && n < expected;
    out.chosen_only = out.chosen_only && chosen.contains(z);
  };
  for (const auto& [z, n] : formula)
    if (std::abs(n * units - count_of(counts, z)) > 1e-3 * std::max(1.0, n * units)) add(z, n * units);
  for (const auto& [z, n] : counts)
    if (n > 0 && !formula.contains(z)) add(z, 0);
  return out;
}

/// Some programs write the formula of the whole cell and Z next to it: then the counts hold Z units already.
/// @param chosen  elements whose sites were chosen among, which need not fit
bool is_whole_cell(const Formula& formula, double units, const Counts& counts, const std::set<int>& chosen) {
  const auto is_firm = [&](const auto& entry) { return !chosen.contains(entry.first); };
  return units > 1 && std::any_of(formula.begin(), formula.end(), is_firm) &&
         std::all_of(formula.begin(), formula.end(), [&](const auto& entry) {
           const double share = entry.second / units;
           return !is_firm(entry) || (std::abs(share - std::round(share)) < 1e-6 &&
                                      count_of(counts, entry.first) == std::lround(entry.second));
         });
}

/// How many of the formula the sites give where that differs from Z and everything else is right; 0 if the sites do not
/// give the formula, or leave more room than any solid: then it is operations that are missing.
double units_of_sites(const Formula& formula, const Counts& counts, const Crystal& crystal) {
  constexpr double most_volume = 60;  // A^3 per atom
  if (crystal.cell.determinant() > most_volume * crystal.size()) return 0;
  const double units = guessed_units(formula, counts);
  if (units < 1 - 1e-6 || std::abs(units - std::round(units)) > 1e-6) return 0;
  return compare(formula, units, counts, {}).wrong.empty() ? units : 0;
}

/// What a file says of mass and density against what its atoms give (amu per A^3 to g/cm3).
void compare_density(const CifBlock& block, const Crystal& crystal, std::vector<std::string>& warnings) {
  constexpr double tolerance = 0.03, to_grams_per_cm3 = 1.66053906660;
  double mass = 0;
  for (const int z : crystal.species) mass += atomic_mass(z);
  const double density = to_grams_per_cm3 * mass / crystal.cell.determinant();
  const CifValue* said = block.value("_exptl_crystal_density_diffrn");
  const auto number = said == nullptr || said->null ? std::nullopt : cif_number(said->text);
  if (number && std::abs(*number - density) > tolerance * density)
    warnings.push_back(
        fmt::format("the file states a density of {:.4g} g/cm3 (line {}), its atoms and cell give {:.4g}", *number,
                    said->place.line, density));
}

void compare_weight(const CifBlock& block, const Formula& formula, std::vector<std::string>& warnings) {
  constexpr double tolerance = 0.03;
  double weight = 0;
  for (const auto& [z, n] : formula) weight += n * atomic_mass(z);
  const CifValue* said = block.value("_chemical_formula_weight");
  const auto number = said == nullptr || said->null ? std::nullopt : cif_number(said->text);
  if (number && std::abs(*number - weight) > tolerance * weight)
    warnings.push_back(fmt::format("the file states a formula weight of {:.6g} (line {}), its formula gives {:.6g}",
                                   *number, said->place.line, weight));
}

}  // namespace

bool check_formula(const CifBlock& block, const Crystal& crystal, const std::set<int>& chosen, CifProblems& problems,
                   std::vector<std::string>& warnings) {
  if (chosen.empty()) compare_density(block, crystal, warnings);
  const CifValue* sum = block.value(sum_tag);
  if (sum == nullptr || sum->null) {
    warnings.emplace_back("the file states no _chemical_formula_sum to check the sites against");
    return true;
  }
  const std::string said = text::trim(sum->text);
  std::vector<Formula> readings;
  for (const auto& reading : {parse_formula(said), parse_capital_formula(said)})
    if (reading) readings.push_back(*reading);
  if (readings.empty()) {
    warnings.push_back(
        fmt::format("{} '{}' cannot be checked against the sites: expected elements and counts such as "
                    "'C H6 I3 N Pb'",
                    sum_tag, text::printable(said.substr(0, 80))));
    return true;
  }
  compare_weight(block, readings.front(), warnings);
  Counts counts;
  for (const int z : crystal.species) ++counts[z];
  const std::optional<double> stated = stated_units(block, problems);
  if (!stated) return true;

  std::optional<Comparison> first;
  double first_units = 0;
  for (const Formula& formula : readings) {
    double units = *stated > 0 ? *stated : guessed_units(formula, counts);
    if (is_whole_cell(formula, units, counts, chosen)) {
      warnings.push_back(
          fmt::format("the stated formula is that of the whole cell, not of one of its {} formula units", units));
      units = 1;
    }
    Comparison found = compare(formula, units, counts, chosen);
    if (found.wrong.empty()) return true;
    if (const double given = units_of_sites(formula, counts, crystal); given > 0) {
      warnings.push_back(fmt::format(
          "the file states Z {:.6g}, but its sites give {:.6g} formula units in the cell; the sites are used", units,
          given));
      return false;
    }
    if (!first) {
      first = std::move(found);
      first_units = units;
    }
  }
  const std::string both = fmt::format("'{}' x {:.6g}{}: {}", said.substr(0, 200), first_units,
                                       *stated > 0 ? "" : " (Z is not stated)", text::join(first->wrong, "; "));
  if (!chosen.empty() && first->chosen_only)
    warnings.push_back(text::printable(
        fmt::format("the chosen arrangement has {}, the file states {}", formula_of(crystal.species), both)));
  else
    problems.add(sum->place,
                 fmt::format("the sites do not give the stated formula {}: {}", both,
                             first->hydrogen_only ? "hydrogen atoms are missing: add their sites"
                                                  : "correct the sites, the symmetry operations, the formula or Z"));
  return true;
}

}  // namespace hopflow
