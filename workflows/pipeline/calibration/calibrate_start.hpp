// SPDX-License-Identifier: GPL-2.0-or-later
// Where a calibration starts: closed forms for conductances and forgetting, a bracketed root for each number of the
// kinetics.
#pragma once

#include "workflows/pipeline/calibration/calibrate.hpp"

namespace hopflow::pipeline {

inline constexpr double kinetic_ceiling_v = 10;  ///< no threshold is sought above

/// Meets one row with each parameter, in an order in which every step is a closed form or one bracketed root (TOMS
/// 748).
/// @param rows  calibrate rows only
/// @throws Error{bad_input} naming a row that is missing or not of the expected form
Calibration calibration_start(const nlohmann::json& rows, const CalibrationRequest& request);

}  // namespace hopflow::pipeline
