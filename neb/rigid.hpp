// SPDX-License-Identifier: GPL-2.0-or-later
// Motions of the whole structure that leave its energy as it is.
#pragma once

#include <vector>

#include <Eigen/Dense>

#include "neb/mobile.hpp"
#include "structures/configuration.hpp"

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

/// `moved` turned and shifted to where the sum of distances to `reference` is least, as near as going downhill from `moved`
/// itself and from its superposition by least squares gets. Atoms that did not move among each other come to rest,
/// however far others went: least squares would turn them to spread what those went over all.
/// Source: Weiszfeld, Tohoku Math. J. 43, 355 (1937): least squares, each weighted by the distance before.
Eigen::Matrix3Xd laid_upon(const Eigen::Matrix3Xd& reference, const Eigen::Matrix3Xd& moved);

}  // namespace hopflow
