// SPDX-License-Identifier: GPL-2.0-or-later
// VASP's POSCAR, version 5 (with a line of element symbols).
#pragma once

#include <string>

#include "structures/core/crystal.hpp"

namespace hopflow {

/// Direct or Cartesian, scaled or by volume; selective dynamics and velocities are read over with a warning.
/// @param name  stands in messages where the file name would
/// @throws Error{bad_input} with file:line
Crystal parse_poscar(const std::string& content, const std::string& name);

/// Direct coordinates, 17 digits; atoms grouped by element in the order of first appearance.
std::string format_poscar(const Crystal& crystal);

}  // namespace hopflow
