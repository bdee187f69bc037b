// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/solver/nonlinear.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"

namespace hopflow::pipeline {

using Eigen::Index;

namespace {

constexpr int most_rounds = 60;
constexpr double wanted_residual = 1e-12;

}  // namespace

NonlinearSolution solve_nonlinear(ArraySolver& solver, Array array, const CellLaw& law, Eigen::MatrixXd voltage_v) {
  const Index m = array.conductance_s.rows(), n = array.conductance_s.cols();
  if (voltage_v.rows() != m || voltage_v.cols() != n) {
    throw Error{Error::Kind::bad_input, fmt::format("array: {} x {} first voltages for {} x {} cells; give one a cell",
                                                    voltage_v.rows(), voltage_v.cols(), m, n)};
  }
  array.offset_a.resize(m, n);
  NonlinearSolution result;
  double last = 1;
  bool renew = true;
  for (int round = 1; round <= most_rounds; ++round) {
    for (Index j = 0; j < n; ++j) {
      for (Index i = 0; i < m; ++i) {
        const CellPoint at = law(i, j, voltage_v(i, j));
        if (renew) array.conductance_s(i, j) = at.slope_s;
        array.offset_a(i, j) = at.current_a - array.conductance_s(i, j) * voltage_v(i, j);
      }
    }
    ArraySolution s = round == 1 ? solver.solve(array) : solver.solve_again(array);
    // Where tangent and law differ, that current is missing at both nodes of the cell.
    double missing = 0,
           largest = std::max(s.row_current_a.cwiseAbs().maxCoeff(), s.column_current_a.cwiseAbs().maxCoeff());
    for (Index j = 0; j < n; ++j) {
      for (Index i = 0; i < m; ++i) {
        const double current = law(i, j, s.cell_voltage_v(i, j)).current_a;
        missing = std::max(missing, std::abs(current - s.cell_current_a(i, j)));
        largest = std::max(largest, std::abs(current));
      }
    }
    const double residual = largest > 0 ? missing / largest : 0;
    voltage_v = s.cell_voltage_v;
    if (residual <= wanted_residual) {
      s.residual = std::max(s.residual, residual);
      result.solution = std::move(s);
      result.slope_s = std::move(array.conductance_s);
      result.rounds = round;
      return result;
    }
    renew = !(residual < 0.1 * last);
    last = residual;
  }
  throw Error{
      Error::Kind::bad_input,
      fmt::format(
          "array: the currents of its non-linear cells don't settle; the residual is still {:.1e} after {} rounds",
          last, most_rounds)};
}

}  // namespace hopflow::pipeline
