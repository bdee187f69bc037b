// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/solver/nonlinear.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"

namespace hopflow::pipeline {

using Eigen::Index;

namespace {

constexpr int most_rounds = 200;
constexpr double wanted_residual = 1e-12;

/// How far along `step` from `voltage_v` the content falls: 1, or where its derivative, which rises, is zero. The
/// derivative is what the cells' currents exceed those that Kirchhoff's law leaves them, times the step.
/// @param balance  currents that the lines leave the cells at `voltage_v` and at the end of the step; linear in between
double length_along(const CellLaw& law, const Eigen::MatrixXd& voltage_v, const Eigen::MatrixXd& step,
                    const Eigen::MatrixXd& balance_start, const Eigen::MatrixXd& balance_end) {
  const auto rise = [&](double t) {
    double sum = 0;
    for (Index j = 0; j < step.cols(); ++j) {
      for (Index i = 0; i < step.rows(); ++i) {
        const double current = law(i, j, voltage_v(i, j) + t * step(i, j)).current_a;
        sum += (current - (1 - t) * balance_start(i, j) - t * balance_end(i, j)) * step(i, j);
      }
    }
    return sum;
  };
  double low = 0, high = 1, at_low = rise(0), at_high = rise(1);
  if (at_low >= 0 || at_high <= 0) return 1;
  // A tenth of the step is close enough: the next round begins there.
  for (int k = 0; k < 40 && high - low > 0.1 * high; ++k) {
    const double middle = k % 2 == 0 ? low - at_low * (high - low) / (at_high - at_low) : 0.5 * (low + high);
    const double at = rise(middle);
    (at < 0 ? low : high) = middle;
    (at < 0 ? at_low : at_high) = at;
  }
  return 0.5 * (low + high);
}

}  // namespace

NonlinearSolution solve_nonlinear(ArraySolver& solver, Array array, const CellLaw& law, Eigen::MatrixXd voltage_v) {
  const Index m = array.conductance_s.rows(), n = array.conductance_s.cols();
  if (voltage_v.rows() != m || voltage_v.cols() != n) {
    throw Error{Error::Kind::bad_input,
                fmt::format("array: {} x {} first voltages for {} x {} cells; give one per cell", voltage_v.rows(),
                            voltage_v.cols(), m, n)};
  }
  array.offset_a.resize(m, n);
  NonlinearSolution result;
  double last = 1;
  bool renew = true;
  Eigen::MatrixXd balance;  ///< currents the lines leave the cells at voltage_v
  // Laws are dear: a whole step begins the next round where this one looked.
  Eigen::MatrixXd current_a(m, n), slope_s(m, n);
  bool known = false;
  for (int round = 1; round <= most_rounds; ++round) {
    for (Index j = 0; j < n; ++j) {
      for (Index i = 0; i < m; ++i) {
        const CellPoint at = known ? CellPoint{current_a(i, j), slope_s(i, j)} : law(i, j, voltage_v(i, j));
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
        const CellPoint at = law(i, j, s.cell_voltage_v(i, j));
        const double current = current_a(i, j) = at.current_a;
        slope_s(i, j) = at.slope_s;
        missing = std::max(missing, std::abs(current - s.cell_current_a(i, j)));
        largest = std::max(largest, std::abs(current));
      }
    }
    const double residual = largest > 0 ? missing / largest : 0;
    if (residual <= wanted_residual) {
      s.residual = std::max(s.residual, residual);
      result.solution = std::move(s);
      result.slope_s = std::move(array.conductance_s);
      result.rounds = round;
      return result;
    }
    renew = !(residual < 0.1 * last);
    double length = 1;
    if (balance.size() > 0 && !(residual < 0.5 * last))
      length = length_along(law, voltage_v, s.cell_voltage_v - voltage_v, balance, s.cell_current_a);
    known = length == 1;
    balance = length == 1 ? s.cell_current_a : Eigen::MatrixXd{(1 - length) * balance + length * s.cell_current_a};
    voltage_v = length == 1 ? s.cell_voltage_v : Eigen::MatrixXd{voltage_v + length * (s.cell_voltage_v - voltage_v)};
    last = residual;
  }
  throw Error{
      Error::Kind::bad_input,
      fmt::format(
          "array: the currents of its non-linear cells don't converge; the residual is still {:.1e} after {} rounds",
          last, most_rounds)};
}

}  // namespace hopflow::pipeline
