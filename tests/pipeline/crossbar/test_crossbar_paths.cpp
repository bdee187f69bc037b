// SPDX-License-Identifier: GPL-2.0-or-later
// Every way to solve an array gives the same currents: lines, new factor, changed factor, stale factor, transfer
// matrix.
#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "tests/pipeline/crossbar/crossbar_arrays.hpp"
#include "workflows/pipeline/crossbar/array/scheme.hpp"
#include "workflows/pipeline/crossbar/solver/transfer.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using Eigen::Index;

TEST_CASE("lines and factor agree for driven, grounded and floating lines", "[pipeline][crossbar][paths]") {
  for (const double ohm : {1e-6, 1.0, 100.0}) {
    for (const auto& [m, n] : {std::pair<Index, Index>{1, 1}, {3, 17}, {1, 50}, {20, 24}}) {
      for (const Scheme scheme : {Scheme::grounded, Scheme::half, Scheme::third, Scheme::floating}) {
        Array array = driven(cells(m, n, 3), ohm, 2 * ohm);
        address(array, m / 2, n / 3, 0.7, scheme);
        const ArraySolution a = ArraySolver{}.solve(array), b = ArraySolver{}.solve(array, Path::factor);
        CAPTURE(ohm, m, n, name_of(scheme));
        // A long row and one grounded cell: most cells see next to no voltage at a high level, and the lines' digits
        // may not do.
        if (m > 1 || n == 1) CHECK(a.path == Path::lines);
        CHECK(b.path == Path::factor);
        CHECK(a.residual <= 1e-12);
        CHECK(b.residual <= 1e-12);
        const double scale = b.cell_current_a.cwiseAbs().maxCoeff();
        CHECK((a.cell_current_a - b.cell_current_a).cwiseAbs().maxCoeff() <= 1e-11 * scale);
        CHECK((a.column_current_a - b.column_current_a).cwiseAbs().maxCoeff() <= 1e-11 * scale);
        CHECK((a.row_current_a - b.row_current_a).cwiseAbs().maxCoeff() <= 1e-11 * scale);
        CHECK((a.cell_voltage_v - b.cell_voltage_v).cwiseAbs().maxCoeff() <= 1e-11);
        CHECK((a.row_entry_v - b.row_entry_v).cwiseAbs().maxCoeff() <= 1e-11);
        CHECK((a.column_entry_v - b.column_entry_v).cwiseAbs().maxCoeff() <= 1e-11);
      }
    }
  }
}

TEST_CASE("output currents are those of badcrossbar 1.1.0", "[pipeline][crossbar][paths]") {
  // tests/peers/crossbar.py --write: m, n, ohm a segment, allowed difference; then resistances, voltages, its currents.
  std::ifstream file(std::string{HOPFLOW_SOURCE_DIR} + "/tests/data/crossbar-badcrossbar.txt");
  std::string line;
  int arrays = 0;
  const auto numbers = [&](Index count) {
    REQUIRE(std::getline(file, line));
    std::istringstream words(line);
    Eigen::VectorXd values(count);
    std::string word;
    for (Index k = 0; k < count && words >> word; ++k)
      values[k] = word == "inf" ? std::numeric_limits<double>::infinity() : text::to_double(word).value();
    return values;
  };
  while (file.peek() == '#') std::getline(file, line);
  while (file.peek() != std::char_traits<char>::eof()) {
    const Eigen::VectorXd head = numbers(4);
    const auto m = static_cast<Index>(head[0]), n = static_cast<Index>(head[1]);
    Array array{Eigen::Map<const Eigen::MatrixXd>(numbers(m * n).cwiseInverse().eval().data(), n, m).transpose(),
                head[2],
                head[2],
                {},
                {}};
    for (const double v : numbers(m)) array.rows.push_back({v});
    array.columns.assign(static_cast<std::size_t>(n), LineEnd{});
    const Eigen::VectorXd expected = numbers(n);
    for (const Path path : {Path::automatic, Path::factor}) {
      const ArraySolution s = ArraySolver{}.solve(array, path);
      CAPTURE(m, n, head[2], name_of(s.path));
      CHECK(s.residual <= 1e-12);
      check_close(s.column_current_a, expected, head[3]);
    }
    ++arrays;
  }
  CHECK(arrays == 15);
}

TEST_CASE("after any change, a changed factor, a stale factor, lines and a new factor agree",
          "[pipeline][crossbar][paths]") {
  const Index n = 24;
  for (const int changed : {1, 5, 16, 100, 576}) {
    Array array = driven(cells(n, n, 3), 1, 1);
    ArraySolver update, stale, lines, automatic;
    for (ArraySolver* each : {&update, &stale}) each->solve(array, Path::factor);
    for (ArraySolver* each : {&lines, &automatic}) each->solve(array);
    for (int k = 0; k < changed; ++k)
      array.conductance_s(k * 7 % n, k / n) *= std::exp(0.2 * normal_at(5, 1, static_cast<std::uint64_t>(k)));
    const ArraySolution expected = ArraySolver{}.solve(array, Path::factor);
    for (const auto& [solver, path] :
         {std::pair{&update, Path::update}, {&stale, Path::stale}, {&lines, Path::lines}}) {
      const ArraySolution s = solver->solve_again(array, path);
      CAPTURE(changed, name_of(path));
      CHECK(s.path == path);
      CHECK(s.residual <= 1e-12);
      check_close(s.column_current_a, expected.column_current_a, 1e-10);
    }
    check_close(automatic.solve_again(array).column_current_a, expected.column_current_a, 1e-10);
  }
}

