// SPDX-License-Identifier: GPL-2.0-or-later
// The unit systems whose meaning is fixed (https://docs.lammps.org/units.html), and lj.
#include "potentials/lammps/unit_system.hpp"

#include <array>

#include "structures/core/units.hpp"

namespace hopflow {

namespace {

constexpr double pascal = 1e-30 / units::e_charge;  // eV/A^3

struct Row {
  const char* name;
  double energy, length, mass, pressure;
};

constexpr std::array rows{
    Row{"real", units::kcal_per_mol, 1, 1, 101325 * pascal},
    Row{"metal", 1, 1, 1, 1e5 * pascal},
    Row{"electron", units::hartree, units::bohr, 1, pascal},
    Row{"lj", 1, 1, 1, 1},
};

}  // namespace

std::optional<UnitSystem> find_unit_system(const std::string& name) {
  for (const Row& row : rows) {
    if (name == row.name) return UnitSystem{row.name, row.energy, row.length, row.mass, row.pressure};
  }
  return std::nullopt;
}

std::vector<std::string> unit_system_names() {
  std::vector<std::string> names;
  for (const Row& row : rows) names.emplace_back(row.name);
  return names;
}

}  // namespace hopflow
