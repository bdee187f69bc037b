// SPDX-License-Identifier: GPL-2.0-or-later
// From one fitted device to everything a report says about it.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/calibration/calibrate.hpp"
#include "workflows/pipeline/core/curves.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"
#include "workflows/pipeline/models/variability.hpp"

namespace hopflow::pipeline {

/// A filament hotter than this is no longer the film the model describes (K).
inline constexpr double hottest_plausible_k = 600;

/// {"voltage_v", "current_a", "state", "temperature_k": lists, "set_v", "reset_v", "hottest_k", "warnings"} of one
/// sweep from the bare film; the temperature is the filament's by Joule heating, whether or not the model uses it.
nlohmann::json iv_json(const DeviceParameters& parameters);

/// {"temperature_k": [...], "tau_s": [...], "p05_s", "median_s", "p95_s"}; everything fitted is held.
nlohmann::json retention_json(const DeviceParameters& parameters, const BarrierSpread& spread, std::uint64_t seed);

/// The update table a network uses, F+(g) and F-(g) over the analog range (two decades below the full filament):
///   "nodes"   weights w = (G - g_min_s) / (g_max_s - g_min_s), equally spaced from 0 to 1
///   "up"      F+: what one potentiating pulse adds to w at each node, at most 1 - w
///   "down"    F-: what one depressing pulse takes away, at most w; both to be interpolated linearly
///   "members" sixteen devices of the population under the same pulses, each {"up", "down"} at the same nodes
///   "g_min_s", "g_max_s", "pulse" {"up_v", "down_v", "width_s"}, "note"
/// The width is the fast set pulse's, 100 ns; the voltages are chosen, not measured: 32 potentiating pulses span the
/// range, and at w = 1/2 a depressing pulse undoes a potentiating one. null if no voltage up to 10 V does that.
nlohmann::json synapse_json(const DeviceParameters& parameters, std::uint64_t seed);

/// What is known of how devices differ: the spread of on/off ratios, nothing else.
Variability published_spread(const DeviceParameters& parameters);

/// {"pulse": [...], "conductance_s": [...]} of 50 pulses with the synapse's voltage and width, up or down from the
/// other end.
nlohmann::json train_json(const DeviceParameters& parameters, const nlohmann::json& synapse, bool up);

/// Energies of one set and one reset pulse of the paper: [{"pulse", "voltage_v", "width_s", "integral_j",
/// "final_current_j", "hottest_k"}]; the first by integral of V I dt, the second by the paper's formula, V x final
/// current x width.
nlohmann::json energy_json(const DeviceParameters& parameters);

/// Refits at barriers Ea - 2 sd ... Ea + 2 sd (sd at least 0.05 eV): which predictions move when the fit may absorb Ea.
/// [{"barrier_ev", "stabilisation_ev", "set_threshold_v", "sharing_length_hops", "set_v", "fast_set_s", "set_at_1v_s",
///   "fast_reset_s", "tau_300k_s", "tau_400k_s"}]
nlohmann::json identifiability_json(const nlohmann::json& reference, const CalibrationRequest& request,
                                    double barrier_sd_ev);

/// Which columns of that table move by more than 1 %, in words.
std::string moved_sentence(const nlohmann::json& identifiability);

/// What the paper doesn't say, varied: refits over the sweeps' dwell, maps over pulse width and start state, ratios
/// over the read voltage. [{"key", "value", "prediction", "model"}]
nlohmann::json nuisance_json(const nlohmann::json& reference, const CalibrationRequest& request,
                             const DeviceParameters& fitted);

/// Every curve of a device_stage() result or an export, with units.
std::vector<Curve> device_curves(const nlohmann::json& result);

}  // namespace hopflow::pipeline
