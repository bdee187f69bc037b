// SPDX-License-Identifier: GPL-2.0-or-later
// VASP's POSCAR and XDATCAR.
#pragma once

#include <string>
#include <vector>

#include "structures/core/crystal.hpp"

namespace hopflow {

/// Direct or Cartesian, scaled (once or along x, y and z) or by volume, with comments after ! or #, numbers as 1.0D0,
/// and the symbols on their own line or in the title (VASP 4); selective dynamics and velocities are read over with a
/// warning.
/// @param name  stands in messages where the file name would
/// @throws Error{bad_input} with file:line
Crystal parse_poscar(const std::string& content, const std::string& name);

/// Every frame of an XDATCAR; the one structure of a POSCAR.
std::vector<Crystal> parse_poscar_frames(const std::string& content, const std::string& name);

/// Direct coordinates, 17 digits; atoms grouped by element in the order of first appearance.
std::string format_poscar(const Crystal& crystal);

}  // namespace hopflow
