// SPDX-License-Identifier: GPL-2.0-or-later
// The device a row speaks of: the fitted one under the conditions the row states.
#pragma once

#include <nlohmann/json.hpp>

#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

/// `parameters` with temperature, compliance, film thickness, sweep and series resistance as the row's protocol states
/// them. @throws Error{bad_input} naming row and key if a number is out of the parameter's range
DeviceParameters under_conditions(DeviceParameters parameters, const nlohmann::json& row);

/// Whether the row's protocol changes anything of the device.
bool changes_device(const DeviceParameters& parameters, const nlohmann::json& row);

/// The state whose passing counts as switching: 1/2, or that of the conductance `level_s` where the row states it.
double switching_state(const DeviceParameters& parameters, const nlohmann::json& row);

}  // namespace hopflow::pipeline
