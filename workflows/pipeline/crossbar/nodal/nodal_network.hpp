// SPDX-License-Identifier: GPL-2.0-or-later
// An array as a network of nodes and branches, with the state of its nodes.
#pragma once

#include <vector>

#include <Eigen/SparseCore>

#include "workflows/pipeline/crossbar/array/array.hpp"

namespace hopflow::pipeline {

/// Nodes: one on the row and one on the column at every cell, then the ends of the lines. Nodes without resistance
/// between them are one. Parts that no source reaches stay at 0 V. A node's voltage is its line's level plus a small
/// difference, so that the drop over a low resistance isn't lost in rounding.
class NodalNetwork {
 public:
  struct Branch {
    int from, to;  ///< nodes that stand for all those joined to them
    double conductance_s;
    double offset_a;  ///< from `from` to `to` at 0 V
  };

  /// @throws Error{bad_input} if a short joins two sources without any resistance
  explicit NodalNetwork(const Array& array);

  int unknowns() const { return static_cast<int>(roots_.size()); }
  const std::vector<Branch>& branches() const { return branches_; }
  /// Number of a node's unknown; -1 for sources.
  int unknown(int node) const { return unknown_[static_cast<std::size_t>(node)]; }
  /// Whether only the conductances of the branches may differ.
  bool same_shape(const NodalNetwork& other) const;

  /// Lower triangle of the nodal matrix; open cells have their entries too.
  Eigen::SparseMatrix<double> matrix() const;

  /// What each unknown's sum of currents lacks (A). @return the largest over the largest branch current
  double imbalance(Eigen::VectorXd& missing) const;
  void move(const Eigen::VectorXd& step);
  /// Floating lines get their present voltage as level.
  void shift_levels();

  const std::vector<long double>& voltages() const { return voltage_; }
  void restore(const std::vector<long double>& voltages) { voltage_ = voltages; }
  ArraySolution answer() const;

 private:
  int row_node(Eigen::Index i, Eigen::Index j) const { return static_cast<int>(i * n_ + j); }
  int column_node(Eigen::Index i, Eigen::Index j) const { return static_cast<int>(m_ * n_ + i * n_ + j); }
  int row_end(Eigen::Index i) const { return static_cast<int>(2 * m_ * n_ + i); }
  int column_end(Eigen::Index j) const { return static_cast<int>(2 * m_ * n_ + m_ + j); }
  std::size_t line_of(int node) const;
  int root(int node) const { return root_[static_cast<std::size_t>(node)]; }
  long double drop(int from, int to) const;
  long double current(const Branch& branch) const;
  void find_unknowns();

  Eigen::Index m_, n_;
  std::vector<LineEnd> ends_;  ///< rows, then columns
  std::vector<int> root_;      ///< of every node
  std::vector<Branch> branches_;
  std::vector<int> cell_branch_;  ///< of cell i*n+j, -1 for a short
  std::vector<int> source_;       ///< of every root: the end that fixes it, or -1
  std::vector<int> unknown_, roots_;
  std::vector<char> reached_;         ///< of every unknown
  std::vector<double> level_;         ///< of every line
  std::vector<long double> voltage_;  ///< of every root, above its line's level
};

}  // namespace hopflow::pipeline
