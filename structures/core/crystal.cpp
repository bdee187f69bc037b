// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/core/crystal.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

void refuse_model(const Crystal& crystal, const std::string& file) {
  if (!crystal.model) return;
  throw Error{
      Error::Kind::bad_input,
      fmt::format("{}: the file says it is a model or computed ('{}'), and an experimental structure is required; use "
                  "the deposited CIF",
                  text::printable(file),
                  crystal.provenance.empty() ? std::string{"model"} : text::printable(crystal.provenance.front()))};
}

Configuration to_configuration(const Crystal& crystal) {
  Configuration out;
  out.cell = crystal.cell;
  out.positions = crystal.cell * crystal.fractional;
  out.species = crystal.species;
  return out;
}

Crystal to_crystal(const Configuration& configuration, const std::string& name) {
  if (configuration.positions.cols() != configuration.size())
    throw Error{Error::Kind::bad_input,
                fmt::format("{} positions for {} atoms", configuration.positions.cols(), configuration.size())};
  Crystal out;
  out.name = name;
  out.cell = configuration.cell;
  out.fractional = configuration.cell.inverse() * configuration.positions;
  out.species = configuration.species;
  std::map<int, int> count;
  for (const int z : configuration.species) out.labels.push_back(fmt::format("{}{}", symbol_of(z), ++count[z]));
  return out;
}

namespace {

std::string hill(std::map<std::string, int> count) {
  std::string out;
  const auto add = [&](const std::string& symbol, int n) {
    out += symbol;
    if (n > 1) out += std::to_string(n);
  };
  // Hill order: carbon, hydrogen, the rest by letter; without carbon all by letter.
  if (count.contains("C"))
    for (const char* first : {"C", "H"})
      if (const auto it = count.find(first); it != count.end()) {
        add(it->first, it->second);
        count.erase(it);
      }
  for (const auto& [symbol, n] : count) add(symbol, n);
  return out;
}

std::map<std::string, int> counts_of(const std::vector<int>& species) {
  std::map<std::string, int> count;
  for (const int z : species) ++count[symbol_of(z)];
  return count;
}

}  // namespace

std::string formula_of(const std::vector<int>& species) { return hill(counts_of(species)); }

std::string written_formula(const std::map<int, double>& counts) {
  std::vector<std::pair<int, double>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    // Of metals much alike the commoner one comes first.
    constexpr double alike = 0.2;
    const double x = electronegativity(a.first), y = electronegativity(b.first);
    return std::tuple{std::floor(x / alike), -a.second, x} < std::tuple{std::floor(y / alike), -b.second, y};
  });
  std::string out;
  for (const auto& [z, n] : order) {
    const double rounded = std::round(n * 1000) / 1000;
    if (rounded > 0) out += rounded == 1 ? symbol_of(z) : fmt::format("{}{:.4g}", symbol_of(z), rounded);
  }
  return out;
}

int formula_units(const std::vector<int>& species) {
  int divisor = 0;
  for (const auto& [symbol, n] : counts_of(species)) divisor = std::gcd(divisor, n);
  return divisor;
}

std::string reduced_formula(const std::vector<int>& species) {
  std::map<std::string, int> count = counts_of(species);
  for (auto& [symbol, n] : count) n /= formula_units(species);
  return hill(std::move(count));
}

}  // namespace hopflow
