// SPDX-License-Identifier: GPL-2.0-or-later
// How large an array may be: the worst cell read among the worst neighbours.
#pragma once

#include "workflows/pipeline/crossbar/device_array.hpp"

namespace hopflow::pipeline {

/// The cell farthest from its drivers (row 0, last column), read while all other cells are set and while all are bare.
struct WorstCase {
  double set_a = 0;    ///< smaller of the two currents with the cell set
  double bare_a = 0;   ///< larger of the two with the cell bare
  double alone = 0;    ///< set over bare current of the cell and what is in series with it, without an array
  double power_w = 0;  ///< largest power of all sources
  double residual = 0;
  double margin() const { return set_a / bare_a; }
};

/// @param array  its states are overwritten
WorstCase worst_case(DeviceArray& array, double read_v, Scheme scheme);

}  // namespace hopflow::pipeline
