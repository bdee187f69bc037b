// SPDX-License-Identifier: GPL-2.0-or-later
// One pulse on an array of memristors as an ngspice deck.
#pragma once

#include <string>

#include "workflows/pipeline/crossbar/device_array.hpp"

namespace hopflow::pipeline {

inline constexpr Eigen::Index largest_deck = 16;  ///< lines of either kind

/// Every cell an instance of the device's subcircuit with its own parameters and present state, lines and ends as in
/// DeviceArray::pulse(), all sources on from the beginning. Writes array-states.txt: time and the state of every cell,
/// row after row; and array-currents.txt: time and the current out of every driven column (A).
/// @throws Error{bad_input} above 16 lines, or for a device whose model has no circuit form
std::string array_deck(const DeviceArray& array, const Array& ends, double width_s);

}  // namespace hopflow::pipeline
