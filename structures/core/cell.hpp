// SPDX-License-Identifier: GPL-2.0-or-later
// Geometry of a periodic cell; cells hold a, b, c in columns (A).
#pragma once

#include <array>
#include <string>

#include <Eigen/Dense>

namespace hopflow {

/// a, b, c (A) and alpha, beta, gamma (degrees).
struct CellParameters {
  double a, b, c, alpha, beta, gamma;
};

/// Cell with a along x and b in the xy plane.
Eigen::Matrix3d cell_from_parameters(const CellParameters& p);
CellParameters parameters_of(const Eigen::Matrix3d& cell);

/// Shortest vector equivalent to each column of `vectors` (3xN Cartesian, A) under the periodic lattice directions.
/// Exact for any cell shape: searches the neighbours of the Minkowski-reduced cell.
Eigen::Matrix3Xd minimum_image(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& vectors,
                               const std::array<bool, 3>& periodic = {true, true, true});

/// Minkowski-reduced basis of the same lattice (shortest possible vectors, right-handed) and the integer matrix M
/// with reduced = cell * M.
struct ReducedCell {
  Eigen::Matrix3d cell;
  Eigen::Matrix3i transform;
};
ReducedCell minkowski_reduce(const Eigen::Matrix3d& cell);

/// Length of the shortest non-zero lattice vector (A): the distance of an atom to its own nearest image.
double shortest_lattice_vector(const Eigen::Matrix3d& cell);

}  // namespace hopflow
