// SPDX-License-Identifier: GPL-2.0-or-later
// The thermal model: the threshold model's hops, in a filament that its own current heats.
#include "workflows/pipeline/models/kinds/film_speed.hpp"
#include "workflows/pipeline/models/kinds/threshold_law.hpp"

namespace hopflow::pipeline {

namespace {

struct HeatedLaw : ThresholdLaw {
  explicit HeatedLaw(const DeviceParameters& p) : ThresholdLaw{p}, ohm_k{p.thermal_resistance_k_per_w} {}
  double temperature(const OperatingPoint& at) const {
    return ambient_k + ohm_k * std::abs(at.current_a * at.device_v);
  }
  double drift(double x, const OperatingPoint& at) const {
    return moves(x, at.device_v, hops.at_temperature(temperature(at)));
  }
  bool smooth(const Stretch& s) const {
    const double least_k = ambient_k + ohm_k * std::abs(s.at_low.current_a) * s.least_v();
    const double most_k = ambient_k + ohm_k * std::abs(s.at_high.current_a) * s.most_v();
    return smooth_between(s, hops.at_temperature(least_k), hops.at_temperature(most_k));
  }
  double ohm_k;
};

}  // namespace

Speed thermal_speed(const DeviceParameters& p, double applied_v, Compliance compliance, Relaxation relaxation) {
  return FilmSpeed{HeatedLaw{p}, p, applied_v, compliance, relaxation};
}

}  // namespace hopflow::pipeline
