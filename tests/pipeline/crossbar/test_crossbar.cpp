// SPDX-License-Identifier: GPL-2.0-or-later
// Arrays of resistors against closed forms, a dense solution in extended precision, and the theorems of linear
// networks.
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include <Eigen/LU>

#include "structures/core/error.hpp"
#include "tests/pipeline/crossbar/crossbar_arrays.hpp"
#include "workflows/pipeline/crossbar/array/scheme.hpp"
#include "workflows/pipeline/crossbar/solver/solver.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using Eigen::Index;

namespace {

constexpr double open = 0;
const double short_circuit = std::numeric_limits<double>::infinity();

/// Column currents by a dense solution of all 2mn nodes in long double; line resistances above 0 only.
Eigen::VectorXd dense(const Array& a) {
  using Matrix = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
  const Index m = a.conductance_s.rows(), n = a.conductance_s.cols(), half = m * n;
  Matrix y = Matrix::Zero(2 * half, 2 * half);
  Eigen::Matrix<long double, Eigen::Dynamic, 1> in = decltype(in)::Zero(2 * half);
  const auto link = [&](Index p, Index q, long double g) {
    y(p, p) += g;
    y(q, q) += g;
    y(p, q) -= g;
    y(q, p) -= g;
  };
  const long double row = 1.0L / a.row_segment_ohm, column = 1.0L / a.column_segment_ohm;
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      link(i * n + j, half + i * n + j, a.conductance_s(i, j));
      if (j > 0) link(i * n + j - 1, i * n + j, row);
      if (i > 0) link(half + (i - 1) * n + j, half + i * n + j, column);
    }
    if (const auto v = a.rows[static_cast<std::size_t>(i)].voltage_v) {
      y(i * n, i * n) += row;
      in(i * n) += row * *v;
    }
  }
  for (Index j = 0; j < n; ++j) {
    if (const auto v = a.columns[static_cast<std::size_t>(j)].voltage_v) {
      const Index node = half + (m - 1) * n + j;
      y(node, node) += column;
      in(node) += column * *v;
    }
  }
  const Eigen::Matrix<long double, Eigen::Dynamic, 1> v = y.partialPivLu().solve(in);
  Eigen::VectorXd current = Eigen::VectorXd::Zero(n);
  for (Index j = 0; j < n; ++j) {
    if (const auto end = a.columns[static_cast<std::size_t>(j)].voltage_v)
      current[j] = static_cast<double>((v(half + (m - 1) * n + j) - *end) * column);
  }
  return current;
}

ArraySolution solve(const Array& array) {
  ArraySolver solver;
  return solver.solve(array);
}

