// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/cell/series_element.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "structures/core/units.hpp"

namespace hopflow::pipeline {

namespace {

using Law = SeriesElement::Law;

constexpr double largest_exponent = 80;

/// exp(u), continued by its tangent, and its slope.
CellPoint limited_exp(double u) {
  if (u <= largest_exponent) return {std::exp(u), std::exp(u)};
  const double end = std::exp(largest_exponent);
  return {end * (1 + u - largest_exponent), end};
}

CellPoint exponential(const SeriesElement& e, double v) {
  const double u = v / e.scale_v;
  CellPoint at;
  if (std::abs(u) < largest_exponent) {
    at = {e.scale_a * std::sinh(u), e.scale_a / e.scale_v * std::cosh(u)};
  } else {
    const CellPoint half = limited_exp(std::abs(u));
    at = {std::copysign(0.5 * e.scale_a * half.current_a, v), 0.5 * e.scale_a / e.scale_v * half.slope_s};
  }
  return {at.current_a + e.leak_s * v, at.slope_s + e.leak_s};
}

/// ln(1 + exp(u)) and its slope.
CellPoint softplus(double u) {
  return {std::max(u, 0.0) + std::log1p(std::exp(-std::abs(u))), 0.5 * (1 + std::tanh(0.5 * u))};
}

CellPoint threshold(const SeriesElement& e, double v) {
  const CellPoint up = softplus((v - e.threshold_v) / e.transition_v),
                  down = softplus((-v - e.threshold_v) / e.transition_v);
  return {v / e.off_ohm + e.transition_v / e.on_ohm * (up.current_a - down.current_a),
          1 / e.off_ohm + (up.slope_s + down.slope_s) / e.on_ohm};
}

CellPoint transistor(const SeriesElement& e, double v, bool gate_on) {
  if (!gate_on) return {v / e.off_ohm, 1 / e.off_ohm};
  if (std::isinf(e.saturation_a)) return {v / e.on_ohm, 1 / e.on_ohm};
  const double share = std::tanh(v / (e.on_ohm * e.saturation_a));
  const double leak = 1 / e.off_ohm;  // keeps a saturated channel's slope above 0
  return {e.saturation_a * share + leak * v, (1 - share * share) / e.on_ohm + leak};
}

CellPoint diode(const SeriesElement& e, double v) {
  const double thermal_v = e.ideality * units::boltzmann * e.temperature_k, sign = e.reversed ? -1 : 1;
  const double u = sign * v / thermal_v;
  const CellPoint at = limited_exp(u);
  const double current = u < 1 ? std::expm1(u) : at.current_a - 1;
  return {sign * e.saturation_a * current + e.leak_s * v, e.saturation_a / thermal_v * at.slope_s + e.leak_s};
}

}  // namespace

std::span<const SeriesLaw> series_laws() {
  static constexpr auto laws = std::to_array<SeriesLaw>({
      {Law::none, "1R", "none", "the memristor alone"},
      {Law::exponential, "1S1R", "exponential", "a bipolar selector, I = scale_a sinh(V / scale_v)"},
      {Law::threshold, "1S1R", "threshold", "a bipolar selector, off_ohm below threshold_v and slope 1/on_ohm above"},
      {Law::transistor, "1T1R", "transistor", "a transistor, on_ohm in selected rows and off_ohm in the others"},
      {Law::diode, "1D1R", "diode", "a diode, I = saturation_a (exp(V / (ideality kT/q)) - 1)"},
  });
  return laws;
}

const SeriesLaw& law_of(const SeriesElement& element) {
  return *std::ranges::find(series_laws(), element.law, &SeriesLaw::law);
}

std::span<const SeriesNumber> series_numbers() {
  using E = SeriesElement;
  static const std::vector<SeriesNumber> numbers{
      {"scale_a", &E::scale_a, 1e-20, 1, {Law::exponential}, true},
      {"scale_v", &E::scale_v, 1e-3, 10, {Law::exponential}, true},
      {"on_ohm", &E::on_ohm, 1e-3, 1e12, {Law::threshold, Law::transistor}, true},
      {"off_ohm", &E::off_ohm, 1, 1e15, {Law::threshold, Law::transistor}},
      {"threshold_v", &E::threshold_v, 1e-3, 100, {Law::threshold}, true},
      {"transition_v", &E::transition_v, 1e-3, 10, {Law::threshold}},
      {"saturation_a", &E::saturation_a, 1e-20, 1e3, {Law::transistor}},
      {"saturation_a", &E::saturation_a, 1e-20, 1e3, {Law::diode}, true},
      {"ideality", &E::ideality, 0.5, 20, {Law::diode}},
      {"temperature_k", &E::temperature_k, 1, 2000, {Law::diode}},
      {"series_ohm", &E::series_ohm, 0, 1e12, {Law::exponential, Law::diode}},
      {"leak_s", &E::leak_s, 0, 1, {Law::exponential, Law::diode}},
  };
  return numbers;
}

CellPoint junction(const SeriesElement& e, double v, bool gate_on) {
  switch (e.law) {
    case Law::none: break;
    case Law::exponential: return exponential(e, v);
    case Law::threshold: return threshold(e, v);
    case Law::transistor: return transistor(e, v, gate_on);
    case Law::diode: return diode(e, v);
  }
  return {};
}

}  // namespace hopflow::pipeline
