// SPDX-License-Identifier: GPL-2.0-or-later
// A device's update curve for other network simulators.
#pragma once

#include <span>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/models/parameters.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

/// aihwkit's PiecewiseStepDevice as JSON: weights -1 to 1 stand for g_min to g_max, nodes equally spaced, a pulse moves
/// the weight by dw_min times the node value interpolated linearly, kept within the bounds.
/// @param synapse  as synapse_json() gives it
nlohmann::json aihwkit_json(const nlohmann::json& synapse);

/// NeuroSim's RealDevice parameters (MLP 3.0) from trains up and down, the measured ones where the synapse was
/// measured; null if they state no conductances or no pulse.
nlohmann::json neurosim_json(const DeviceParameters& parameters, const nlohmann::json& synapse);

}  // namespace hopflow::pipeline
