// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/models/advance.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace hopflow::pipeline {

namespace {

constexpr std::size_t degree = 16;
constexpr std::size_t points = degree + 1;
using Values = std::array<double, points>;

/// Relative error a panel's time may have, and the displacement by such an error that doesn't count: where the device
/// nearly stands still, rounding in its speed is all that a finer panel would see.
constexpr double time_tolerance = 2e-14;
constexpr double negligible_move = 4e-15;
/// A stretch this narrow needs no proof that it has no corner: one would shift the state by its square.
constexpr double narrow = 1e-11;
constexpr double finest = 2.3e-16;  ///< changes every state in [0, 1]

/// Chebyshev's extreme points in the order of motion, from -1 to 1, and what turns values there into coefficients.
struct Transform {
  Values place{};
  std::array<Values, points> matrix{};  ///< [point][coefficient]
  Transform() {
    for (std::size_t j = 0; j < points; ++j) {
      const auto angle = [](std::size_t steps) { return M_PI * static_cast<double>(steps) / degree; };
      place[j] = j * 2 == degree ? 0 : -std::cos(angle(j));
      for (std::size_t k = 0; k < points; ++k) {
        const double ends = (j == 0 || j == degree ? 0.5 : 1) * (k == 0 || k == degree ? 0.5 : 1);
        matrix[j][k] = 2.0 / degree * ends * (k % 2 == 0 ? 1 : -1) * std::cos(angle(k * j % (2 * degree)));
      }
    }
  }
};
const Transform transform;

/// A sum of Chebyshev's polynomials at `at` in [-1, 1], by Clenshaw's recurrence.
template <std::size_t N>
double sum(const std::array<double, N>& coefficient, double at) {
  double one = 0, two = 0;
  for (std::size_t k = N - 1; k > 0; --k) {
    const double next = 2 * at * one - two + coefficient[k];
    two = one;
    one = next;
  }
  return at * one - two + coefficient[0];
}

/// A stretch of the way on which 1 / speed is a polynomial.
struct Panel {
  double from = 0, to = 0;
  Values slowness{};                         ///< Chebyshev coefficients of |dt/dx| (s)
  std::array<double, points + 1> elapsed{};  ///< of the time since `from`, in units of half the panel's length
  double error = 0;                          ///< of the slowness, relative to its mean: what its last coefficients say
  std::optional<double> still;               ///< the first point without speed, if there is one
  double moving = 0;                         ///< the last point with speed before it

  double half() const { return 0.5 * std::abs(to - from); }
  double seconds() const { return half() * sum(elapsed, 1); }

  /// How many times as long a panel could have been: by the number of coefficients it needed.
  double room(double allowed) const {
    std::size_t needed = degree;
    while (needed > 0 && std::abs(slowness[needed]) <= allowed * slowness[0]) --needed;
    return std::clamp(0.9 * degree / static_cast<double>(needed + 1), 1.0, 4.0);
  }

