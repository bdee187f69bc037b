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

namespace {

/// What a drift speed needs of the parameters, worked out once: it is asked millions of times at one voltage.
struct DriftLaw {
  explicit DriftLaw(const DeviceParameters& p)
      : set{p.set_threshold_v}, set_slope{p.set_threshold_slope_v}, reset{p.reset_threshold_v}, reset_slope{p.reset_threshold_slope_v},
        smoothing{p.threshold_smoothing_v}, scale_v{2 * units::boltzmann * p.temperature_k * p.sharing_length_hops},
        barrier{p.barrier_ev / (units::boltzmann * p.temperature_k)}, boltzmann{std::exp(-barrier)},
        fastest{p.attempt_frequency_thz * hertz_per_terahertz / p.hops()} {}

  double operator()(double x, double device_v) const {
    const double threshold = device_v > 0 ? set + set_slope * x : reset + reset_slope * (1 - x);
    // A threshold that a slope carried below zero must not move a device nobody drives.
    const double drive = std::min(std::abs(device_v), positive_part(std::abs(device_v) - threshold, smoothing));
    if (!(drive > 0)) return 0;
    const double u = drive / scale_v;
    // Far below room temperature the Boltzmann factor alone underflows.
    const double jumps = u > barrier + 1 ? 1.0 : std::min(1.0, barrier < 600 ? 2 * boltzmann * std::sinh(u) : std::exp(u - barrier));
    return device_v > 0 ? fastest * jumps : -fastest * jumps;
  }

  double set, set_slope, reset, reset_slope, smoothing, scale_v, barrier, boltzmann, fastest;
};

}  // namespace

double drift_speed(const DeviceParameters& p, double x, double device_v) { return DriftLaw{p}(x, device_v); }

double retention_time(const DeviceParameters& p, double temperature_k) {
  const double hops = p.hops();
  return 2 * hops * hops / (p.attempt_frequency_thz * hertz_per_terahertz) *
         std::exp((p.barrier_ev + p.stabilisation_ev) / (units::boltzmann * temperature_k));
}

Speed device_speed(const DeviceParameters& p, double applied_v, Compliance compliance, Relaxation relaxation) {
  const double forgetting = relaxation == Relaxation::on ? 1 / retention_time(p, p.temperature_k) : 0;
  return [law = DriftLaw{p}, film = FilmLaw{p}, applied_v, compliance, forgetting](double x) {
    return law(x, film.operate(x, applied_v, compliance).device_v) - forgetting * x;
  };
}

}  // namespace hopflow::pipeline
