// SPDX-License-Identifier: GPL-2.0-or-later
// The room along the path of a hop: how narrow the straight line is, and which way to bow to avoid what is in its way.
#pragma once

#include <span>

#include <Eigen/Dense>

namespace hopflow {

/// An atom next to the path.
struct Bystander {
  Eigen::Vector3d at;  ///< from the path's beginning (A)
  double radius;       ///< A
  int atom;            ///< index in the crystal
};

/// The narrowest places of the straight path.
struct Clearance {
  double distance;     ///< smallest distance of the path to an atom's centre (A)
  double free_radius;  ///< smallest distance to an atom's surface (A); negative: the line passes through an atom
  int atom;            ///< whose surface that is, -1 for none
};
Clearance clearance_of(const Eigen::Vector3d& path, std::span<const Bystander> bystanders);

/// The path t -> t path + 4 t (1 - t) bow that keeps farthest from every surface: `bow` is at right angles to the path
/// and at most 1.5 A; zero where bowing gains less than 0.02 A.
struct PathHint {
  Eigen::Vector3d bow;  ///< displacement at half way (A)
  double free_radius;   ///< of the bowed path (A)
};
PathHint bow_path(const Eigen::Vector3d& path, std::span<const Bystander> bystanders);

}  // namespace hopflow