  /// The state `t` seconds after `from`, 0 <= t <= seconds(): Newton's method between two bounds.
  double state_after(double t) const {
    const double goal = t / half();
    double low = -1, high = 1, at = std::clamp(2 * goal / sum(elapsed, 1) - 1, -1.0, 1.0);
    for (int i = 0; i < 100; ++i) {
      const double miss = sum(elapsed, at) - goal;
      (miss > 0 ? high : low) = at;
      double next = at - miss / sum(slowness, at);
      if (!(next >= low && next <= high)) next = 0.5 * (low + high);
      const bool at_rest = std::abs(next - at) <= 1e-15;
      at = next;
      if (at_rest) break;
    }
    return from + 0.5 * (to - from) * (at + 1);
  }
};

Panel panel(const Speed& speed, double sign, double from, double to) {
  Panel p;
  p.from = from;
  p.to = to;
  p.moving = from;
  for (std::size_t j = 0; j < points; ++j) {
    const double x = j == 0 ? from : j == degree ? to : from + 0.5 * (to - from) * (1 + transform.place[j]);
    const double slowness = 1 / (speed(x) * sign);
    if (!(slowness >= 0 && std::isfinite(slowness))) {
      p.still = x;
      return p;
    }
    p.moving = x;
    for (std::size_t k = 0; k < points; ++k) p.slowness[k] += transform.matrix[j][k] * slowness;
  }
  const auto& c = p.slowness;
  p.error = (std::abs(c[degree - 2]) + std::abs(c[degree - 1]) + std::abs(c[degree])) / std::abs(c[0]);
  // The integral of T_k is (T_(k+1) / (k + 1) - T_(k-1) / (k - 1)) / 2.
  const auto at = [&](std::size_t k) { return k > degree ? 0.0 : c[k]; };
  p.elapsed[1] = c[0] - c[2] / 2;
  for (std::size_t k = 2; k <= points; ++k) p.elapsed[k] = (at(k - 1) - at(k + 1)) / (2 * static_cast<double>(k));
  double start = 0;
  for (std::size_t k = points; k > 0; --k) start += k % 2 == 0 ? p.elapsed[k] : -p.elapsed[k];
  p.elapsed[0] = -start;
  return p;
}

/// The end of the smooth piece that begins at `from`, towards `to`.
double piece_end(const Speed& speed, double from, double to) {
  if (speed.smooth(std::min(from, to), std::max(from, to))) return to;
  const double middle = 0.5 * (from + to);
  if (std::abs(to - from) <= narrow || middle == from || middle == to) return from;
  const double end = piece_end(speed, from, middle);
  return end == middle ? piece_end(speed, middle, to) : end;
}

struct Walk {
  double state = 0, seconds = 0;
  bool arrived = false;  ///< at the bound
};

/// Moves from x towards `bound` for at most `seconds`, panel by panel. Times are always added to what is before, never
/// taken from what is behind, which can be longer by any factor.
Walk walk(const Speed& speed, double x, double bound, double seconds) {
  const double sign = bound > x ? 1 : -1;
  Walk way{x, 0, x == bound};
  double wanted = 1;  // length of a panel as far as smoothness goes
  while (!way.arrived) {
    const double at = way.state, left = seconds - way.seconds, here = speed(at) * sign;
    if (!(here > 0)) return way;
    double length = std::min(wanted, std::abs(bound - at));
    if (const double ahead = here * left; ahead < length) {
      // Enough for a speed that grows meanwhile.
      length = std::min(length, 1.01 * ahead * std::clamp(speed(at + sign * ahead) * sign / here, 1.0, 4.0));
    }
    length = std::max(length, finest);
    double next = std::abs(bound - at) <= length ? bound : at + sign * length;
    if (const double end = piece_end(speed, at, next); end != next)
      next = end != at ? end : at + sign * std::min(narrow, std::abs(next - at));
    length = std::abs(next - at);
    const Panel p = panel(speed, sign, at, next);
    if (p.still) {
      if (length <= 2 * finest) return way;
      wanted = 0.5 * std::max(std::abs(p.moving - at), 0.5 * std::abs(*p.still - at));
      continue;
    }
    const double allowed = std::max(time_tolerance, negligible_move / length);
    if (p.error > allowed && length > 2 * finest) {
      wanted = length * std::clamp(0.8 * std::pow(allowed / p.error, 1.0 / degree), 0.1, 0.7);
      continue;
    }
    const double taken = p.seconds();
    if (taken >= left) return {p.state_after(left), seconds, false};
    way = {next, way.seconds + taken, next == bound};
    wanted = std::max(wanted, length * p.room(allowed));
  }
  return way;
}

}  // namespace

double advance(const Speed& speed, double x, double duration_s) {
  return duration_s > 0 ? walk(speed, x, speed(x) > 0 ? 1 : 0, duration_s).state : x;
}

std::optional<double> time_to(const Speed& speed, double x, double target) {
  const Walk way = walk(speed, x, target, std::numeric_limits<double>::infinity());
  return way.arrived ? std::optional{way.seconds} : std::nullopt;
}

}  // namespace hopflow::pipeline
