// SPDX-License-Identifier: GPL-2.0-or-later
// Muller-Brown and LEPS surfaces with their published constants.
#include <array>
#include <cmath>

#include "potentials/analytic/analytic.hpp"

namespace hopflow {
namespace {

/// Coulomb and exchange integral of one pair (eV) and their derivatives (eV/A).
struct Pair {
  double q, dq, j, dj;
};

Pair pair(double depth, double r) {
  constexpr double alpha = 1.942;  // 1/A
  constexpr double r0 = 0.742;     // A
  const double e1 = std::exp(-alpha * (r - r0));
  const double e2 = e1 * e1;
  Pair p;
  p.q = 0.5 * depth * (1.5 * e2 - e1);
  p.dq = 0.5 * depth * alpha * (-3.0 * e2 + e1);
  p.j = 0.25 * depth * (e2 - 6.0 * e1);
  p.dj = 0.25 * depth * alpha * (-2.0 * e2 + 6.0 * e1);
  return p;
}

/// Energy and derivatives to r_AB, r_BC with r_AC = r_AB + r_BC.
SurfacePoint collinear(double r_ab, double r_bc, double b) {
  constexpr double a = 0.05, c = 0.05;
  constexpr double depth_ab = 4.746, depth_bc = 4.746, depth_ac = 3.445;  // eV
  const Pair ab = pair(depth_ab, r_ab);
  const Pair bc = pair(depth_bc, r_bc);
  const Pair ac = pair(depth_ac, r_ab + r_bc);
  const double u = ab.j / (1 + a), du = ab.dj / (1 + a);
  const double v = bc.j / (1 + b), dv = bc.dj / (1 + b);
  const double w = ac.j / (1 + c), dw = ac.dj / (1 + c);
  const double root = std::sqrt(u * u + v * v + w * w - u * v - v * w - u * w);
  const double root_u = (2 * u - v - w) / (2 * root);
  const double root_v = (2 * v - u - w) / (2 * root);
  const double root_w = (2 * w - u - v) / (2 * root);
  SurfacePoint point;
  point.energy = ab.q / (1 + a) + bc.q / (1 + b) + ac.q / (1 + c) - root;
  const double by_ac = ac.dq / (1 + c) - root_w * dw;
  point.dx = ab.dq / (1 + a) - root_u * du + by_ac;
  point.dy = bc.dq / (1 + b) - root_v * dv + by_ac;
  return point;
}

}  // namespace

SurfacePoint muller_brown(double x, double y) {
  constexpr std::array<double, 4> height{-200, -100, -170, 15};
  constexpr std::array<double, 4> a{-1, -1, -6.5, 0.7}, b{0, 0, 11, 0.6}, c{-10, -10, -6.5, 0.7};
  constexpr std::array<double, 4> x0{1, 0, -0.5, -1}, y0{0, 0.5, 1.5, 1};
  SurfacePoint point;
  for (std::size_t k = 0; k < 4; ++k) {
    const double u = x - x0[k], v = y - y0[k];
    const double term = height[k] * std::exp(a[k] * u * u + b[k] * u * v + c[k] * v * v);
    point.energy += term;
    point.dx += term * (2 * a[k] * u + b[k] * v);
    point.dy += term * (b[k] * u + 2 * c[k] * v);
  }
  return point;
}

SurfacePoint leps(double r_ab, double r_bc) { return collinear(r_ab, r_bc, 0.30); }

SurfacePoint leps_oscillator(double r_ab, double x) {
  constexpr double r_ac = 3.742;  // A
  constexpr double k = 0.2025;    // eV/A^2
  constexpr double c = 1.154;
  const SurfacePoint bare = collinear(r_ab, r_ac - r_ab, 0.80);
  const double stretch = r_ab - (0.5 * r_ac - x / c);
  SurfacePoint point;
  point.energy = bare.energy + 2 * k * stretch * stretch;
  point.dx = bare.dx - bare.dy + 4 * k * stretch;
  point.dy = 4 * k * stretch / c;
  return point;
}

}  // namespace hopflow
