// SPDX-License-Identifier: GPL-2.0-or-later
// One device as files for other tools.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// Text files of a device_stage() result by name: ngspice subcircuit, Verilog-A, and, where it has an update curve,
/// aihwkit and NeuroSim JSON and the weights that 100 pulses up and 100 down leave by the update table.
std::vector<std::pair<std::string, std::string>> model_files(const nlohmann::json& result);

/// The weights after 0, 1, ..., 100 pulses up from 0 and then 100 down, by linear interpolation in the update table.
std::vector<double> table_weights(const nlohmann::json& synapse);

}  // namespace hopflow::pipeline
