// SPDX-License-Identifier: GPL-2.0-or-later
// What is told of a trained network.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "workflows/pipeline/train.hpp"

namespace hopflow::pipeline {

/// seed, preset, accuracy, accuracy_first_1000, confusion (10 x 10), receptive_fields {rows, columns, side, values: the
/// first 25 neurons' weights, 0..1, three digits}, spikes_per_image, dead_neurons, curve, synapse, notes. No wall times.
nlohmann::json result_json(const TrainOptions& options, const TrainResult& result);

}  // namespace hopflow::pipeline
