// SPDX-License-Identifier: GPL-2.0-or-later
// A device calibrated from a barrier, and what it does.
#pragma once

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// A stage, see core/stage.hpp. @throws Error{bad_input} naming the key
nlohmann::json device_stage(const nlohmann::json& input);

}  // namespace hopflow::pipeline
