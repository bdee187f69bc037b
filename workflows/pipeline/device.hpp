// SPDX-License-Identifier: GPL-2.0-or-later
// From one barrier to everything a report says about a device.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/calibrate.hpp"
#include "workflows/pipeline/device_uncertainty.hpp"

namespace hopflow::pipeline {

/// {"voltage_v": [...], "current_a": [...], "state": [...], "set_v", "reset_v"} of one sweep from the bare film.
nlohmann::json iv_json(const DeviceParameters& parameters);

/// {"temperature_k": [...], "tau_s": [...], "p05_s": [...], "p95_s": [...]}; everything fitted is held.
nlohmann::json retention_json(const DeviceParameters& parameters, const BarrierSpread& spread, std::uint64_t seed);

/// The update curve a network uses: over the analog range (two decades below the full filament), conductance scaled to
/// w in [0, 1], `up` and `down` are the steps one potentiating and one depressing pulse make at each node.
/// The width is the fast set pulse's, 100 ns; the voltages are chosen, not measured: 32 potentiating pulses span the range,
/// and at w = 1/2 a depressing pulse undoes a potentiating one.
/// null if no voltage up to 10 V does that.
nlohmann::json synapse_json(const DeviceParameters& parameters);

/// {"pulse": [...], "conductance_s": [...]} of 50 pulses with the synapse's voltage and width, up or down from the other end.
nlohmann::json train_json(const DeviceParameters& parameters, const nlohmann::json& synapse, bool up);

/// Refits at barriers Ea - 2 sd ... Ea + 2 sd (sd at least 0.05 eV): which predictions move when the fit may absorb Ea.
/// [{"barrier_ev", "stabilisation_ev", "set_threshold_v", "sharing_length_hops", "set_v", "fast_set_s", "tau_300k_s", "tau_400k_s"}]
nlohmann::json identifiability_json(const nlohmann::json& reference, const CalibrationRequest& request, double barrier_sd_ev);

/// Columns with a header line, shortest numbers that read back: a CSV.
std::string csv(const std::vector<std::pair<std::string, std::vector<double>>>& columns);

}  // namespace hopflow::pipeline
