// SPDX-License-Identifier: GPL-2.0-or-later
// All pairs of atoms nearer than a cutoff, across cell edges, in time proportional to the number of atoms.
#pragma once

#include <array>
#include <cstddef>
#include <span>
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

/// Atoms sorted into boxes, to find those near any point.
class LinkedCells {
 public:
  /// @param fractional  3xN, may lie outside [0, 1)  @param cutoff  A
  /// @throws Error{bad_input} if the cell is absurdly thin for the cutoff
  LinkedCells(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional, double cutoff);

  /// Appends every atom within the cutoff of a point (fractional); Neighbor::i is set to `i`.
  void find(const Eigen::Vector3d& point, int i, std::vector<Neighbor>& out) const;

 private:
  std::size_t index(int a, int b, int c) const;

  Eigen::Matrix3d cell_;
  double cutoff_;
  std::array<int, 3> boxes_{}, reach_{};
  Eigen::Matrix3Xd wrapped_;
  Eigen::Matrix3Xi home_;
  std::vector<std::vector<int>> members_;
};

/// Pairs within a bond's length of each other that a structure of `atoms` atoms may have; more is no structure.
constexpr std::size_t most_contacts(int atoms) { return 10'000 + 60 * static_cast<std::size_t>(atoms); }

/// Every directed pair (i, j, image) with distance <= cutoff, an atom with its own images (but not itself) included.
/// Sorted by i, j, then image. @param fractional  3xN, may lie outside [0, 1)
/// @throws Error{bad_input} if more than `max_pairs` would be listed
std::vector<Neighbor> find_neighbors(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional, double cutoff,
                                     std::size_t max_pairs = 20'000'000);

/// The same for some atoms as `i` alone; `j` may be any. @param atoms  indices, each once
std::vector<Neighbor> find_neighbors_of(std::span<const int> atoms, const Eigen::Matrix3d& cell,
                                        const Eigen::Matrix3Xd& fractional, double cutoff,
                                        std::size_t max_pairs = 20'000'000);

}  // namespace hopflow
