// SPDX-License-Identifier: GPL-2.0-or-later
// An activation energy from times measured at several temperatures, with the interval so few points allow.
#pragma once

#include <optional>
#include <span>

namespace hopflow::pipeline {

inline constexpr double room_k = 300;  // K, at which times are compared

struct TimedPoint {
  double temperature_k = 0;
  double time_s = 0;
};

/// ln t = ln t0 + Ea / kT by least squares.
struct Arrhenius {
  double activation_ev = 0;
  double prefactor_s = 0;               ///< t0
  std::optional<double> sd_ev;          ///< standard error of the slope from the scatter; nullopt: two points have none
  std::optional<double> half_width_ev;  ///< half of the 95 % interval, Student's t with n - 2 degrees of freedom

  double time(double temperature_k) const;
};

/// @throws Error{bad_input} for fewer than two points, temperatures or times not above zero, one temperature only
Arrhenius arrhenius(std::span<const TimedPoint> points);

}  // namespace hopflow::pipeline
