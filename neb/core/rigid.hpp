// SPDX-License-Identifier: GPL-2.0-or-later
// Motions of the whole structure that leave its energy as it is.
#pragma once

#include <vector>

#include <Eigen/Dense>

#include "neb/core/mobile.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// Whether the structure as a whole may turn without a change of its energy: along each periodic axis there are 8 A of
/// vacuum between it and its next copy. Its atoms must lie together as they are.
bool turns_freely(const Configuration& configuration);

/// The same with its atoms together, each put where a copy of it is, if it turns freely then; else as it is.
Configuration gathered(const Configuration& configuration);

/// Directions over the mobile atoms along which nothing changes, orthonormal: three translations where every atom may
/// move, and up to three rotations (two for atoms in a row) where it turns freely as well. None for a single atom,
/// whose surface need not be the same everywhere.
std::vector<Eigen::VectorXd> rigid_motions(const Configuration& configuration, const Mobile& mobile);

/// The proper rotation about the origin that brings `moved` nearest to `reference`, in the sense of least squares.
/// @param reference, moved  3xN
/// Source: Kabsch, Acta Cryst. A 32, 922 (1976).
Eigen::Matrix3d fitted_rotation(const Eigen::Matrix3Xd& reference, const Eigen::Matrix3Xd& moved);

/// The rotation about the centroids that brings `moved` nearest to `reference`, likewise.
/// @param reference, moved  3xN, any origin
Eigen::Matrix3d nearest_rotation(const Eigen::Matrix3Xd& reference, const Eigen::Matrix3Xd& moved);

/// A share of a rotation about its axis. Half turns go round the axis' positive side, so that rounding decides nothing.
Eigen::Matrix3d part_of(const Eigen::Matrix3d& rotation, double share);

/// A motion of a whole structure: turned about a point, then shifted.
struct RigidMotion {
  Eigen::Matrix3d rotation = Eigen::Matrix3d::Identity();
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();
  Eigen::Vector3d shift = Eigen::Vector3d::Zero();

  Eigen::Matrix3Xd moved(const Eigen::Matrix3Xd& positions) const {
    return (rotation * (positions.colwise() - centre)).colwise() + (centre + shift);
  }
  RigidMotion inverse() const;
  /// A share of it: about the same axis, the same way.
  RigidMotion part(double share) const;
};

/// Which motions of a whole structure leave its energy as it is: those of rigid_motions(), however far.
class FreeMotions {
 public:
  FreeMotions(const Configuration& configuration, const Mobile& mobile);

  bool none() const { return !shifts_; }
  /// The free motion that brings `moved` nearest to `reference`, in the sense of least squares.
  RigidMotion towards(const Eigen::Matrix3Xd& reference, const Eigen::Matrix3Xd& moved) const;
  /// The same for vectors over the mobile atoms: x moved nearest to `reference`. As it is where no motion is free.
  Eigen::VectorXd nearest_to(const Eigen::VectorXd& x, const Eigen::VectorXd& reference) const;

 private:
  bool shifts_, turns_;
};

/// `moved` turned and shifted to where the sum of distances to `reference` is least, as near as going downhill from
/// `moved` itself and from its superposition by least squares gets. Atoms that did not move among each other come to
/// rest, however far others went: least squares would turn them to spread what those went over all. Source: Weiszfeld,
/// Tohoku Math. J. 43, 355 (1937): least squares, each weighted by the distance before.
Eigen::Matrix3Xd placed_upon(const Eigen::Matrix3Xd& reference, const Eigen::Matrix3Xd& moved);

}  // namespace hopflow
