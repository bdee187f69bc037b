// SPDX-License-Identifier: GPL-2.0-or-later
// One pulse on an array of memristors as an ngspice deck.
#pragma once

#include <string>

#include "workflows/pipeline/crossbar/device_array.hpp"

namespace hopflow::pipeline {

inline constexpr Eigen::Index largest_deck = 16;  ///< lines of either kind

/// Every cell an instance of the device's subcircuit with its own parameters and present state, lines and ends as in
/// DeviceArray::pulse(), all sources on from the beginning. Writes array-states.txt: pairs of columns time and state,
/// cell by cell, row after row.
/// @throws Error{bad_input} above 16 lines, for a device whose model has no circuit form, or for a source with a
///   compliance, which a deck of ideal sources can't hold
std::string array_deck(const DeviceArray& array, const Array& ends, double width_s);

}  // namespace hopflow::pipeline
