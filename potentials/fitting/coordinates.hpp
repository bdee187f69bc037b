// SPDX-License-Identifier: GPL-2.0-or-later
// Distances, angles and torsions of a configuration with their gradients.
#pragma once

#include <array>
#include <span>

#include "structures/core/configuration.hpp"

namespace hopflow {

/// A distance (A), angle or torsion (rad) between up to four atoms, nearest images throughout.
struct Coordinate {
  std::array<int, 4> atoms{-1, -1, -1, -1};
  int count = 0;
  double value = 0;
  Eigen::Matrix<double, 3, 4> gradient = Eigen::Matrix<double, 3, 4>::Zero();  ///< by the atoms' positions
};

Coordinate distance_of(const Configuration& configuration, std::array<int, 2> atoms);

/// At the middle atom. The gradient is zero where the three stand in line.
Coordinate angle_of(const Configuration& configuration, std::array<int, 3> atoms);

/// About the bond between the second and third, pi where the outer two are trans.
/// Source of the gradient: A. Blondel, M. Karplus, J. Comput. Chem. 17, 1132 (1996), eq. 27.
Coordinate torsion_of(const Configuration& configuration, std::array<int, 4> atoms);

}  // namespace hopflow
