// SPDX-License-Identifier: GPL-2.0-or-later
// All pairs of atoms nearer than a cutoff, across cell edges, in time proportional to the number of atoms.
#pragma once

#include <vector>

#include <Eigen/Dense>

namespace hopflow {

/// Atom `i` of the home cell and atom `j` of the cell `image` away, `distance` (A) apart.
struct Neighbor {
  int i;
  int j;
  Eigen::Vector3i image;  ///< x_j + image is near x_i, with fractional coordinates as given
  double distance;
};

/// Every directed pair (i, j, image) with distance <= cutoff, an atom with its own images (but not itself) included.
/// Sorted by i, j, then image. @param fractional  3xN, may lie outside [0, 1)
/// @throws Error{bad_input} if more than `max_pairs` would be listed
std::vector<Neighbor> find_neighbors(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional, double cutoff,
                                     std::size_t max_pairs = 20'000'000);

}  // namespace hopflow
