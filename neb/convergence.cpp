// SPDX-License-Identifier: GPL-2.0-or-later
// Steadiness of a barrier, dips of a profile.
#include "neb/convergence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hopflow {

double spread_of_last(std::span<const double> values, int rounds) {
  if (static_cast<int>(values.size()) < rounds || rounds < 1) return std::numeric_limits<double>::infinity();
  const auto tail = values.last(static_cast<std::size_t>(rounds));
  const auto [low, high] = std::minmax_element(tail.begin(), tail.end());
  return *high - *low;
}

std::vector<Dip> dips(std::span<const double> energies, double least_ev) {
  std::vector<int> lows;
  const int last = static_cast<int>(energies.size()) - 1;
  const auto e = [&](int i) { return energies[static_cast<std::size_t>(i)]; };
  for (int i = 1; i < last; ++i) {
    if (e(i) <= e(i - 1) && e(i) < e(i + 1)) lows.push_back(i);
  }
  const auto highest = [&](int from, int to) {
    double value = e(from);
    for (int i = from; i <= to; ++i) value = std::max(value, e(i));
    return value;
  };
  // A dip too shallow to count is not a border for its neighbours either: drop the shallowest until all count.
  while (true) {
    std::vector<Dip> found;
    std::size_t shallowest = 0;
    for (std::size_t k = 0; k < lows.size(); ++k) {
      const int from = k == 0 ? 0 : lows[k - 1], to = k + 1 == lows.size() ? last : lows[k + 1];
      Dip dip;
      dip.image = lows[k];
      dip.depth_ev = std::min(highest(from, lows[k]), highest(lows[k], to)) - e(lows[k]);
      found.push_back(dip);
      if (dip.depth_ev < found[shallowest].depth_ev) shallowest = k;
    }
    if (found.empty() || found[shallowest].depth_ev > least_ev) return found;
    lows.erase(lows.begin() + static_cast<std::ptrdiff_t>(shallowest));
  }
}

std::optional<double> dip_between(double e0, double e1, double slope0, double slope1, double least_ev) {
  // e(t) = e0 + slope0 t + c t^2 + d t^3; its minimum is the root of e'(t) where e''(t) > 0.
  const double c = 3 * (e1 - e0) - 2 * slope0 - slope1;
  const double d = slope0 + slope1 - 2 * (e1 - e0);
  const double discriminant = c * c - 3 * d * slope0;
  if (!(discriminant > 0)) return std::nullopt;
  // The form that does not cancel: t = (-c + root) / (3 d) = -slope0 / (c + root).
  const double root = std::sqrt(discriminant);
  const double t = c > 0 ? -slope0 / (c + root) : (d != 0 ? (root - c) / (3 * d) : -1);
  if (!(t > 0.02 && t < 0.98)) return std::nullopt;
  const double e = e0 + t * (slope0 + t * (c + t * d));
  if (e < std::min(e0, e1) - least_ev) return t;
  return std::nullopt;
}

std::optional<double> level_between(double e0, double e1, double slope0, double slope1) {
  constexpr double level = 0.1;
  const double c = 3 * (e1 - e0) - 2 * slope0 - slope1;
  const double d = slope0 + slope1 - 2 * (e1 - e0);
  if (!(slope0 * slope1 > 0 && d * slope0 > 0)) return std::nullopt;
  const double t = -c / (3 * d);  // e''(t) = 0
  const double there = slope0 + c * t;
  const double least = level * std::min(std::abs(slope0), std::abs(slope1));
  if (t > 0 && t < 1 && std::copysign(1.0, slope0) * there < least) return t;
  return std::nullopt;
}

}  // namespace hopflow
