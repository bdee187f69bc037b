// SPDX-License-Identifier: GPL-2.0-or-later
// LAMMPS data files: box, masses, atoms.
#pragma once

#include <string>

#include "structures/core/crystal.hpp"

namespace hopflow {

/// Atom styles atomic, charge and full (named after "Atoms #", else known by the columns); elements from the comments
/// of the Masses section, or from the masses themselves. Charges, molecule numbers and topology are read over with a
/// warning. @param name  stands in messages where the file name would
/// @throws Error{bad_input} with file:line
Crystal parse_lammps_data(const std::string& content, const std::string& name);

/// Style atomic, units metal. The cell is turned into LAMMPS' restricted form (a along x, b in the xy plane) and its
/// vectors changed by whole lattice vectors until no tilt exceeds half an edge; the crystal stays the same.
/// @throws Error{bad_input} for a left-handed cell
std::string format_lammps_data(const Crystal& crystal);

}  // namespace hopflow
