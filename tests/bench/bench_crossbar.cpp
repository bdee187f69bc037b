// SPDX-License-Identifier: GPL-2.0-or-later
// Solves arrays as it is told on standard input and says how long each call took; tests/peers/crossbar.py asks it and
// another program in turn. Commands, one a line; files hold doubles, matrices row by row:
//   array M N OHM RESISTANCES VOLTAGES   single | factor | again | transfer | read | stop
//   cell ROW COLUMN OHM   cells RESISTANCES   voltages VOLTAGES   currents FILE
// Each is answered by one line: seconds, residual, path.
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "workflows/pipeline/crossbar/solver/transfer.hpp"

using namespace hopflow::pipeline;

namespace {

std::vector<double> doubles(const std::string& path, Eigen::Index count) {
  std::vector<double> values(static_cast<std::size_t>(count));
  std::ifstream in(path, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(double))))
    throw std::runtime_error(path);
  return values;
}

struct Bench {
  Array array;
  ArraySolver solver;
  Transfer all;
  Eigen::VectorXd row_v, currents;

  void set_cells(const std::string& path) {
    const Eigen::Index m = array.conductance_s.rows(), n = array.conductance_s.cols();
    const std::vector<double> ohm = doubles(path, m * n);
    for (Eigen::Index k = 0; k < m * n; ++k) array.conductance_s(k / n, k % n) = 1 / ohm[static_cast<std::size_t>(k)];
  }
  void set_voltages(const std::string& path) {
    const std::vector<double> volts = doubles(path, array.conductance_s.rows());
    row_v = Eigen::Map<const Eigen::VectorXd>(volts.data(), array.conductance_s.rows());
    array.rows.clear();
    for (const double v : volts) array.rows.push_back({v});
  }

  /// Runs `call` often enough to be timed.
  template <class Call>
  double timed(Call call) {
    using Clock = std::chrono::steady_clock;
    int calls = 0;
    const Clock::time_point begin = Clock::now();
    double seconds = 0;
    do {
      call();
      ++calls;
      seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    } while (seconds < 0.01 && calls < 1000);
    return seconds / calls;
  }
  template <class Call>
  double once(Call call) {
    const auto begin = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  std::string answer(const std::string& verb, std::istringstream& words) {
    ArraySolution s;
    double seconds = 0;
    if (verb == "array") {
      Eigen::Index m = 0, n = 0;
      std::string resistances, voltages;
      words >> m >> n >> array.row_segment_ohm >> resistances >> voltages;
      array.column_segment_ohm = array.row_segment_ohm;
      array.conductance_s.resize(m, n);
      set_cells(resistances);
      set_voltages(voltages);
      array.columns.assign(static_cast<std::size_t>(n), LineEnd{});
      solver = {};
    } else if (verb == "cells") {
      std::string path;
      words >> path;
      set_cells(path);
    } else if (verb == "voltages") {
      std::string path;
      words >> path;
      set_voltages(path);
    } else if (verb == "single" || verb == "factor") {
      seconds = timed([&] { s = ArraySolver{}.solve(array, verb == "factor" ? Path::factor : Path::automatic); });
    } else if (verb == "again") {
      seconds = once([&] { s = solver.solve_again(array); });
    } else if (verb == "cell") {
      Eigen::Index i = 0, j = 0;
      double ohm = 0;
      words >> i >> j >> ohm;
      seconds = once([&] {
        array.conductance_s(i, j) = 1 / ohm;
        s = solver.solve_again(array);
      });
    } else if (verb == "transfer") {
      seconds = once([&] { all = transfer(solver, array); });
      s.residual = all.worst_residual;
    } else if (verb == "read") {
      seconds = timed([&] { currents = all.column_currents_a(row_v); });
    } else if (verb == "currents") {
      std::string path;
      words >> path;
      std::ofstream out(path, std::ios::binary);
      out.write(reinterpret_cast<const char*>(currents.data()),
                static_cast<std::streamsize>(static_cast<std::size_t>(currents.size()) * sizeof(double)));
    } else {
      throw std::runtime_error("unknown: " + verb);
    }
    if (s.column_current_a.size() > 0) currents = s.column_current_a;
    return fmt::format("{} {} {}", seconds, s.residual, name_of(s.path));
  }
};

}  // namespace

int main() {
  Bench bench;
  for (std::string line; std::getline(std::cin, line) && line != "stop";) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    std::cout << bench.answer(verb, words) << std::endl;
  }
}
