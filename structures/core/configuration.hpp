// SPDX-License-Identifier: GPL-2.0-or-later
// What an engine is asked about: cell, positions, species.
#pragma once

#include <array>
#include <vector>

#include <Eigen/Dense>

namespace hopflow {

/// A set of atoms in a cell. Plain value; sizes of positions and species agree.
struct Configuration {
  Eigen::Matrix3d cell = Eigen::Matrix3d::Identity();  ///< columns are a, b, c (A)
  Eigen::Matrix3Xd positions;                          ///< 3xN Cartesian (A), one column per atom
  std::vector<int> species;                            ///< N atomic numbers
  std::array<bool, 3> periodic{true, true, true};      ///< along a, b, c

  int size() const { return static_cast<int>(species.size()); }
};

/// Per atom: true if the atom may move.
using Mask = std::vector<bool>;

}  // namespace hopflow
