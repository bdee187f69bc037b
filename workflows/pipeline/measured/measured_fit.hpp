// SPDX-License-Identifier: GPL-2.0-or-later
// A device from somebody's own curves: files in, the device stage's question and answer with what was measured.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// Files of one film; empty: not given.
struct MeasuredFiles {
  std::string sweep, pulses, retention;

  bool any() const { return !sweep.empty() || !pulses.empty() || !retention.empty(); }
};

/// Adds the measurements' rows to the `reference` of a device stage's input and makes the device their film's.
/// @param input  as device_stage() takes it; its reference may be empty
/// @return notes @throws Error{bad_input} naming file and line
std::vector<std::string> add_measurements(nlohmann::json& input, const MeasuredFiles& files);

/// Adds to a stage's result: "measured_curves" {"features", "sweep": residuals | null}, the variability seen, the
/// measured synapse in place of the model's, and the notes.
void add_measured_results(nlohmann::json& result, const MeasuredFiles& files, const std::vector<std::string>& notes);

}  // namespace hopflow::pipeline
