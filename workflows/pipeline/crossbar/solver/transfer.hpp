// SPDX-License-Identifier: GPL-2.0-or-later
// All reads of one array in one matrix.
#pragma once

#include "workflows/pipeline/crossbar/solver/solver.hpp"

namespace hopflow::pipeline {

/// Column currents as a linear function of the row voltages, wires and sneak paths included:
/// i = matrix_s v + background_a, for the rows that are driven.
struct Transfer {
  Eigen::MatrixXd matrix_s;      ///< nxm; columns of floating rows are 0
  Eigen::VectorXd background_a;  ///< n, what column voltages and injected currents contribute
  double worst_residual = 0;

  /// @param row_v  m
  Eigen::VectorXd column_currents_a(const Eigen::VectorXd& row_v) const { return matrix_s * row_v + background_a; }
};

/// One solution per driven column or per driven row, whichever are fewer: the network is reciprocal, so a unit voltage
/// at a column's end shows what that column sees of every row. Compliance is not heeded; a transfer is linear.
Transfer transfer(ArraySolver& solver, const Array& array);

}  // namespace hopflow::pipeline
