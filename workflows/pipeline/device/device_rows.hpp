// SPDX-License-Identifier: GPL-2.0-or-later
// The published rows beside the model's numbers: verdict, kind of test and reason for each.
#pragma once

#include <cstdint>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/calibration/calibrate.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"

namespace hopflow::pipeline {

/// [{"id", "role", "quantity", "unit", "paper", "model", "p05", "median", "p95", "verdict": "hit|miss|not_computed",
///   "kind": "independent|arithmetic|sign|bound", "reason"}] for the calibrate and holdout rows of devices and arrays.
/// p05 and p95 hold everything fitted and draw barrier and attempt frequency; null where the barrier doesn't enter.
/// @param calibration  nullptr: no barrier was given, nothing is computed
nlohmann::json device_rows(const nlohmann::json& reference, const Calibration* calibration, const BarrierSpread& spread,
                           std::uint64_t seed);

}  // namespace hopflow::pipeline
