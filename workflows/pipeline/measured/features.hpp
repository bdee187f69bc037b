// SPDX-License-Identifier: GPL-2.0-or-later
// Measured sweeps, pulse trains and retention curves as calibrate rows: what a fit reads, with its errors.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/measured/measured_table.hpp"
#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

/// What was read off a measurement.
struct Features {
  nlohmann::json rows = nlohmann::json::array();  ///< calibrate rows, completed by complete_rows()
  nlohmann::json variability =
      nlohmann::json::object();                       ///< as variability_from_json() takes it; empty: nothing is known
  nlohmann::json summary = nlohmann::json::object();  ///< of each feature: mean, sd within and between devices, count
  std::vector<std::string> notes;
};

/// Sweeps, one or several cycles and devices in sequence (a column `cycle` or `device` tells them apart; else a new
/// cycle begins wherever the voltage comes back to zero from below). Read off each:
///   off current and on current at `read_v` while rising and falling, set and reset voltage (where the chord
///   conductance passes the geometric mean of its two levels), compliance (a plateau at the largest current), step and
///   limit.
/// Means weigh with their standard error: of the devices' means where there are several, widened by Student's t so that
/// 1.645 of it hold 90 %, and for voltages with what the steps of data and model leave open. Spread between cycles and
/// between devices is separated.
Features sweep_features(const MeasuredTable& table, const std::string& film);

/// Conductance over time at one or several temperatures, of one or several devices: of each curve the time in which the
/// state falls to 1/e, by least squares in ln G with the device's own law of conductance; rows of kind retention. A
/// table of temperature_k and time_s alone holds such times.
/// @param off_sd_ln  standard error of ln of the device's off conductance, towards which it falls
Features retention_features(const MeasuredTable& table, const std::string& film, const DeviceParameters& device,
                            double off_sd_ln);

/// A network's synapse from pulse trains: conductance after each pulse, rising parts as potentiation and falling ones
/// as depression (columns conductance and voltage, or two columns up, down of equally many pulses each).
/// {"nodes", "up", "down", "g_min_s", "g_max_s", "pulse", "noise" {"up_sd", "down_sd", "relative"}, "points", "note"}
nlohmann::json pulse_synapse(const MeasuredTable& table, std::vector<std::string>& notes);

/// The model under the measured voltages: {"voltage_v", "current_a", "model_current_a", "log10_ratio": [],
/// "rms_decades"}
nlohmann::json sweep_residuals(const MeasuredTable& table, const DeviceParameters& device);

}  // namespace hopflow::pipeline
