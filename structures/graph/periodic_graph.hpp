// SPDX-License-Identifier: GPL-2.0-or-later
// Graphs that repeat in space: components, how they wind round the cell, in how many directions they never end.
#pragma once

#include <span>
#include <vector>

#include <Eigen/Dense>

namespace hopflow {

/// An edge from node `from` of the home cell to node `to` of the cell `image` away.
struct PeriodicEdge {
  int from;
  int to;
  Eigen::Vector3i image;
};

/// Connected components of the infinite graph, one cell's worth of nodes at a time.
struct PeriodicComponents {
  std::vector<int> component;           ///< per node; numbered by their smallest node
  std::vector<Eigen::Vector3i> offset;  ///< per node: cell in which it joins the smallest node's copy in cell 0
  std::vector<Eigen::Matrix3i> cycles;  ///< per component: lattice of cycle translations, Hermite form in columns
  std::vector<int> rank;                ///< per component: 0 finite, 1 chain, 2 layer, 3 network

  int count() const { return static_cast<int>(rank.size()); }

  /// True if node `from` of the home cell and node `to` of the cell `image` away belong to one infinite component
  /// (two chains that are lattice images of each other do not).
  bool joined(int from, int to, const Eigen::Vector3i& image) const;
};

PeriodicComponents find_components(int nodes, std::span<const PeriodicEdge> edges);

/// Adds a vector to the integer lattice in the columns of `basis` (echelon Hermite form) and gives the new basis.
Eigen::Matrix3i add_to_lattice(const Eigen::Matrix3i& basis, const Eigen::Vector3i& vector);

/// True if `vector` is an integer combination of the columns of `basis`, as add_to_lattice leaves it.
bool in_lattice(const Eigen::Matrix3i& basis, const Eigen::Vector3i& vector);

}  // namespace hopflow
