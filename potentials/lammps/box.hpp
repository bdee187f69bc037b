// SPDX-License-Identifier: GPL-2.0-or-later
// Cells in the form LAMMPS takes: a along x, b in the xy plane, little tilt.
#pragma once

#include <array>

#include <Eigen/Dense>

#include "structures/core/configuration.hpp"

namespace hopflow {

/// A cell turned so that a lies along x and b in the xy plane.
struct TurnedCell {
  Eigen::Matrix3d cell;  ///< columns (ax, 0, 0), (bx, by, 0), (cx, cy, cz) with a positive diagonal (A)
  Eigen::Matrix3d
      rotation;  ///< cell = rotation * given; a rotation, or a reflection where the given cell is left-handed
};

/// A cell that is in this form already comes back as it is, bit by bit (but for tilts below 1e-12 of an edge).
TurnedCell turn_cell(const Eigen::Matrix3d& given);

/// A cell as LAMMPS takes it, and the way there and back.
struct LammpsBox {
  Eigen::Matrix3d given;     ///< right-handed basis of the same lattice in the frame of the question (columns, A)
  Eigen::Matrix3d box;       ///< the same basis turned: columns (lx, 0, 0), (xy, ly, 0), (xz, yz, lz) (A)
  Eigen::Matrix3d rotation;  ///< box = rotation * given
  std::array<bool, 3> periodic{true, true, true};  ///< along the columns of `box`

  /// Positions wrapped into the box by whole lattice vectors along periodic directions, turned into its frame (A).
  Eigen::Matrix3Xd to_box(const Eigen::Matrix3Xd& positions) const;

  /// Vectors (forces) of the box frame in the frame of the question.
  Eigen::Matrix3Xd from_box(const Eigen::Matrix3Xd& vectors) const;
};

/// The basis is the given one if it is right-handed and tilts by no more than half a side, else the Minkowski-reduced
/// one. Directions without periodicity come last and stand at right angles on the others.
LammpsBox make_lammps_box(const Eigen::Matrix3d& cell, const std::array<bool, 3>& periodic);

}  // namespace hopflow
