// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/models/conduction.hpp"

#include <algorithm>
#include <cmath>

namespace hopflow::pipeline {

namespace {

/// The positive root of a v^2 + b v = c for a, c >= 0, b > 0, without cancellation.
double positive_root(double a, double b, double c) { return 2 * c / (b + std::sqrt(b * b + 4 * a * c)); }

}  // namespace

double film_conductance(const DeviceParameters& p, double x) {
  return p.off_conductance_s * (std::exp(std::log(p.on_conductance_s / p.off_conductance_s) * x) + 1);
}

double state_of_conductance(const DeviceParameters& p, double conductance_s) {
  const double filament = conductance_s / p.off_conductance_s - 1;
  if (!(filament > 1)) return 0;
  return std::min(1.0, std::log(filament) / std::log(p.on_conductance_s / p.off_conductance_s));
}

double film_current(const DeviceParameters& p, double x, double v) {
  return film_conductance(p, x) * v + p.child_a_per_v2 * v * std::abs(v);
}

OperatingPoint operate(const DeviceParameters& p, double x, double applied_v, Compliance compliance) {
  const double magnitude = std::abs(applied_v);
  const double conductance = film_conductance(p, x);
  OperatingPoint point;
  point.device_v = positive_root(p.series_resistance_ohm * p.child_a_per_v2, 1 + p.series_resistance_ohm * conductance, magnitude);
  point.current_a = conductance * point.device_v + p.child_a_per_v2 * point.device_v * point.device_v;
  if (compliance == Compliance::on && applied_v > 0 && point.current_a > p.compliance_a) {
    point.device_v = positive_root(p.child_a_per_v2, conductance, p.compliance_a);
    point.current_a = p.compliance_a;
    point.limited = true;
  }
  if (applied_v < 0) {
    point.device_v = -point.device_v;
    point.current_a = -point.current_a;
  }
  return point;
}

}  // namespace hopflow::pipeline
