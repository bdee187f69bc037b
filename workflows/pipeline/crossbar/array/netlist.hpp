// SPDX-License-Identifier: GPL-2.0-or-later
// An array as a SPICE netlist.
#pragma once

#include <string>

#include "workflows/pipeline/crossbar/array/array.hpp"
#include "workflows/pipeline/crossbar/cell/series_element.hpp"

namespace hopflow::pipeline {

inline constexpr Eigen::Index largest_netlist = 32;  ///< lines of either kind

/// Resistors, sources and an .op that prints the current out of every driven column, `i(vc0)`, `i(vc1)`, ...
/// Nodes: r<i>_<j> and c<i>_<j> on row i and column j at their crossing.
/// @param solved  the array's solution: a source that is at its compliance there stands as a current source, with a
///                comment; nullptr: no source has a compliance
/// @param series  between each resistor and its column, the node m<i>_<j> in the middle
/// @throws Error{bad_input} above 32 lines
std::string spice_netlist(const Array& array, const ArraySolution* solved = nullptr, const SeriesElement& series = {});

}  // namespace hopflow::pipeline
