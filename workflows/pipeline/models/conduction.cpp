// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/models/conduction.hpp"

#include <algorithm>
#include <cmath>

namespace hopflow::pipeline {

namespace {

/// The positive root of a v^2 + b v = c for a, c >= 0, b > 0, without cancellation.
double positive_root(double a, double b, double c) { return 2 * c / (b + std::sqrt(b * b + 4 * a * c)); }

}  // namespace

double HeldFilm::current(double applied_v) const {
  const double v = positive_root(series_ohm * child_a_per_v2, 1 + series_ohm * ohmic_s, std::abs(applied_v));
  return std::copysign(ohmic_s * v + child_a_per_v2 * v * v, applied_v);
}

double HeldFilm::slope(double applied_v) const {
  const double v = positive_root(series_ohm * child_a_per_v2, 1 + series_ohm * ohmic_s, std::abs(applied_v));
  const double film_s = ohmic_s + 2 * child_a_per_v2 * v;
  return film_s / (1 + series_ohm * film_s);
}

FilmLaw::FilmLaw(const DeviceParameters& p)
    : off_s_{p.off_conductance_s},
      log_ratio_{std::log(p.on_conductance_s / p.off_conductance_s)},
      child_{p.child_a_per_v2},
      series_ohm_{p.series_resistance_ohm},
      compliance_a_{p.compliance_a} {}

double FilmLaw::conductance(double x) const { return off_s_ * (std::exp(log_ratio_ * x) + 1); }

double film_conductance(const DeviceParameters& p, double x) { return FilmLaw{p}.conductance(x); }

double state_of_conductance(const DeviceParameters& p, double conductance_s) {
  const double filament = conductance_s / p.off_conductance_s - 1;
  if (!(filament > 1)) return 0;
  return std::min(1.0, std::log(filament) / std::log(p.on_conductance_s / p.off_conductance_s));
}

double film_current(const DeviceParameters& p, double x, double v) {
  return film_conductance(p, x) * v + p.child_a_per_v2 * v * std::abs(v);
}

OperatingPoint FilmLaw::operate(double x, double applied_v, Compliance compliance) const {
  const double magnitude = std::abs(applied_v);
  const double ohmic_s = conductance(x);
  OperatingPoint point;
  point.device_v = positive_root(series_ohm_ * child_, 1 + series_ohm_ * ohmic_s, magnitude);
  point.current_a = ohmic_s * point.device_v + child_ * point.device_v * point.device_v;
  if (compliance == Compliance::on && applied_v > 0 && point.current_a > compliance_a_) {
    point.device_v = positive_root(child_, ohmic_s, compliance_a_);
    point.current_a = compliance_a_;
    point.limited = true;
  }
  if (applied_v < 0) {
    point.device_v = -point.device_v;
    point.current_a = -point.current_a;
  }
  return point;
}

double FilmLaw::slope(double x, double applied_v) const {
  const double film_s = conductance(x) + 2 * child_ * std::abs(operate(x, applied_v, Compliance::off).device_v);
  return film_s / (1 + series_ohm_ * film_s);
}

OperatingPoint operate(const DeviceParameters& p, double x, double applied_v, Compliance compliance) {
  return FilmLaw{p}.operate(x, applied_v, compliance);
}

}  // namespace hopflow::pipeline
