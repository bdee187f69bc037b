// SPDX-License-Identifier: GPL-2.0-or-later
// The law of motion with thresholds, shared by the models that have them.
#pragma once

#include "workflows/pipeline/models/kinds/film_speed.hpp"
#include "workflows/pipeline/models/kinds/hopping.hpp"

namespace hopflow::pipeline {

/// dx/dt (1/s) = hops per second / N at the voltage above the threshold, N = w / a. Thresholds: Vset0 + Vset1 x on the
/// positive side, Vres0 + Vres1 (1 - x) on the negative. Exactly zero one smoothing width below them.
struct ThresholdLaw {
  explicit ThresholdLaw(const DeviceParameters& p)
      : set{p.set_threshold_v},
        set_slope{p.set_threshold_slope_v},
        reset{p.reset_threshold_v},
        reset_slope{p.reset_threshold_slope_v},
        smoothing{p.threshold_smoothing_v},
        path_hops{p.hops()},
        ambient_k{p.temperature_k},
        hops{p, p.sharing_length_hops} {}

  double moves(double x, double device_v, const HoppingLaw& rate) const {
    const double drive_v = drive(std::abs(device_v), std::abs(device_v) - threshold(x, device_v));
    if (!(drive_v > 0)) return 0;
    const double speed = rate(drive_v) / path_hops;
    return device_v > 0 ? speed : -speed;
  }

  /// Whether moves() is one expression from one end of the stretch to the other, in a filament between `cold` and
  /// `hot`: everything there lies on one side of each threshold, of the corners of its smoothing and of the cap.
  bool smooth_between(const Stretch& s, const HoppingLaw& cold, const HoppingLaw& hot) const {
    const auto [lower, upper] =
        std::minmax({threshold(s.low, s.at_low.device_v), threshold(s.high, s.at_low.device_v)});
    const double least_v = s.least_v(), most_v = s.most_v(), least = least_v - upper, most = most_v - lower;
    const auto part = [&](double above) { return above <= -smoothing ? 0 : above < smoothing ? 1 : 2; };
    if (part(least) != part(most)) return false;
    const bool above_zero = lower >= smoothing || (part(least) == 2 && (lower >= 0 || upper <= 0));
    if (!above_zero && positive_part(most, smoothing) > least_v && positive_part(least, smoothing) < most_v)
      return false;
    return !cold.capped(drive(most_v, most)) || hot.capped(drive(least_v, least));
  }

  double threshold(double x, double device_v) const {
    return device_v > 0 ? set + set_slope * x : reset + reset_slope * (1 - x);
  }

  /// A threshold that a slope carried below zero must not move a device nobody drives.
  double drive(double film_v, double above) const { return std::min(film_v, positive_part(above, smoothing)); }

  double set, set_slope, reset, reset_slope, smoothing, path_hops, ambient_k;
  HoppingLaw hops;
};

}  // namespace hopflow::pipeline
