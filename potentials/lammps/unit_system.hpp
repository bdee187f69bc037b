// SPDX-License-Identifier: GPL-2.0-or-later
// LAMMPS unit systems in hopflow's units.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace hopflow {

/// One LAMMPS unit system: what one of its units is in eV, A, amu, eV/A^3.
struct UnitSystem {
  std::string name;
  double energy_ev;
  double length_angstrom;
  double mass_amu;
  double pressure_ev_per_angstrom3;
};

/// real, metal, electron, or lj (sigma, epsilon and mass read as 1 A, 1 eV, 1 amu).
std::optional<UnitSystem> find_unit_system(const std::string& name);
std::vector<std::string> unit_system_names();

}  // namespace hopflow
