// SPDX-License-Identifier: GPL-2.0-or-later
// How the lines of an array are held while one cell is addressed.
#pragma once

#include <string>

#include "workflows/pipeline/crossbar/array/array.hpp"

namespace hopflow::pipeline {

/// At which cells are read unless said otherwise (V): well below every threshold.
inline constexpr double usual_read_v = 0.05;

/// How unselected lines are held.
enum class Scheme { grounded, half, third, floating };

/// "grounded", "half", "third", "floating". @throws Error{usage} listing them
Scheme scheme_of(const std::string& name);
std::string name_of(Scheme scheme);

/// Puts `voltage_v` on the selected row and 0 on the selected column. Others: at 0; at V/2; rows at V/3 and columns at
/// 2V/3; floating. Access transistors conduct in the selected row only. Driver resistances and compliances of the ends
/// stay.
void address(Array& array, Eigen::Index row, Eigen::Index column, double voltage_v, Scheme scheme);

}  // namespace hopflow::pipeline
