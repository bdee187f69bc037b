// SPDX-License-Identifier: GPL-2.0-or-later
// Arrays of non-linear cells against closed forms.
#include <catch2/catch.hpp>

#include "structures/core/error.hpp"
#include "tests/pipeline/crossbar/crossbar_arrays.hpp"
#include "workflows/pipeline/crossbar/solver/nonlinear.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using Eigen::Index;

TEST_CASE("linear cells take one round of Newton's method", "[pipeline][crossbar][nonlinear]") {
  const Array array = driven(cells(12, 9, 2), 1, 1);
  const CellLaw ohmic = [&](Index i, Index j, double v) {
    return CellPoint{array.conductance_s(i, j) * v, array.conductance_s(i, j)};
  };
  ArraySolver solver;
  const NonlinearSolution s = solve_nonlinear(solver, array, ohmic, Eigen::MatrixXd::Zero(12, 9));
  CHECK(s.rounds == 1);
  check_close(s.solution.column_current_a, ArraySolver{}.solve(array).column_current_a, 1e-12);
}

TEST_CASE("a square-law cell between resistors sits at the root of its quadratic", "[pipeline][crossbar][nonlinear]") {
  // I = a V + b V^2 in series with R: b V^2 + (a + 1/R) V - U/R = 0.
  const double a = 1e-4, b = 5e-3, r = 100, u = 1;
  const CellLaw law = [&](Index, Index, double v) {
    return CellPoint{a * v + b * v * std::abs(v), a + 2 * b * std::abs(v)};
  };
  const Array array{Eigen::MatrixXd::Zero(1, 1), r / 2, r / 2, {{u}}, {{0.0}}};
  ArraySolver solver;
  const NonlinearSolution s = solve_nonlinear(solver, array, law, Eigen::MatrixXd::Zero(1, 1));
  const double v = (-(a + 1 / r) + std::sqrt((a + 1 / r) * (a + 1 / r) + 4 * b * u / r)) / (2 * b);
  CHECK(s.solution.cell_voltage_v(0, 0) == Approx(v).epsilon(1e-11));
  CHECK(s.solution.column_current_a[0] == Approx((u - v) / r).epsilon(1e-11));
  CHECK(s.solution.residual <= 1e-12);
}

TEST_CASE("every cell of a non-linear array obeys its law and every node its balance",
          "[pipeline][crossbar][nonlinear]") {
  const Eigen::MatrixXd g = cells(10, 14, 7);
  const CellLaw law = [&](Index i, Index j, double v) {
    const double k = 3 * g(i, j);
    return CellPoint{g(i, j) * v + k * v * std::abs(v), g(i, j) + 2 * k * std::abs(v)};
  };
  for (const double compliance : {std::numeric_limits<double>::infinity(), 2e-3}) {
    Array array = driven(g, 2, 2);
    for (LineEnd& end : array.rows) end.compliance_a = compliance;
    array.rows[4] = LineEnd::floating();
    ArraySolver solver;
    const ArraySolution s = solve_nonlinear(solver, array, law, Eigen::MatrixXd::Zero(10, 14)).solution;
    const double largest = s.row_current_a.cwiseAbs().maxCoeff();
    for (Index i = 0; i < 10; ++i) {
      double sum = 0;
      for (Index j = 0; j < 14; ++j) {
        const double current = law(i, j, s.cell_voltage_v(i, j)).current_a;
        CHECK(std::abs(current - s.cell_current_a(i, j)) <= 1e-12 * largest);
        sum += current;
      }
      CHECK(std::abs(sum - (i == 4 ? 0 : s.row_current_a[i])) <= 1e-11 * largest);
      CHECK(std::abs(s.row_current_a[i]) <= compliance * (1 + 1e-11));
    }
    CHECK(s.limited_rows.empty() == std::isinf(compliance));
  }
}

TEST_CASE("first voltages of another shape are refused", "[pipeline][crossbar][nonlinear]") {
  ArraySolver solver;
  CHECK_THROWS_AS(solve_nonlinear(
                      solver, driven(cells(2, 2, 1), 1, 1),
                      [](Index, Index, double v) {
                        return CellPoint{v, 1};
                      },
                      Eigen::MatrixXd::Zero(3, 2)),
                  Error);
}
