// SPDX-License-Identifier: GPL-2.0-or-later
// The numbers of one device, and their JSON form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// A filament in a film: state x in [0, 1] is the fraction of the switching path that conducts.
/// Which numbers come from a barrier, which are fitted and which are assumed is listed by parameter_table().
struct DeviceParameters {
  std::string model = "threshold";  ///< one of models()

  // From the barrier.
  double barrier_ev = 0;             ///< Ea of one hop on the percolating path
  double attempt_frequency_thz = 1;  ///< nu
  double hop_length_angstrom = 4.5;  ///< a
  double temperature_k = 300;

  // Fitted; not from the barrier.
  double on_conductance_s = 0;        ///< Gon, the filament at x = 1
  double off_conductance_s = 0;       ///< Goff; the film without a filament has 2 Goff (both terms of the sum)
  double set_threshold_v = 0;         ///< Vset0
  double reset_threshold_v = 0;       ///< Vres0, a positive number: the threshold at x = 1 on the negative side
  double sharing_length_hops = 1;     ///< L: hop lengths that share the voltage; below 1 the field is enhanced
  double stabilisation_ev = 0;        ///< Es: extra cost of leaving the filament
  double sweep_read_voltage_v = 0.1;  ///< where the currents of sweeps were read (nuisance)
  double ratio_sigma_decades = 0;     ///< device-to-device spread of log10(on/off)

  // Assumed; explicit so that they can be varied.
  double film_thickness_nm = 200;        ///< w
  double child_a_per_v2 = 0;             ///< k2 of the space-charge term
  double series_resistance_ohm = 10;     ///< Rs, about one square of the transparent electrode
  double compliance_a = 1e-3;            ///< of sweeps, positive side only; pulses have none
  double set_threshold_slope_v = 0;      ///< Vset1: threshold Vset0 + Vset1 x
  double reset_threshold_slope_v = 1.0;  ///< Vres1: threshold Vres0 + Vres1 (1 - x)
  double threshold_smoothing_v = 0.005;  ///< half-width over which the positive part is rounded
  double thermal_resistance_k_per_w =
      6.4e4;  ///< Rth = w / (8 kappa A): a filament 1 um wide cooled at its ends, 0.5 W/(m K)
  double sweep_step_v = 0.02;
  double sweep_dwell_s = 0.02;
  double sweep_limit_v = 1.5;

  /// Number of hops along the film, N = w / a.
  double hops() const { return film_thickness_nm * 10 / hop_length_angstrom; }
};

/// One parameter as the JSON knows it: name with its unit, member, allowed range, where its value comes from.
struct ParameterRow {
  std::string_view key;
  double DeviceParameters::*member;
  double low;
  double high;
  std::string_view source;  ///< "barrier engine", "fitted, not from the barrier", "assumed"
  std::string_view unit;
};

/// Every parameter, in the order they are written.
const std::vector<ParameterRow>& parameter_table();

/// {"model": "threshold", "barrier_ev": ..., ...}; the numbers come back from JSON bit by bit.
nlohmann::json to_json(const DeviceParameters& parameters);

/// @param place  stands before the key in messages, e.g. a file name
/// @throws Error{bad_input} naming the key that is missing, unknown, no number or out of its range
DeviceParameters parameters_from_json(const nlohmann::json& json, std::string_view place);

}  // namespace hopflow::pipeline
