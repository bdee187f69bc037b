// SPDX-License-Identifier: GPL-2.0-or-later
// Arrays whose cells don't follow Ohm's law.
#pragma once

#include <functional>

#include "workflows/pipeline/crossbar/cell/series_element.hpp"
#include "workflows/pipeline/crossbar/solver/solver.hpp"

namespace hopflow::pipeline {

/// Cell (row, column) at a voltage.
using CellLaw = std::function<CellPoint(Eigen::Index row, Eigen::Index column, double voltage_v)>;

struct NonlinearSolution {
  ArraySolution solution;   ///< its residual is of the true cell currents
  Eigen::MatrixXd slope_s;  ///< mxn, of the last linearisation
  int rounds = 0;
};

/// Newton's method: each round replaces every cell by its tangent and solves the linear array from the last answer.
/// Slopes are kept while the last round cut the residual by ten, so that a factor or a preconditioner serves several
/// rounds. A round that doesn't halve the residual goes along its step only as far as the content of all elements
/// (Millar, Phil. Mag. 42, 1150 (1951)) falls; it is convex where every current rises with its voltage.
/// @param array    lines and ends; its cells are overwritten
/// @param start_v  mxn first guess of the cell voltages
/// @throws Error{bad_input} if 200 rounds don't bring the residual below 1e-12
NonlinearSolution solve_nonlinear(ArraySolver& solver, Array array, const CellLaw& law, Eigen::MatrixXd start_v);

}  // namespace hopflow::pipeline
