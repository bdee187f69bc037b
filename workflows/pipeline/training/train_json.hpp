// SPDX-License-Identifier: GPL-2.0-or-later
// Trainings and trained networks as JSON: what a stage is asked, what a file keeps.
#pragma once

#include <filesystem>

#include <nlohmann/json_fwd.hpp>

#include "workflows/pipeline/training/train.hpp"

namespace hopflow::pipeline {

/// {"preset", "neurons", "train", "label", "test", "seed", "normalise", "anneal", "synapse": a device's curve,
///  "cells": {"devices", "step_sd", "range_sd", "shape_sd", "stuck_low", "stuck_high", "write_noise",
///  "write_probability", "seed", "measured": [curves]}, "forgetting": {"tau_s", "image_s", "wait_s"}}; what is left out
///  has its default.
/// Keys not named here are left to the caller. @throws Error{bad_input} naming the key
TrainOptions train_options_from_json(const nlohmann::json& input);

/// The same, complete; threads aside, which change nothing.
nlohmann::json to_json(const TrainOptions& options);

/// normalise: weights | gains | none. @throws Error{bad_input}
Normalise normalise_named(std::string_view name);
std::string_view name_of(Normalise normalise);

/// A network as `snn train --network` writes it. Reads back to the same bits.
nlohmann::json to_json(const TrainedNetwork& network);
/// @param place  stands before the key in messages, e.g. a file name
/// @throws Error{bad_input} naming the key whose length or content doesn't fit
TrainedNetwork network_from_json(const nlohmann::json& json, const std::string& place);

/// Another matrix for a network: inputs lines of neurons numbers g = (G - Gmin)/(Gmax - Gmin), separated by commas,
/// e.g. what wires of an array leave of it. @throws Error{bad_input} with file:line
void read_weights(const std::filesystem::path& csv, TrainedNetwork& network);
/// The matrix as such a CSV; shortest numbers that read back.
std::string weights_csv(const TrainedNetwork& network);

}  // namespace hopflow::pipeline