TEST_CASE("ten thousand changes of one cell in a row leave no error behind", "[pipeline][crossbar][paths]") {
  const Index n = 8;
  for (const bool direct : {false, true}) {
    Array array = driven(cells(n, n, 4), 1, 1);
    // A short keeps the lines from being used, so that the factor follows every change.
    if (direct) array.conductance_s(7, 0) = std::numeric_limits<double>::infinity();
    ArraySolver solver;
    solver.solve(array);
    double worst = 0;
    int updates = 0;
    for (std::uint64_t k = 0; k < 10000; ++k) {
      const auto i = static_cast<Index>(7 * uniform_at(9, 1, k)), j = static_cast<Index>(8 * uniform_at(9, 2, k));
      array.conductance_s(i, j) = std::exp(0.2 * normal_at(9, 3, k)) / (uniform_at(9, 4, k) < 0.5 ? 383 : 28e6);
      const ArraySolution s = solver.solve_again(array);
      worst = std::max(worst, s.residual);
      updates += s.path == Path::update;
    }
    CAPTURE(direct);
    CHECK(worst <= 1e-10);
    CHECK(updates == (direct ? 10000 : 0));
    check_close(solver.solve_again(array).column_current_a, ArraySolver{}.solve(array).column_current_a, 1e-10);
  }
}

TEST_CASE("cells that jump from next to a short to next to nothing are followed one by one",
          "[pipeline][crossbar][paths]") {
  // 1e-3 ... 1e15 ohm; shapes that are no multiple of what a vector holds.
  for (const auto& [m, n] : {std::pair<Index, Index>{13, 7}, {3, 17}, {33, 38}}) {
    Array array = driven(cells(m, n, 8), 1, 1);
    for (LineEnd& end : array.rows) end.voltage_v = 0.1 + std::abs(*end.voltage_v);
    ArraySolver solver;
    solver.solve(array);
    for (std::uint64_t k = 0; k < 60; ++k) {
      const auto i = static_cast<Index>(static_cast<double>(m) * uniform_at(10, 1, k)),
                 j = static_cast<Index>(static_cast<double>(n - 1) * uniform_at(10, 2, k));
      array.conductance_s(i, j + 1) = std::pow(10, 3 - 18 * uniform_at(10, 3, k));
      const ArraySolution s = solver.solve_again(array), expected = ArraySolver{}.solve(array, Path::factor);
      CAPTURE(m, n, k, array.conductance_s(i, j + 1), name_of(s.path));
      CHECK(s.residual <= 1e-12);
      const double scale = expected.column_current_a.cwiseAbs().maxCoeff();
      CHECK((s.column_current_a - expected.column_current_a).cwiseAbs().maxCoeff() <= 1e-10 * scale);
      // Nothing changed: the residual is looked at all the same.
      if (k == 30) CHECK(solver.solve_again(array).residual > 0);
    }
  }
}

TEST_CASE("a transfer matrix reads what a solution reads, whatever drives the columns", "[pipeline][crossbar][paths]") {
  for (const auto& [m, n] : {std::pair<Index, Index>{9, 14}, {14, 9}}) {
    Array array = driven(cells(m, n, 6), 2, 3);
    array.columns[3] = {.voltage_v = 0.2, .resistance_ohm = 50};
    array.columns[4] = LineEnd::floating(1e-5);
    array.rows[1] = LineEnd::floating();
    ArraySolver solver;
    const Transfer t = transfer(solver, array);
    CHECK(t.worst_residual <= 1e-12);
    for (std::uint64_t draw = 0; draw < 3; ++draw) {
      Eigen::VectorXd v(m);
      for (Index i = 0; i < m; ++i) {
        v[i] = normal_at(draw, 4, static_cast<std::uint64_t>(i));
        if (i != 1) array.rows[static_cast<std::size_t>(i)] = {v[i]};
      }
      const Eigen::VectorXd expected = ArraySolver{}.solve(array).column_current_a, got = t.column_currents_a(v);
      for (Index j = 0; j < n; ++j) CHECK(std::abs(got[j] - expected[j]) <= 1e-12 * expected.cwiseAbs().maxCoeff());
    }
  }
}

