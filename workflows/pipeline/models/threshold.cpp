// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/models/threshold.hpp"

#include <algorithm>
#include <cmath>

#include "structures/units.hpp"

namespace hopflow::pipeline {

namespace {

constexpr double hertz_per_terahertz = 1e12;

/// max(y, 0) with its corner rounded by a parabola over [-width, width]; exactly zero left of it.
double positive_part(double y, double width) {
  if (y <= -width) return 0;
  if (y >= width) return y;
  return (y + width) * (y + width) / (4 * width);
}

}  // namespace

double set_threshold(const DeviceParameters& p, double x) { return p.set_threshold_v + p.set_threshold_slope_v * x; }

double reset_threshold(const DeviceParameters& p, double x) {
  return p.reset_threshold_v + p.reset_threshold_slope_v * (1 - x);
}

double drift_speed(const DeviceParameters& p, double x, double device_v) {
  const double threshold = device_v > 0 ? set_threshold(p, x) : reset_threshold(p, x);
  // A threshold that a slope carried below zero must not move a device nobody drives.
  const double drive = std::min(std::abs(device_v), positive_part(std::abs(device_v) - threshold, p.threshold_smoothing_v));
  if (!(drive > 0)) return 0;
  const double kt = units::boltzmann * p.temperature_k;
  const double u = drive / (2 * kt * p.sharing_length_hops);
  const double b = p.barrier_ev / kt;
  const double jumps = u > b + 1 ? 1.0 : std::min(1.0, 2 * std::exp(-b) * std::sinh(u));
  const double speed = p.attempt_frequency_thz * hertz_per_terahertz * jumps / p.hops();
  return device_v > 0 ? speed : -speed;
}

double retention_time(const DeviceParameters& p, double temperature_k) {
  const double hops = p.hops();
  return 2 * hops * hops / (p.attempt_frequency_thz * hertz_per_terahertz) *
         std::exp((p.barrier_ev + p.stabilisation_ev) / (units::boltzmann * temperature_k));
}

Speed device_speed(const DeviceParameters& p, double applied_v, Compliance compliance, Relaxation relaxation) {
  const double forgetting = relaxation == Relaxation::on ? 1 / retention_time(p, p.temperature_k) : 0;
  return [p, applied_v, compliance, forgetting](double x) {
    return drift_speed(p, x, operate(p, x, applied_v, compliance).device_v) - forgetting * x;
  };
}

}  // namespace hopflow::pipeline
