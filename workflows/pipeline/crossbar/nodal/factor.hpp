// SPDX-License-Identifier: GPL-2.0-or-later
// Sparse Cholesky factor that can follow small changes of its matrix.
#pragma once

#include <memory>

#include <Eigen/SparseCore>

namespace hopflow::pipeline {

/// L D L' of CHOLMOD, simplicial: no BLAS in it, so the same bits whatever BLAS is installed. The symbolic analysis is
/// kept while the pattern stays the same.
class Factor {
 public:
  Factor();
  ~Factor();
  Factor(Factor&&) noexcept;
  Factor& operator=(Factor&&) noexcept;

  /// @param lower  lower triangle of a symmetric matrix, compressed
  /// @return false if the matrix isn't positive definite in double precision
  /// @throws Error{bad_input} if the factor would not fit into this machine's memory (naming what it would need)
  bool factorize(const Eigen::SparseMatrix<double>& lower);

  /// Adds `delta` times (e_a - e_b)(e_a - e_b)' to the factorised matrix; b = -1: delta e_a e_a'. The entry must be in
  /// the pattern.
  /// @return false if the result isn't positive definite; the factor is then of no use
  bool change(int a, int b, double delta);

  /// x = A^-1 b
  Eigen::VectorXd solve(const Eigen::VectorXd& b);

 private:
  struct Workspace;
  std::unique_ptr<Workspace> workspace_;
};

}  // namespace hopflow::pipeline
