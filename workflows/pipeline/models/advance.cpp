// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/models/advance.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace hopflow::pipeline {

namespace {

constexpr int scan_points = 48;
constexpr double quadrature_tolerance = 1e-13;  ///< of the whole panel
constexpr int quadrature_depth = 40;

/// How far a state can go in its direction.
struct Reach {
  double sign = 0;       ///< +1, -1, or 0 at rest
  double end = 0;        ///< the last state with a speed, or the end of the interval
  bool resting = false;  ///< the speed vanishes at `end`: reached only asymptotically
};

Reach reach(const Speed& speed, double x) {
  const double first = speed(x);
  Reach r;
  r.end = x;
  if (first == 0 || (first > 0 && x >= 1) || (first < 0 && x <= 0)) return r;
  r.sign = first > 0 ? 1 : -1;
  const double bound = first > 0 ? 1 : 0;
  double moving = x;
  for (int i = 1; i <= scan_points; ++i) {
    const double next = i == scan_points ? bound : x + (bound - x) * i / scan_points;
    if (speed(next) * r.sign > 0) {
      moving = next;
      continue;
    }
    double still = next;
    while (std::abs(still - moving) > 1e-16) {
      const double middle = 0.5 * (moving + still);
      if (middle == moving || middle == still) break;
      (speed(middle) * r.sign > 0 ? moving : still) = middle;
    }
    r.resting = true;
    break;
  }
  r.end = moving;
  return r;
}

/// Kronrod's 15 points with Gauss' 7 inside, on [-1, 1]: QUADPACK's qk15, points from the edge to the middle.
struct Rule {
  double kronrod = 0;
  double gauss = 0;
  double start = 0, end = 0;   ///< the function at both ends as the polynomial through the 15 points has it
};

template <class Function>
Rule rule15(const Function& f, double a, double b) {
  static constexpr std::array<double, 8> point{0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
                                               0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
                                               0.586087235467691130294144691693310, 0.405845151377397166906606412076961,
                                               0.207784955007898467600689403773245, 0};
  static constexpr std::array<double, 8> kronrod{0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
                                                 0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
                                                 0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
                                                 0.204432940075298892414161999234649, 0.209482141084727828012999174891714};
  static constexpr std::array<double, 4> gauss{0.129484966168869693270611432679082, 0.279705391489276667901467771423780,
                                               0.381830050505118944950369775488975, 0.417959183673469387755102040816327};
  // Lagrange's polynomials of the 15 points at the end beside point[0]: near side, far side; the middle has one.
  static const auto ends = [] {
    std::array<std::array<double, 2>, 8> weight{};
    const auto place = [](std::size_t i) { return i < 8 ? point[i] : -point[14 - i]; };
    for (std::size_t i = 0; i < 15; ++i) {
      double product = 1;
      for (std::size_t j = 0; j < 15; ++j) if (j != i) product *= (1 - place(j)) / (place(i) - place(j));
      weight[i < 8 ? i : 14 - i][i < 8 ? 0 : 1] = product;
    }
    return weight;
  }();
  const double centre = 0.5 * (a + b), half = 0.5 * (b - a);
  const double middle = f(centre);
  Rule r{kronrod[7] * middle, gauss[3] * middle, ends[7][0] * middle, ends[7][0] * middle};
  for (std::size_t i = 0; i < 7; ++i) {
    const double low = f(centre - half * point[i]), high = f(centre + half * point[i]);
    r.kronrod += kronrod[i] * (low + high);
    if (i % 2 == 1) r.gauss += gauss[i / 2] * (low + high);
    r.start += ends[i][0] * low + ends[i][1] * high;
    r.end += ends[i][0] * high + ends[i][1] * low;
  }
  r.kronrod *= half;
  r.gauss *= half;
  return r;
}

/// A panel of the quadrature with the function's values at its ends.
struct Panel {
  double a, b, at_a, at_b;
};

/// Halves until the rules agree; `enough` is the absolute error the whole interval may have.
template <class Function>
double refine(const Function& f, const Panel& p, Rule here, double enough, int depth) {
  // QUADPACK's estimate: where the two rules differ little, Kronrod's is far better than the difference.
  const double difference = 200 * std::abs(here.kronrod - here.gauss) / std::abs(here.kronrod);
  const double error = std::abs(here.kronrod) * std::min(1.0, difference * std::sqrt(difference));
  const double middle = 0.5 * (p.a + p.b);
  // An error that moves the state by less than 2e-14 doesn't count: where the device nearly stands still, rounding in its
  // speed is all that a finer rule would see.
  const double negligible = std::max(1e-14, 2e-14 / (p.b - p.a)) * std::abs(here.kronrod);
  // Where a threshold begins or ends beside the panel's end, no point of a rule falls into the stretch that differs; but the
  // end itself does, and isn't where the points foretell it.
  const double beyond = 0.0043 * (p.b - p.a);   // from an end to the nearest point
  const bool hidden = (std::abs(p.at_a - here.start) + std::abs(p.at_b - here.end)) * beyond > 1e4 * std::max(enough, negligible);
  if (depth == 0 || middle <= p.a || middle >= p.b || (!hidden && !(error > std::max(enough, negligible)))) return here.kronrod;
  const double at_middle = f(middle);
  const Panel left{p.a, middle, p.at_a, at_middle}, right{middle, p.b, at_middle, p.at_b};
  const Rule left_rule = rule15(f, left.a, left.b), right_rule = rule15(f, right.a, right.b);
  return refine(f, left, left_rule, enough, depth - 1) + refine(f, right, right_rule, enough, depth - 1);
}

/// Seconds from state `from` to state `to`, both on the way; infinite if it stands still in between.
double duration(const Speed& speed, double sign, double from, double to) {
  if (from == to) return 0;
  bool still = false;
  const auto slowness = [&](double x) {
    const double v = speed(x) * sign;
    if (v > 0) return 1 / v;
    still = true;
    return 0.0;
  };
  const double a = std::min(from, to), b = std::max(from, to);
  const Rule whole = rule15(slowness, a, b);
  if (still || !std::isfinite(whole.kronrod)) return std::numeric_limits<double>::infinity();
  const Panel panel{a, b, slowness(a), slowness(b)};
  const double t = refine(slowness, panel, whole, quadrature_tolerance * whole.kronrod, quadrature_depth);
  return still || !std::isfinite(t) ? std::numeric_limits<double>::infinity() : t;
}

/// Where the panel after `at` ends: halving the way to a resting point, equal steps otherwise.
double panel_end(const Reach& r, double start, double at) {
  if (r.resting) {
    const double middle = at + 0.5 * (r.end - at);
    return middle == at ? r.end : middle;
  }
  const double step = (r.end - start) / 8;
  const double next = at + step;
  // A step too small to change `at` would be taken for ever.
  return next == at || (r.end - next) * r.sign <= 0.5 * std::abs(step) ? r.end : next;
}

/// The state `seconds` after `from`, known to lie before `to`: halved until the speed hardly varies, then Newton in what is
/// left. Times are always added to what is before, never taken from what is behind, which can be longer by any factor.
double invert(const Speed& speed, double sign, double from, double to, double seconds) {
  double low = from, high = to;  // in the order of motion
  for (int i = 0; i < 200; ++i) {
    const double ratio = speed(low) / speed(high);
    const double middle = 0.5 * (low + high);
    if ((ratio < 1.5 && ratio > 0.67) || middle == low || middle == high) break;
    const double t = duration(speed, sign, low, middle);
    if (t < seconds) {
      seconds -= t;
      low = middle;
    } else {
      high = middle;
    }
  }
  double x = low + seconds * speed(low);
  double left = low, left_t = 0;
  for (int i = 0; i < 100; ++i) {
    if (!((x - left) * sign > 0 && (high - x) * sign > 0)) x = 0.5 * (left + high);
    const double t = left_t + duration(speed, sign, left, x);
    const double next = x + (seconds - t) * speed(x);
    if (std::abs(next - x) <= 1e-15) return next;
    if (t <= seconds) {
      left = x;
      left_t = t;
    } else {
      high = x;
    }
    if (left == high || 0.5 * (left + high) == left || 0.5 * (left + high) == high) return next;
    x = next;
  }
  return x;
}

}  // namespace

double advance(const Speed& speed, double x, double duration_s) {
  if (!(duration_s > 0)) return x;
  const Reach r = reach(speed, x);
  if (r.sign == 0) return x;
  double at = x, left = duration_s;
  while (at != r.end) {
    const double next = panel_end(r, x, at);
    const double seconds = duration(speed, r.sign, at, next);
    if (seconds >= left) return invert(speed, r.sign, at, next, left);
    left -= seconds;
    at = next;
  }
  return r.end;
}

std::optional<double> time_to(const Speed& speed, double x, double target) {
  if (x == target) return 0.0;
  const Reach r = reach(speed, x);
  if (r.sign == 0 || (target - x) * r.sign < 0) return std::nullopt;
  if ((r.end - target) * r.sign < 0 || (r.resting && r.end == target)) return std::nullopt;
  double total = 0, at = x;
  for (int i = 1; i <= 8; ++i) {
    const double next = i == 8 ? target : x + (target - x) * i / 8;
    total += duration(speed, r.sign, at, next);
    at = next;
  }
  return std::isfinite(total) ? std::optional{total} : std::nullopt;
}

}  // namespace hopflow::pipeline
