// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/cell/in_series.hpp"

#include <algorithm>
#include <cmath>

namespace hopflow::pipeline {

SeriesPoint in_series(const SeriesElement& element, const HeldFilm& memristor, double voltage_v, bool gate_on) {
  if (!element.present()) {
    return {memristor.current(voltage_v), memristor.slope(voltage_v), voltage_v};
  }
  const auto across = [&](double u, double current) { return voltage_v - u - element.series_ohm * current; };
  // Currents differ by decades: compared by their logarithms, nearly, from far below the smaller of both at full
  // voltage on. Near that zero of logarithms lies nothing: the same current flows through both.
  const double alone_a = std::abs(memristor.current(voltage_v)),
               element_a = std::abs(junction(element, voltage_v, gate_on).current_a),
               least = 1e-6 * std::min(alone_a, element_a), sign = voltage_v < 0 ? -1 : 1;
  double u = 0;
  if (least > 0) {
    // In the logarithm of the memristor's share of the voltage the difference is nearly a straight line.
    double low = -740, high = 0, t = std::clamp(std::log(element_a / (alone_a + element_a)), low, high);
    for (int round = 0; round < 100; ++round) {
      u = voltage_v * std::exp(t);
      const double inner = memristor.current(u), inner_s = memristor.slope(u);
      const CellPoint outer = junction(element, across(u, inner), gate_on);
      const double inner_log = std::asinh(inner / least),
                   excess = sign * (inner_log - std::asinh(outer.current_a / least));
      (excess < 0 ? low : high) = t;
      const double rise =
          std::abs(u) * (inner_s / std::hypot(inner, least) +
                         outer.slope_s * (1 + element.series_ohm * inner_s) / std::hypot(outer.current_a, least));
      double next = t - excess / rise;
      if (!(next >= low && next <= high)) next = 0.5 * (low + high);
      // Rounding of the logarithms ends it where the step is still above that of t.
      const bool done =
          std::abs(excess) <= 4e-16 * std::abs(inner_log) || std::abs(next - t) <= 2e-16 * std::max(1.0, std::abs(t));
      t = next;
      if (done) break;
    }
    u = voltage_v * std::exp(t);
  }
  const CellPoint inner{memristor.current(u), memristor.slope(u)};
  const CellPoint outer = junction(element, across(u, inner.current_a), gate_on);
  const double element_s = outer.slope_s / (1 + element.series_ohm * outer.slope_s);
  const double sum = inner.slope_s + element_s;
  // The memristor's current keeps its digits where the voltage across either is small.
  return {inner.current_a, sum > 0 ? inner.slope_s * element_s / sum : 0, u};
}

}  // namespace hopflow::pipeline
