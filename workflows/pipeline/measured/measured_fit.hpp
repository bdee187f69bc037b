// SPDX-License-Identifier: GPL-2.0-or-later
// A device from somebody's own curves: files in, the device stage's question and answer with what was measured.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// Files of one film; empty: not given.
struct MeasuredFiles {
  std::string sweep, pulses, retention, endurance;
  std::filesystem::path folder = {};  ///< what their names are relative to; results keep the names alone

  bool curves() const { return !sweep.empty() || !pulses.empty() || !retention.empty(); }  ///< of the film's kinetics
  bool any() const { return curves() || !endurance.empty(); }
};

/// Reads the files into a device stage's input: their rows go before those of its `reference`, the device is made their
/// film's, and the curves themselves become `measurements` {"sweep", "pulses": tables | null, "notes"} and, where
/// cycles were measured, {"endurance": table, "wear": summary of fit_wear()}. Calibrate rows that state another film's
/// kinetics are judged then, no longer fitted.
/// @param input  as device_stage() takes it; its reference may be empty
/// @throws Error{bad_input} naming file and line
void add_measurements(nlohmann::json& input, const MeasuredFiles& files);

/// Adds to a stage's result: "measured_curves" {"features", "sweep": residuals | null, "endurance" where given}, the
/// variability seen, the measured synapse in place of the model's, and the notes.
/// @param measurements  as add_measurements() makes them
void add_measured_results(nlohmann::json& result, const nlohmann::json& measurements);

}  // namespace hopflow::pipeline