std::string refusal(const Array& array) {
  try {
    solve(array);
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::bad_input);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("one cell is three resistors in series", "[pipeline][crossbar]") {
  const Array array{Eigen::MatrixXd::Constant(1, 1, 1e-3), 2, 3, {{1.0}}, {{0.0}}};
  const ArraySolution s = solve(array);
  CHECK(s.column_current_a[0] == Approx(1.0 / 1005).epsilon(1e-15));
  CHECK(s.row_current_a[0] == Approx(1.0 / 1005).epsilon(1e-15));
  CHECK(s.cell_voltage_v(0, 0) == Approx(1000.0 / 1005).epsilon(1e-15));
}

TEST_CASE("without line resistance the column currents are voltages times conductances", "[pipeline][crossbar]") {
  for (const auto& [m, n] : {std::pair<Index, Index>{1, 1}, {3, 17}, {1, 50}, {50, 1}, {16, 16}}) {
    const Array array = driven(cells(m, n, 5), 0, 0);
    Eigen::VectorXd v(m);
    for (Index i = 0; i < m; ++i) v[i] = *array.rows[static_cast<std::size_t>(i)].voltage_v;
    const Eigen::VectorXd expected = array.conductance_s.transpose() * v;
    const Eigen::VectorXd scale = array.conductance_s.transpose() * v.cwiseAbs();
    const ArraySolution s = solve(array);
    CHECK(s.unknowns == 0);
    for (Index j = 0; j < n; ++j) CHECK(std::abs(s.column_current_a[j] - expected[j]) <= 1e-15 * scale[j]);
  }
}

TEST_CASE("arrays agree with a dense solution in extended precision", "[pipeline][crossbar]") {
  for (const auto& [m, n] : {std::pair<Index, Index>{1, 1}, {3, 17}, {1, 50}, {50, 1}, {8, 8}, {13, 9}}) {
    for (const double ohm : {1e-3, 1.0, 50.0}) {
      const Array array = driven(cells(m, n, 11), ohm, 2 * ohm);
      const ArraySolution s = solve(array);
      CAPTURE(m, n, ohm);
      CHECK(s.residual <= 1e-12);
      check_close(s.column_current_a, dense(array), 1e-11);
    }
  }
}

TEST_CASE("driven, grounded and floating lines of every scheme agree with the dense solution", "[pipeline][crossbar]") {
  for (const Scheme scheme : {Scheme::grounded, Scheme::half, Scheme::third, Scheme::floating}) {
    Array array{cells(6, 7, 3), 1, 1, {}, {}};
    address(array, 4, 2, 0.05, scheme);
    CAPTURE(name_of(scheme));
    const ArraySolution s = solve(array);
    const Eigen::VectorXd expected = dense(array);
    for (Index j = 0; j < 7; ++j)
      CHECK(std::abs(s.column_current_a[j] - expected[j]) <= 1e-11 * expected.cwiseAbs().maxCoeff());
    CHECK(s.residual <= 1e-12);
    CHECK(scheme_of(name_of(scheme)) == scheme);
  }
}

TEST_CASE("extreme cells keep their digits", "[pipeline][crossbar]") {
  Eigen::MatrixXd g = cells(6, 6, 2);
  g(0, 0) = 1e3;
  g(1, 1) = 1e-15;
  g(2, 2) = open;
  g.col(4).setConstant(1e-15);
  const Array array = driven(g, 1, 1);
  const ArraySolution s = solve(array);
  check_close(s.column_current_a, dense(array), 1e-9);
  CHECK(s.residual <= 1e-12);
}

TEST_CASE("a short is the limit of a small resistance", "[pipeline][crossbar]") {
  Eigen::MatrixXd g = cells(5, 5, 8);
  g(1, 3) = short_circuit;
  const Array shorted = driven(g, 1, 1);
  g(1, 3) = 1e12;
  const Array nearly = driven(g, 1, 1);
  const ArraySolution s = solve(shorted);
  check_close(s.column_current_a, solve(nearly).column_current_a, 1e-9);
  CHECK(s.cell_voltage_v(1, 3) == 0);
  Array ideal = shorted;
  ideal.row_segment_ohm = 0;
  CHECK(std::isfinite(solve(ideal).column_current_a.sum()));
}

TEST_CASE("zero resistance of one kind of line is the limit of a small one", "[pipeline][crossbar]") {
  for (const bool rows : {true, false}) {
    const double tiny = 1e-9;
    const Array ideal = driven(cells(6, 5, 4), rows ? 0 : 1, rows ? 1 : 0),
                nearly = driven(cells(6, 5, 4), rows ? tiny : 1, rows ? 1 : tiny);
    check_close(solve(ideal).column_current_a, solve(nearly).column_current_a, 1e-8);
    CHECK(solve(ideal).unknowns < solve(nearly).unknowns);
  }
}

TEST_CASE("a floating read of a bare cell among three set ones sees the sneak path", "[pipeline][crossbar]") {
  const double on = 400, off = 1e6;
  Eigen::MatrixXd g = Eigen::MatrixXd::Constant(2, 2, 1 / on);
  g(0, 0) = 1 / off;
  for (const double ohm : {0.0, 1e-6}) {
    Array array{g, ohm, ohm, {}, {}};
    address(array, 0, 0, 0.05, Scheme::floating);
    CHECK(solve(array).column_current_a[0] == Approx(0.05 * (1 / off + 1 / (3 * on))).epsilon(1e-6));
    address(array, 0, 0, 0.05, Scheme::grounded);
    CHECK(solve(array).column_current_a[0] == Approx(0.05 / off).epsilon(1e-2));
  }
}

TEST_CASE("lines nothing drives carry nothing", "[pipeline][crossbar]") {
  Array array{Eigen::MatrixXd::Constant(3, 3, 1e-3), 1, 1, std::vector<LineEnd>(3, LineEnd::floating()),
              std::vector<LineEnd>(3, LineEnd::floating())};
  CHECK(solve(array).cell_current_a.cwiseAbs().maxCoeff() == 0);
  array.rows[0] = {1.0};  // a source, but no way back
  CHECK(solve(array).column_current_a.cwiseAbs().maxCoeff() == 0);
  CHECK(solve(array).row_current_a.cwiseAbs().maxCoeff() <= 1e-15);
  array.conductance_s.col(1).setConstant(open);  // a column cut off entirely
  array.columns[0] = {0.0};
  CHECK(solve(array).column_current_a[0] > 1e-4);
}

TEST_CASE("the network is reciprocal: source and meter may change places", "[pipeline][crossbar]") {
  const Eigen::MatrixXd g = cells(5, 7, 6);
  Array array{g, 1, 3, std::vector<LineEnd>(5, LineEnd{}), std::vector<LineEnd>(7, LineEnd{})};
  array.rows[3] = {1.0};
  const double there = solve(array).column_current_a[5];
  array.rows[3] = {0.0};
  array.columns[5] = {1.0};
  CHECK(-solve(array).row_current_a[3] == Approx(there).epsilon(1e-12));
}

TEST_CASE("turning the array over turns the currents over", "[pipeline][crossbar]") {
  // Rows driven from the left and read at the bottom become, transposed and flipped, columns read from the other side.
  const Eigen::MatrixXd g = cells(6, 6, 9);
  Array array{g, 2, 5, std::vector<LineEnd>(6, LineEnd{}), std::vector<LineEnd>(6, LineEnd{})};
  array.rows[2] = {0.4};
  const Eigen::VectorXd columns = solve(array).column_current_a;
  Eigen::MatrixXd turned(6, 6);
  for (Index i = 0; i < 6; ++i) {
    for (Index j = 0; j < 6; ++j) turned(5 - j, 5 - i) = g(i, j);
  }
  Array over{turned, 5, 2, std::vector<LineEnd>(6, LineEnd{}), std::vector<LineEnd>(6, LineEnd{})};
  over.columns[5 - 2] = {0.4};
  const Eigen::VectorXd rows = -solve(over).row_current_a;
  check_close(rows.reverse(), columns, 1e-11);
}

TEST_CASE("currents superpose and what flows in flows out", "[pipeline][crossbar]") {
  const Array all = driven(cells(6, 8, 10), 1, 1);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(8);
  for (std::size_t i = 0; i < 6; ++i) {
    Array one = all;
    for (std::size_t k = 0; k < 6; ++k) {
      if (k != i) one.rows[k] = {0.0};
    }
    sum += solve(one).column_current_a;
  }
  const ArraySolution s = solve(all);
  for (Index j = 0; j < 8; ++j) CHECK(s.column_current_a[j] == Approx(sum[j]).epsilon(1e-12));
  CHECK(s.row_current_a.sum() == Approx(s.column_current_a.sum()).epsilon(1e-12));
  for (Index j = 0; j < 8; ++j) CHECK(s.cell_current_a.col(j).sum() == Approx(s.column_current_a[j]).epsilon(1e-11));
}

TEST_CASE("a solver used before gives the same bits as a fresh one", "[pipeline][crossbar]") {
  ArraySolver used;
  used.solve(driven(cells(7, 7, 1), 1, 1));
  used.solve(driven(cells(4, 9, 2), 2, 1));
  used.solve(driven(cells(7, 7, 3), 1, 1));
  const Array array = driven(cells(7, 7, 4), 1, 1);
  CHECK(used.solve(array).column_current_a == solve(array).column_current_a);
}

TEST_CASE("nonsense arrays are refused with what is wrong", "[pipeline][crossbar]") {
  Array array = driven(cells(2, 2, 1), 1, 1);
  array.conductance_s(1, 0) = -1;
  CHECK(refusal(array).find("cell (1, 0)") != std::string::npos);
  array.conductance_s(1, 0) = std::nan("");
  CHECK(refusal(array).find("cell (1, 0)") != std::string::npos);
  array = driven(cells(2, 2, 1), -1, 1);
  CHECK(refusal(array).find("row resistance") != std::string::npos);
  array = driven(cells(2, 2, 1), 1, 1);
  array.rows.pop_back();
  CHECK(refusal(array).find("1 row") != std::string::npos);
  array = driven(cells(2, 2, 1), 0, 0);
  array.conductance_s(0, 1) = short_circuit;
  CHECK(refusal(array).find("short") != std::string::npos);
  array = driven(cells(2, 2, 1), 1, 1);
  array.columns[1].resistance_ohm = -2;
  CHECK(refusal(array).find("column 1 has -2 ohm") != std::string::npos);
  array.columns[1] = {.voltage_v = 0.0, .compliance_a = 0};
  CHECK(refusal(array).find("compliance of column 1") != std::string::npos);
  CHECK_THROWS_AS(scheme_of("both"), Error);
}
