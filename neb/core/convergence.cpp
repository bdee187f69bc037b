// SPDX-License-Identifier: GPL-2.0-or-later
// Steadiness of a barrier, dips of a profile.
#include "neb/core/convergence.hpp"

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

Cubic::Cubic(double e0, double e1, double slope0, double slope1)
    : e0_{e0}, e1_{e1}, slope_{slope0}, c_{3 * (e1 - e0) - 2 * slope0 - slope1}, d_{slope0 + slope1 - 2 * (e1 - e0)} {}

std::optional<double> Cubic::dip(double least_ev) const {
  // The minimum is the root of e'(t) where e''(t) > 0.
  const double discriminant = c_ * c_ - 3 * d_ * slope_;
  if (!(discriminant > 0)) return std::nullopt;
  // The form that does not cancel: t = (-c + root) / (3 d) = -slope / (c + root).
  const double root = std::sqrt(discriminant);
  const double t = c_ > 0 ? -slope_ / (c_ + root) : (d_ != 0 ? (root - c_) / (3 * d_) : -1);
  if (!(t > 0.02 && t < 0.98) || !(at(t) < std::min(e0_, e1_) - least_ev)) return std::nullopt;
  return t;
}

std::optional<double> Cubic::peak(double least_ev) const {
  return Cubic(-e0_, -e1_, -slope_, -(slope_ + 2 * c_ + 3 * d_)).dip(least_ev);
}

std::optional<double> Cubic::level(double least_ev) const {
  constexpr double share = 0.1;  // of the smaller end's slope: less between two images, and the energy is level there
  const double slope_next = slope_ + 2 * c_ + 3 * d_, least = std::min(std::abs(slope_), std::abs(slope_next));
  if (!(slope_ * slope_next > 0 && d_ * slope_ > 0 && least > least_ev)) return std::nullopt;
  const double t = -c_ / (3 * d_);  // e''(t) = 0
  const double there = slope_ + c_ * t;
  if (t > 0 && t < 1 && std::copysign(1.0, slope_) * there < share * least) return t;
  return std::nullopt;
}

}  // namespace hopflow
