// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow crossbar: the currents of a resistor array, from files.
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/error.hpp"
#include "structures/text.hpp"
#include "workflows/commands/command.hpp"
#include "workflows/pipeline/crossbar/scheme.hpp"
#include "workflows/pipeline/crossbar/solver.hpp"

namespace hopflow {

using nlohmann::json;

namespace {

struct CrossbarArguments {
  std::string resistances, row_voltages, column_voltages, scheme;
  double row_ohm = 0, column_ohm = 0, voltage_v = 0.05;
  std::vector<int> select;
  bool cells = false, as_json = false;
};

[[noreturn]] void refuse(const std::string& place, std::string_view word, std::string_view allowed) {
  throw Error{Error::Kind::bad_input, fmt::format("{}: '{}' found; {}", place, text::printable(word), allowed)};
}

/// Non-empty lines of a file with their numbers; a byte-order mark and carriage returns are dropped.
std::vector<std::pair<int, std::string>> lines_of(const std::string& path) {
  std::string content = text::read_file(path);
  if (content.rfind("\xef\xbb\xbf", 0) == 0) content.erase(0, 3);
  std::vector<std::pair<int, std::string>> lines;
  int number = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    ++number;
    const std::string line = text::trim(std::string_view{content}.substr(begin, end - begin));
    if (!line.empty()) lines.emplace_back(number, line);
    begin = end + 1;
  }
  return lines;
}

double conductance_of(const std::string& place, const std::string& word) {
  if (text::lower(word) == "inf" || text::lower(word) == "open") return 0;
  const auto ohm = text::to_double(word);
  if (!ohm || *ohm < 0) refuse(place, word, "give ohms: a number of 0 (short) or more, or 'inf' (open)");
  return *ohm == 0 ? std::numeric_limits<double>::infinity() : 1 / *ohm;
}

Eigen::MatrixXd read_conductances(const std::string& path) {
  std::vector<std::vector<double>> rows;
  for (const auto& [number, line] : lines_of(path)) {
    std::vector<double> row;
    for (std::size_t begin = 0; begin <= line.size();) {
      const std::size_t end = std::min(line.find(',', begin), line.size());
      row.push_back(conductance_of(fmt::format("{}:{}:{}", text::printable(path), number, begin + 1), text::trim(std::string_view{line}.substr(begin, end - begin))));
      begin = end + 1;
    }
    if (!rows.empty() && row.size() != rows.front().size()) {
      throw Error{Error::Kind::bad_input, fmt::format("{}:{}: {} cells, the first row has {}; give every row as many", text::printable(path), number, row.size(), rows.front().size())};
    }
    rows.push_back(std::move(row));
  }
  if (rows.empty()) throw Error{Error::Kind::bad_input, fmt::format("{}: no cells; give one row of ohms a line, separated by commas", text::printable(path))};
  Eigen::MatrixXd g(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.front().size()));
  for (Eigen::Index i = 0; i < g.rows(); ++i) {
    for (Eigen::Index j = 0; j < g.cols(); ++j) g(i, j) = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  }
  return g;
}

std::vector<pipeline::LineEnd> read_ends(const std::string& path, Eigen::Index expected, const char* what) {
  std::vector<pipeline::LineEnd> ends;
  for (const auto& [number, line] : lines_of(path)) {
    const auto volts = text::to_double(line);
    if (!volts && text::lower(line) != "floating") refuse(fmt::format("{}:{}", text::printable(path), number), line, "give one voltage a line (V), or 'floating'");
    ends.push_back(volts ? pipeline::LineEnd{*volts} : pipeline::LineEnd::floating());
  }
  if (static_cast<Eigen::Index>(ends.size()) != expected) {
    throw Error{Error::Kind::bad_input, fmt::format("{}: {} voltages for {} {}; give one a line", text::printable(path), ends.size(), expected, what)};
  }
  return ends;
}

json matrix_json(const Eigen::MatrixXd& matrix) {
  json rows = json::array();
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    json row = json::array();
    // Nothing tells how much flows inside a short: null.
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) row.push_back(std::isnan(matrix(i, j)) ? json(nullptr) : json(matrix(i, j)));
    rows.push_back(std::move(row));
  }
  return rows;
}