TEST_CASE("driver and sense resistances are in series with the lines", "[pipeline][crossbar][paths]") {
  Array array{Eigen::MatrixXd::Constant(1, 1, 1e-3),
              2,
              3,
              {{.voltage_v = 1.0, .resistance_ohm = 70}},
              {{.voltage_v = 0.0, .resistance_ohm = 25}}};
  CHECK(ArraySolver{}.solve(array).column_current_a[0] == Approx(1.0 / 1100).epsilon(1e-14));
  array.row_segment_ohm = array.column_segment_ohm = 0;
  CHECK(ArraySolver{}.solve(array).column_current_a[0] == Approx(1.0 / 1095).epsilon(1e-14));
  // Without line resistance, a row of cells behind one driver is a divider.
  Array row{Eigen::MatrixXd::Constant(1, 4, 1e-3),
            0,
            0,
            {{.voltage_v = 1.0, .resistance_ohm = 250}},
            std::vector<LineEnd>(4, LineEnd{})};
  CHECK(ArraySolver{}.solve(row).column_current_a[2] == Approx(0.5e-3).epsilon(1e-14));
}

TEST_CASE("a source at its compliance gives that current and no more", "[pipeline][crossbar][paths]") {
  for (const double ohm : {0.0, 1.0}) {
    Array array{Eigen::MatrixXd::Constant(2, 3, 1e-3),
                ohm,
                ohm,
                {{.voltage_v = 1.5, .compliance_a = 1e-3}, {.voltage_v = 0.5, .compliance_a = 1e-2}},
                std::vector<LineEnd>(3, LineEnd{})};
    const ArraySolution s = ArraySolver{}.solve(array);
    CAPTURE(ohm);
    CHECK(s.limited_rows == std::vector<int>{0});
    CHECK(s.limited_columns.empty());
    CHECK(s.row_current_a[0] == Approx(1e-3).epsilon(1e-12));
    CHECK(s.column_current_a.sum() == Approx(s.row_current_a.sum()).epsilon(1e-12));
    if (ohm == 0) CHECK(s.cell_voltage_v(0, 1) == Approx(1.0 / 3).epsilon(1e-12));
    array.rows[0].compliance_a = 1;
    CHECK(ArraySolver{}.solve(array).limited_rows.empty());
    array.columns[1].compliance_a = 1e-4;
    const ArraySolution t = ArraySolver{}.solve(array);
    CHECK(t.limited_columns == std::vector<int>{1});
    CHECK(t.column_current_a[1] == Approx(1e-4).epsilon(1e-12));
  }
}

TEST_CASE("exchanging rows of an array without line resistance exchanges nothing at the columns",
          "[pipeline][crossbar][paths]") {
  // With lines only the row's own wire and place on the columns matter; without, none do.
  const Array array = driven(cells(9, 11, 12), 0, 0);
  Array exchanged = array;
  for (Index i = 0; i < 9; ++i) {
    exchanged.conductance_s.row(i) = array.conductance_s.row((i * 4 + 2) % 9);
    exchanged.rows[static_cast<std::size_t>(i)] = array.rows[static_cast<std::size_t>((i * 4 + 2) % 9)];
  }
  check_close(ArraySolver{}.solve(exchanged).column_current_a, ArraySolver{}.solve(array).column_current_a, 1e-14);
  // Columns without resistance: rows may be exchanged whatever their own resistance is.
  Array rows = array, rows_exchanged = exchanged;
  rows.row_segment_ohm = rows_exchanged.row_segment_ohm = 3;
  check_close(ArraySolver{}.solve(rows_exchanged).column_current_a, ArraySolver{}.solve(rows).column_current_a, 1e-12);
}

TEST_CASE("solvers in several threads give the bits of one", "[pipeline][crossbar][paths]") {
  std::vector<Array> arrays;
  for (std::uint64_t k = 0; k < 8; ++k) arrays.push_back(driven(cells(20, 13, k), 1, 1, k));
  std::vector<Eigen::VectorXd> alone, together(arrays.size());
  for (const Array& array : arrays) alone.push_back(ArraySolver{}.solve(array).column_current_a);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        ArraySolver solver;
        for (std::size_t k = t; k < arrays.size(); k += 4) together[k] = solver.solve(arrays[k]).column_current_a;
      });
    }
  }
  for (std::size_t k = 0; k < arrays.size(); ++k) CHECK(together[k] == alone[k]);
}

TEST_CASE("an array too large for this machine is refused with the memory it would need",
          "[pipeline][crossbar][paths]") {
  CHECK(memory_needed(1024, 1024) < memory_here());
  Index n = 1024;
  while (memory_needed(n, n) <= memory_here()) n *= 2;
  Array array;
  array.conductance_s.resize(n, n);  // never touched, so never really taken
  array.rows.resize(static_cast<std::size_t>(n));
  array.columns.resize(static_cast<std::size_t>(n));
  CHECK_THROWS_WITH(ArraySolver{}.solve(array),
                    Catch::Contains("would need about") && Catch::Contains("GB") && Catch::Contains(std::to_string(n)));
}
