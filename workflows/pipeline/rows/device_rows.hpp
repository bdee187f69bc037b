// SPDX-License-Identifier: GPL-2.0-or-later
// The published rows next to the model's numbers: verdict, kind of test and reason for each.
#pragma once

#include <cstdint>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/calibration/calibrate.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"

namespace hopflow::pipeline {

/// [{"id", "role", "quantity", "unit", "paper", "tol", "model", "p05", "median", "p95",
///   "verdict": "hit|miss|not_computed", "at_limit", "kind": "independent|arithmetic|sign|bound|given", "reason",
///   "miss" (why, null unless missed), "row_kind", "film", "protocol"}] for every calibrate and holdout row.
/// p05 and p95 hold everything fitted and draw barrier and attempt frequency; null where the barrier doesn't enter.
/// @param reference    rows, completed or not
/// @param calibration  nullptr: no barrier was given, nothing is computed
nlohmann::json device_rows(const nlohmann::json& reference, const Calibration* calibration, const BarrierSpread& spread,
                           std::uint64_t seed);

/// What a hit is worth: the fit and its verdicts repeated at barriers from 0.02 to 1 eV.
/// {"barriers_ev": [], "hits": [] (holdout rows), "holdouts", "at_every_barrier": [ids hit at every one of them],
/// "note"}
nlohmann::json any_barrier_json(const nlohmann::json& reference, const CalibrationRequest& request);

}  // namespace hopflow::pipeline
