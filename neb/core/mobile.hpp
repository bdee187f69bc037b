// SPDX-License-Identifier: GPL-2.0-or-later
// The atoms that may move, and vectors over their coordinates.
#pragma once

#include <vector>

#include <Eigen/Dense>

#include "potentials/core/evaluation.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// Indices of the atoms that may move, ascending. All vectors "over the mobile atoms" hold x, y, z of the first mobile
/// atom, then of the next: 3M numbers.
class Mobile {
 public:
  /// An empty mask means every atom may move.
  /// @throws Error{bad_input} if the mask's length is neither 0 nor `atoms`, or no atom may move
  Mobile(const Mask& mask, int atoms);

  const std::vector<int>& atoms() const { return atoms_; }
  int count() const { return static_cast<int>(atoms_.size()); }
  bool everything() const { return count() == static_cast<int>(mask_.size()); }
  /// One entry per atom, whatever was given.
  const Mask& mask() const { return mask_; }

  /// The atoms that mobile atom i makes pairs with: fixed ones, and mobile ones after it, so that a pair counts once.
  std::vector<int> partners(int i) const;

  /// 3N columns to 3M numbers.
  Eigen::VectorXd gather(const Eigen::Matrix3Xd& columns) const;

  /// The frame with its mobile atoms at `coordinates`; fixed atoms stay where the frame has them.
  Configuration place(const Configuration& frame, const Eigen::VectorXd& coordinates) const;

  /// -forces of the mobile atoms (eV/A).
  Eigen::VectorXd gradient(const Evaluation& evaluation) const { return -gather(evaluation.forces); }

 private:
  Mask mask_;
  std::vector<int> atoms_;
};

/// Length of the longest 3-vector in a vector over atoms: largest force, largest step.
double longest(const Eigen::VectorXd& over_atoms);

/// The step shortened as a whole so that no atom moves further than `limit` (A).
Eigen::VectorXd shortened(Eigen::VectorXd step, double limit);

}  // namespace hopflow
