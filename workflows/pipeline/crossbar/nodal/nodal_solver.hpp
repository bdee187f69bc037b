// SPDX-License-Identifier: GPL-2.0-or-later
// Arrays solved by a factor of their nodal equations, which is kept, changed or used again from one array to the next.
#pragma once

#include <optional>

#include "workflows/pipeline/crossbar/nodal/factor.hpp"
#include "workflows/pipeline/crossbar/nodal/nodal_network.hpp"

namespace hopflow::pipeline {

/// Solves anything: shorts, lines without resistance, cells from 1e-3 to 1e15 ohm. Refined in extended precision.
class NodalSolver {
 public:
  /// @param path  factor: a new factor, the answer depends on the array alone; update: the kept factor takes over every
  /// cell
  ///   that changed; stale: conjugate gradients on the kept factor; automatic: update up to `most_updates` changed
  ///   cells, else stale while that converges, else factor. Without a kept factor of this shape: factor.
  /// @throws Error{bad_input} if the equations cannot be solved in double precision
  ArraySolution solve(const Array& array, Path path);

  static constexpr int most_updates = 16;

 private:
  Path prepare(const NodalNetwork& network, Path path);
  bool update(const NodalNetwork& network);
  std::optional<Eigen::VectorXd> stale_step(const Eigen::VectorXd& missing, int& steps_left);
  std::optional<double> refine(NodalNetwork& network, Path path, int& steps);

  Factor factor_;
  std::optional<NodalNetwork> factorised_;  ///< what the factor belongs to
  Eigen::SparseMatrix<double> lower_;       ///< the present matrix, for stale
};

}  // namespace hopflow::pipeline