Exit solve(const CrossbarArguments& a) {
  pipeline::Array array;
  array.conductance_s = read_conductances(a.resistances);
  array.row_segment_ohm = a.row_ohm;
  array.column_segment_ohm = a.column_ohm;
  const Eigen::Index m = array.conductance_s.rows(), n = array.conductance_s.cols();
  if (a.scheme.empty() == a.row_voltages.empty()) {
    throw Error{Error::Kind::usage, "crossbar solve: give either --row-voltages FILE or --scheme with --select ROW COLUMN"};
  }
  if (!a.scheme.empty()) {
    if (a.select.size() != 2 || a.select[0] < 0 || a.select[1] < 0 || a.select[0] >= m || a.select[1] >= n) {
      throw Error{Error::Kind::usage, fmt::format("--select: give a row from 0 to {} and a column from 0 to {}", m - 1, n - 1)};
    }
    pipeline::address(array, a.select[0], a.select[1], a.voltage_v, pipeline::scheme_of(a.scheme));
  } else {
    array.rows = read_ends(a.row_voltages, m, "rows");
    array.columns.assign(static_cast<std::size_t>(n), pipeline::LineEnd{});
  }
  if (!a.column_voltages.empty()) array.columns = read_ends(a.column_voltages, n, "columns");
  pipeline::ArraySolver solver;
  const pipeline::ArraySolution s = solver.solve(array);
  const std::vector<double> columns(s.column_current_a.begin(), s.column_current_a.end()), rows(s.row_current_a.begin(), s.row_current_a.end());
  if (a.as_json) {
    json out{{"rows", m}, {"columns", n}, {"column_currents_a", columns}, {"row_currents_a", rows}, {"residual", s.residual}, {"unknowns", s.unknowns}};
    if (a.cells) {
      out["cell_voltages_v"] = matrix_json(s.cell_voltage_v);
      out["cell_currents_a"] = matrix_json(s.cell_current_a);
    }
    fmt::print("{}\n", out.dump(2));
    return Exit::converged;
  }
  for (const double current : columns) fmt::print("{}\n", text::shortest(current));
  fmt::print(stderr, "residual {:.1e} of the largest branch current, {} unknowns\n", s.residual, s.unknowns);
  return Exit::converged;
}

}  // namespace

void add_crossbar(CLI::App& app, Action& action) {
  CLI::App* crossbar = app.add_subcommand("crossbar", "Currents of a crossbar array with line resistance");
  crossbar->require_subcommand(1);
  crossbar->footer("Example: hopflow crossbar solve R.csv --row-voltages v.csv --row-resistance 1 --column-resistance 1 --json");
  auto a = std::make_shared<CrossbarArguments>();
  CLI::App* command = crossbar->add_subcommand("solve", "Solve one array; rows driven at their left ends, columns at their bottom ends");
  command->add_option("resistances", a->resistances, "CSV of cell resistances (ohm), one row of the array a line; 0 short, inf open")->required();
  command->add_option("--row-voltages", a->row_voltages, "one voltage a line (V) or 'floating'");
  command->add_option("--column-voltages", a->column_voltages, "one a line (default: all grounded)");
  command->add_option("--row-resistance", a->row_ohm, "of one segment of a row (ohm)")->capture_default_str();
  command->add_option("--column-resistance", a->column_ohm, "of one segment of a column (ohm)")->capture_default_str();
  command->add_option("--scheme", a->scheme, "address one cell instead: grounded, half, third or floating unselected lines");
  command->add_option("--select", a->select, "row and column of that cell, from 0")->expected(2);
  command->add_option("--voltage", a->voltage_v, "on the selected row (V)")->capture_default_str();
  command->add_flag("--cells", a->cells, "with --json: voltage and current of every cell");
  command->add_flag("--json", a->as_json, "for machines");
  command->footer("Example: hopflow crossbar solve R.csv --row-voltages v.csv --row-resistance 1 --column-resistance 1 --json");
  command->callback([a, &action] { action = [a] { return solve(*a); }; });
}

}  // namespace hopflow
