// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/chemistry/formal_charges.hpp"

#include <algorithm>
#include <set>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"

namespace hopflow {

namespace {

/// Oxidation states as lone ion, commonest first; empty if none is usual.
std::vector<int> states_of(int z) {
  if (is_halogen(z)) return {-1};
  if (is_alkali(z)) return {1};
  if (z >= 57 && z <= 71) return {3};  // lanthanides
  switch (z) {
    case 1: return {1};
    case 8:
    case 16:
    case 34:
    case 52: return {-2};
    case 4:
    case 12:
    case 20:
    case 38:
    case 56:
    case 30:
    case 48: return {2};
    case 50:
    case 82:
    case 32: return {2, 4};
    case 25:
    case 28:
    case 46:
    case 78: return {2, 4};
    case 26:
    case 27:
    case 24: return {2, 3};
    case 29:
    case 80: return {1, 2};
    case 47: return {1};
    case 79:
    case 49:
    case 81: return {3, 1};
    case 13:
    case 21:
    case 31:
    case 39: return {3};
    case 83:
    case 51: return {3, 5};
    case 22:
    case 40:
    case 72: return {4};
    default: return {};
  }
}

}  // namespace

FormalCharges formal_charges(const Crystal& crystal, const std::vector<Molecule>& molecules) {
  FormalCharges out;
  std::vector<bool> inside(crystal.species.size(), false);
  std::set<std::string> unknown;
  int fixed = 0;
  for (const Molecule& molecule : molecules) {
    for (const int atom : molecule.atoms) inside[static_cast<std::size_t>(atom)] = true;
    out.guessed = out.guessed || molecule.charge_rule == "electrons";
    if (molecule.charge)
      fixed += *molecule.charge;
    else
      unknown.insert(molecule.name);
  }
  std::map<int, int> count;
  for (std::size_t i = 0; i < inside.size(); ++i)
    if (!inside[i]) ++count[crystal.species[i]];
  std::vector<std::pair<int, std::vector<int>>> open;
  for (const auto& [z, n] : count) {
    std::vector<int> states = states_of(z);
    if (states.empty())
      unknown.insert(symbol_of(z));
    else
      open.emplace_back(z, std::move(states));
  }
  out.unknown.assign(unknown.begin(), unknown.end());

  // Combinations in order of how many elements leave their commonest state, then of the table.
  std::size_t combinations = 1;
  for (const auto& [z, states] : open) combinations *= states.size();
  std::size_t fewest = open.size() + 1;
  for (std::size_t code = 0; code < combinations; ++code) {
    std::size_t rest = code;
    int net = fixed;
    std::map<int, int> chosen;
    std::vector<int> unusual;
    for (const auto& [z, states] : open) {
      const std::size_t which = rest % states.size();
      rest /= states.size();
      if (which > 0) unusual.push_back(z);
      chosen[z] = states[which];
      net += states[which] * count[z];
    }
    if (code == 0 || (net == 0 && unusual.size() < fewest)) {
      if (net == 0) fewest = unusual.size();
      out.of_element = std::move(chosen);
      out.unusual = std::move(unusual);
      if (unknown.empty()) out.net = net;
    }
    if (!unknown.empty()) break;
  }
  // Metals among themselves are no ions.
  const bool anions =
      std::any_of(out.of_element.begin(), out.of_element.end(), [](const auto& e) { return e.second < 0; });
  out.guessed = out.guessed || (!anions && molecules.empty());
  return out;
}

FormalCharges formal_charges(const Crystal& crystal) {
  try {
    return formal_charges(crystal, find_molecules(crystal, find_bonds(crystal)));
  } catch (const Error&) {
    FormalCharges out;
    out.unknown.emplace_back("a covalent network without end");
    return out;
  }
}

}  // namespace hopflow
