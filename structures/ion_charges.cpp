// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/ion_charges.hpp"

#include "structures/element.hpp"
#include "structures/error.hpp"
#include "structures/molecules.hpp"

namespace hopflow {

std::optional<int> ion_charge(int atomic_number) {
  if (is_alkali(atomic_number)) return 1;
  if (is_halogen(atomic_number)) return -1;
  switch (atomic_number) {
    case 47: return 1;                                                      // Ag
    case 4: case 12: case 20: case 38: case 56: return 2;                   // alkaline earths
    case 30: case 32: case 48: case 50: case 82: return 2;                  // Zn, Ge, Cd, Sn, Pb
    case 13: case 21: case 39: case 49: case 51: case 57: case 83: return 3;  // Al, Sc, Y, In, Sb, La, Bi
    default: return std::nullopt;
  }
}

std::optional<int> net_charge(const Crystal& crystal) {
  std::vector<Molecule> molecules;
  try {
    molecules = find_molecules(crystal, find_bonds(crystal));
  } catch (const Error&) {  // a covalent network has no charge of its own
    return std::nullopt;
  }
  std::vector<bool> is_bonded(crystal.species.size(), false);
  int out = 0;
  for (const Molecule& molecule : molecules) {
    if (!molecule.charge) return std::nullopt;
    out += *molecule.charge;
    for (const int atom : molecule.atoms) is_bonded[static_cast<std::size_t>(atom)] = true;
  }
  for (std::size_t i = 0; i < is_bonded.size(); ++i) {
    if (is_bonded[i]) continue;
    const std::optional<int> charge = ion_charge(crystal.species[i]);
    if (!charge) return std::nullopt;
    out += *charge;
  }
  return out;
}

}  // namespace hopflow
