// SPDX-License-Identifier: GPL-2.0-or-later
// The law of motion with thresholds, shared by the models that have them.
#pragma once

#include "workflows/pipeline/models/hopping.hpp"

namespace hopflow::pipeline {

/// dx/dt (1/s) = hops per second / N at the voltage above the threshold, N = w / a. Thresholds: Vset0 + Vset1 x on the
/// positive side, Vres0 + Vres1 (1 - x) on the negative. Exactly zero one smoothing width below them.
struct ThresholdLaw {
  explicit ThresholdLaw(const DeviceParameters& p)
      : set{p.set_threshold_v}, set_slope{p.set_threshold_slope_v}, reset{p.reset_threshold_v}, reset_slope{p.reset_threshold_slope_v},
        smoothing{p.threshold_smoothing_v}, path_hops{p.hops()}, ambient_k{p.temperature_k}, hops{p, p.sharing_length_hops} {}

  double moves(double x, double device_v, const HoppingLaw& rate) const {
    const double threshold = device_v > 0 ? set + set_slope * x : reset + reset_slope * (1 - x);
    // A threshold that a slope carried below zero must not move a device nobody drives.
    const double drive_v = std::min(std::abs(device_v), positive_part(std::abs(device_v) - threshold, smoothing));
    if (!(drive_v > 0)) return 0;
    const double speed = rate(drive_v) / path_hops;
    return device_v > 0 ? speed : -speed;
  }

  double set, set_slope, reset, reset_slope, smoothing, path_hops, ambient_k;
  HoppingLaw hops;
};

}  // namespace hopflow::pipeline
