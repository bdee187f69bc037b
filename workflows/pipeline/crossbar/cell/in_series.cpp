// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/cell/in_series.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include <boost/math/tools/toms748_solve.hpp>

namespace hopflow::pipeline {

SeriesPoint in_series(const SeriesElement& element, const HeldFilm& memristor, double voltage_v, bool gate_on) {
  if (!element.present()) {
    return {memristor.current(voltage_v), memristor.slope(voltage_v), voltage_v};
  }
  const auto across = [&](double u, double current) { return voltage_v - u - element.series_ohm * current; };
  const auto flow = [&](double u) {
    const double current = memristor.current(u);
    return std::pair{current, junction(element, across(u, current), gate_on).current_a};
  };
  // Currents differ by decades: compared by their logarithms, nearly, from far below the smaller of both at full
  // voltage on. Near that zero of logarithms lies nothing: the same current flows through both.
  const double least = 1e-6 * std::min(std::abs(memristor.current(voltage_v)),
                                       std::abs(junction(element, voltage_v, gate_on).current_a));
  const auto excess = [&](double u) {
    const auto [inner, outer] = flow(u);
    return std::asinh(inner / least) - std::asinh(outer / least);
  };
  double u = 0;
  if (least > 0) {
    const double low = std::min(0.0, voltage_v), high = std::max(0.0, voltage_v);
    const double at_low = excess(low), at_high = excess(high);
    if (at_low >= 0) {
      u = low;
    } else if (at_high <= 0) {
      u = high;
    } else {
      std::uintmax_t most = 400;
      // The bracket closes to neighbouring numbers, however far below the voltage the root lies.
      const auto closed = [](double a, double b) {
        return std::abs(b - a) <= 2.3e-16 * std::max(std::abs(a), std::abs(b));
      };
      const auto [a, b] = boost::math::tools::toms748_solve(excess, low, high, at_low, at_high, closed, most);
      u = 0.5 * (a + b);
    }
  }
  const CellPoint inner{memristor.current(u), memristor.slope(u)};
  const CellPoint outer = junction(element, across(u, inner.current_a), gate_on);
  const double element_s = outer.slope_s / (1 + element.series_ohm * outer.slope_s);
  const double sum = inner.slope_s + element_s;
  // The memristor's current keeps its digits where the voltage across either is small.
  return {inner.current_a, sum > 0 ? inner.slope_s * element_s / sum : 0, u};
}

}  // namespace hopflow::pipeline
