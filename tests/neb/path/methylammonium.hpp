// SPDX-License-Identifier: GPL-2.0-or-later
// A molecule with two ends that can turn, and a salt of it.
#pragma once

#include <cmath>
#include <numbers>

#include "structures/core/configuration.hpp"

namespace hopflow::testing {

/// C, N, three H on C, three H on N, centred on the middle of the C-N bond along z; bonds of 1.09, 1.03 and 1.50 A.
/// @param turned_degrees  of the NH3 about the bond, from staggered
inline Configuration methylammonium(double turned_degrees = 0) {
  constexpr double pi = std::numbers::pi, tilt = 110 * pi / 180;
  Configuration c;
  c.species = {6, 7, 1, 1, 1, 1, 1, 1};
  c.positions.setZero(3, 8);
  c.positions(2, 0) = -0.75;
  c.positions(2, 1) = 0.75;
  for (int h = 0; h < 3; ++h) {
    const double low = 2 * pi * h / 3, high = low + pi / 3 + turned_degrees * pi / 180;
    c.positions.col(2 + h) =
        c.positions.col(0) +
        1.09 * Eigen::Vector3d(std::sin(tilt) * std::cos(low), std::sin(tilt) * std::sin(low), std::cos(tilt));
    c.positions.col(5 + h) =
        c.positions.col(1) +
        1.03 * Eigen::Vector3d(std::sin(tilt) * std::cos(high), std::sin(tilt) * std::sin(high), -std::cos(tilt));
  }
  c.cell = 20 * Eigen::Matrix3d::Identity();
  c.periodic = {false, false, false};
  return c;
}

/// n^3 cells of a cubic perovskite with methylammonium, each cation turned differently: 12 atoms a cell, the cation's
/// first, then Pb, then three I.
inline Configuration perovskite(int n) {
  constexpr double a = 6.3;
  const Configuration cation = methylammonium();
  Configuration c;
  c.cell = n * a * Eigen::Matrix3d::Identity();
  c.positions.resize(3, 12 * n * n * n);
  Eigen::Index next = 0;
  for (int k = 0; k < n * n * n; ++k) {
    const Eigen::Vector3d corner = a * Eigen::Vector3d(k % n, (k / n) % n, k / (n * n));
    const Eigen::Matrix3d turn =
        Eigen::AngleAxisd(0.7 * k, Eigen::Vector3d(1, 0.3 * k, -0.5).normalized()).toRotationMatrix();
    for (int i = 0; i < cation.size(); ++i)
      c.positions.col(next++) = corner + Eigen::Vector3d::Constant(a / 2) + turn * cation.positions.col(i);
    c.positions.col(next++) = corner;
    for (int axis = 0; axis < 3; ++axis) c.positions.col(next++) = corner + a / 2 * Eigen::Vector3d::Unit(axis);
    c.species.insert(c.species.end(), cation.species.begin(), cation.species.end());
    c.species.insert(c.species.end(), {82, 53, 53, 53});
  }
  return c;
}

}  // namespace hopflow::testing
