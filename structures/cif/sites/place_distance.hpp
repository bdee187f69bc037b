// SPDX-License-Identifier: GPL-2.0-or-later
// Whether two places of a cell are one.
#pragma once

#include <Eigen/Dense>

namespace hopflow {

/// Distance of two places, given as fractions of the cell, from their nearest whole translation. Exact up to half the
/// smallest distance of lattice planes, and never too short: it asks whether two places are one. For longer distances
/// see minimum_image(), which reduces the cell at each call.
inline double place_distance(const Eigen::Matrix3d& cell, const Eigen::Vector3d& a, const Eigen::Vector3d& b) {
  const Eigen::Vector3d d = a - b;
  return (cell * (d - d.array().round().matrix())).norm();
}

}  // namespace hopflow
