// SPDX-License-Identifier: GPL-2.0-or-later
// The model of a barrier alone: every hop of the film takes its share of the voltage; no threshold, nothing fitted to
// speed.
#include "workflows/pipeline/models/kinds/film_speed.hpp"
#include "workflows/pipeline/models/kinds/hopping.hpp"

namespace hopflow::pipeline {

namespace {

struct BarrierOnlyLaw {
  explicit BarrierOnlyLaw(const DeviceParameters& p)
      : path_hops{p.hops()}, ambient_k{p.temperature_k}, hops{p, path_hops} {}
  double drift(double, const OperatingPoint& at) const {
    const double speed = hops(std::abs(at.device_v)) / path_hops;
    return at.device_v > 0 ? speed : at.device_v < 0 ? -speed : 0.0;
  }
  double temperature(const OperatingPoint&) const { return ambient_k; }
  bool smooth(const Stretch& s) const { return hops.capped(s.least_v()) == hops.capped(s.most_v()); }
  double path_hops, ambient_k;
  HoppingLaw hops;
};

}  // namespace

Speed barrier_only_speed(const DeviceParameters& p, double applied_v, Compliance compliance, Relaxation relaxation) {
  return FilmSpeed{BarrierOnlyLaw{p}, p, applied_v, compliance, relaxation};
}

/// No threshold to pass, every hop its share.
DeviceParameters barrier_only_circuit(const DeviceParameters& p) {
  DeviceParameters bare = p;
  bare.set_threshold_v = bare.set_threshold_slope_v = bare.reset_threshold_v = bare.reset_threshold_slope_v = 0;
  bare.threshold_smoothing_v = 1e-6;
  bare.sharing_length_hops = p.hops();
  bare.thermal_resistance_k_per_w = 0;
  return bare;
}

}  // namespace hopflow::pipeline
