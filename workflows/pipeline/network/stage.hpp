// SPDX-License-Identifier: GPL-2.0-or-later
// A spiking network trained with ideal or device synapses.
#pragma once

#include <nlohmann/json.hpp>

#include "workflows/pipeline/core/stage.hpp"

namespace hopflow::pipeline {

/// A stage, see core/stage.hpp. @throws Error{bad_input} naming the key
nlohmann::json snn_stage(const nlohmann::json& input, const StageSite& site);

}  // namespace hopflow::pipeline
