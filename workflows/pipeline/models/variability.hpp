// SPDX-License-Identifier: GPL-2.0-or-later
// Devices that differ from one another and from pulse to pulse. Every random number is a function of (seed, device,
// cycle).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <Eigen/Core>
#include <nlohmann/json.hpp>

#include "workflows/pipeline/models/memristor.hpp"

namespace hopflow::pipeline {

/// What differs from device to device, in the order of the correlation matrix.
inline constexpr std::array<std::string_view, 5> varied{"on_decades", "off_decades", "set_v", "reset_v", "barrier_ev"};
inline constexpr Eigen::Index varied_count = varied.size();

/// Spreads are standard deviations; all zero: every device and every cycle is the same.
struct Variability {
  Eigen::Matrix<double, varied_count, 1> device =
      Eigen::Matrix<double, varied_count, 1>::Zero();  ///< log10 Gon, log10 Goff (decades); Vset, Vreset (V); Ea (eV)
  Eigen::Matrix<double, varied_count, varied_count> correlation =
      Eigen::Matrix<double, varied_count, varied_count>::Identity();
  double cycle_set_v = 0;       ///< of both thresholds, drawn again for every cycle
  double cycle_step = 0;        ///< of ln(dx): each pulse moves the state by a lognormal multiple of its mean
  double stuck_fraction = 0;    ///< devices that never switch
  double stuck_on_share = 0.5;  ///< of those: shorted, x = 1; the rest are open, x = 0
};

/// One device of a population.
struct DrawnDevice {
  DeviceParameters parameters;
  bool stuck = false;
  double stuck_state = 0;
};

/// A population's members, its cycles and its pulses.
class Population {
 public:
  /// @throws Error{bad_input} if a spread is negative or the correlation matrix is none (symmetric, unit diagonal,
  /// positive semidefinite)
  Population(DeviceParameters mean, const Variability& variability, std::uint64_t seed);

  DrawnDevice device(std::uint64_t index) const;

  /// The device in one cycle: its thresholds with this cycle's noise.
  DeviceParameters in_cycle(const DrawnDevice& device, std::uint64_t index, std::uint64_t cycle) const;

  /// What a pulse from x to `after` becomes with this cycle's noise.
  double noisy(double x, double after, std::uint64_t index, std::uint64_t cycle) const;

 private:
  DeviceParameters mean_;
  Variability variability_;
  Eigen::Matrix<double, varied_count, varied_count> factor_;  ///< square root of the correlation
  std::uint64_t seed_;
};

/// {"device": {"on_decades": ...}, "correlation": [[...]], "cycle_set_v", "cycle_step", "stuck_fraction",
/// "stuck_on_share"}; absent keys keep their defaults. @throws Error{bad_input} naming place and key
Variability variability_from_json(const nlohmann::json& json, std::string_view place);
nlohmann::json to_json(const Variability& variability);

}  // namespace hopflow::pipeline
