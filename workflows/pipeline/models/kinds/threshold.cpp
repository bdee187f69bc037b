// SPDX-License-Identifier: GPL-2.0-or-later
// The threshold model: thermally activated hops, driven by the voltage above a threshold, move the filament's tip.
#include "workflows/pipeline/models/kinds/film_speed.hpp"
#include "workflows/pipeline/models/kinds/threshold_law.hpp"

namespace hopflow::pipeline {

namespace {

struct FieldLaw : ThresholdLaw {
  using ThresholdLaw::ThresholdLaw;
  double drift(double x, const OperatingPoint& at) const { return moves(x, at.device_v, hops); }
  double temperature(const OperatingPoint&) const { return ambient_k; }
  bool smooth(const Stretch& s) const { return smooth_between(s, hops, hops); }
};

}  // namespace

Speed threshold_speed(const DeviceParameters& p, double applied_v, Compliance compliance, Relaxation relaxation) {
  return FilmSpeed{FieldLaw{p}, p, applied_v, compliance, relaxation};
}

}  // namespace hopflow::pipeline
