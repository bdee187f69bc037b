// SPDX-License-Identifier: GPL-2.0-or-later
// An array of devices: currents, programming, yield.
#pragma once

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// A stage, see core/stage.hpp. @throws Error{bad_input} naming the key
nlohmann::json crossbar_stage(const nlohmann::json& input);

}  // namespace hopflow::pipeline
