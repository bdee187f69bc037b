// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow crossbar: the currents of a resistor array, from files.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/pipeline/crossbar_devices.hpp"
#include "workflows/pipeline/crossbar/array/map_svg.hpp"
#include "workflows/pipeline/crossbar/array/matrix_file.hpp"
#include "workflows/pipeline/crossbar/array/netlist.hpp"
#include "workflows/pipeline/crossbar/array/scheme.hpp"
#include "workflows/pipeline/crossbar/cell/element_file.hpp"
#include "workflows/pipeline/crossbar/cell/in_series.hpp"
#include "workflows/pipeline/crossbar/solver/nonlinear.hpp"
#include "workflows/pipeline/crossbar/solver/solver.hpp"

namespace hopflow {

using nlohmann::json;

namespace {

struct CrossbarArguments {
  std::string resistances, row_voltages, column_voltages, scheme, netlist, currents, voltages, cell = "1R";
  pipeline::Wires wires;
  double voltage_v = pipeline::usual_read_v;
  std::vector<int> select;
  bool cells = false, as_json = false;
};

Eigen::MatrixXd read_conductances(const std::string& path) {
  const Eigen::MatrixXd ohm = pipeline::read_matrix(
      path,
      {.test = [](double r) { return r >= 0; }, .allowed = "ohms: a number of 0 (short) or more, or 'inf' (open)"});
  return ohm.cwiseInverse();
}

/// One voltage or 'floating' a line; the ends keep their other properties.
void read_ends(const std::string& path, std::vector<pipeline::LineEnd>& ends, const char* what) {
  std::vector<std::optional<double>> values;
  if (std::filesystem::path{path}.extension() == ".npy") {
    const Eigen::MatrixXd volts = pipeline::read_matrix(path);
    values.assign(volts.data(), volts.data() + volts.size());
  } else {
    for (const auto& [number, line] : pipeline::lines_of(path)) {
      const auto volts = text::to_double(line);
      if (!volts && text::lower(line) != "floating") {
        throw Error{Error::Kind::bad_input,
                    fmt::format("{}:{}: '{}' found; give one voltage per line (V), or 'floating'",
                                text::printable(path), number, text::printable(line))};
      }
      values.push_back(volts);
    }
  }
  if (values.size() != ends.size()) {
    throw Error{Error::Kind::bad_input, fmt::format("{}: {} voltages for {} {}; give one per line",
                                                    text::printable(path), values.size(), ends.size(), what)};
  }
  for (std::size_t k = 0; k < values.size(); ++k) ends[k].voltage_v = values[k];
}

json matrix_json(const Eigen::MatrixXd& matrix) {
  json rows = json::array();
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    json row = json::array();
    // Nothing tells how much flows inside a short: null.
    for (Eigen::Index j = 0; j < matrix.cols(); ++j)
      row.push_back(std::isnan(matrix(i, j)) ? json(nullptr) : json(matrix(i, j)));
    rows.push_back(std::move(row));
  }
  return rows;
}

void write_map(const std::string& path, const Eigen::MatrixXd& matrix, const char* title, const char* unit) {
  if (path.empty()) return;
  if (std::filesystem::path{path}.extension() == ".svg")
    text::write_file(path, pipeline::map_svg(matrix, title, unit));
  else
    pipeline::write_matrix(path, matrix);
}

/// A file's ending says what is written; one that says something else is refused before anything is solved.
void check_map(const char* option, const std::string& path) {
  if (path.empty()) return;
  const std::string ending = std::filesystem::path{path}.extension();
  if (ending == ".csv" || ending == ".npy" || ending == ".svg") return;
  throw Error{Error::Kind::usage, fmt::format("{}: '{}' ends in '{}'; csv, npy and svg are written, rename the file",
                                              option, text::printable(path), text::printable(ending))};
}

pipeline::Array array_of(const CrossbarArguments& a) {
  pipeline::Array array{read_conductances(a.resistances), a.wires.row_segment_ohm, a.wires.column_segment_ohm, {}, {}};
  const Eigen::Index m = array.conductance_s.rows(), n = array.conductance_s.cols();
  array.rows.assign(static_cast<std::size_t>(m),
                    {.voltage_v = 0.0, .resistance_ohm = a.wires.driver_ohm, .compliance_a = a.wires.compliance_a});
  array.columns.assign(static_cast<std::size_t>(n), {.voltage_v = 0.0, .resistance_ohm = a.wires.sense_ohm});
  if (a.scheme.empty() == a.row_voltages.empty()) {
    throw Error{Error::Kind::usage,
                "crossbar solve: give either --row-voltages FILE or --scheme with --select ROW COLUMN"};
  }
  if (!a.scheme.empty()) {
    if (a.select.size() != 2 || a.select[0] < 0 || a.select[1] < 0 || a.select[0] >= m || a.select[1] >= n) {
      throw Error{Error::Kind::usage,
                  fmt::format("--select: give a row from 0 to {} and a column from 0 to {}", m - 1, n - 1)};
    }
    pipeline::address(array, a.select[0], a.select[1], a.voltage_v, pipeline::scheme_of(a.scheme));
  } else {
    read_ends(a.row_voltages, array.rows, "rows");
    for (pipeline::LineEnd& end : array.rows) end.gate_on = end.voltage_v.has_value();
  }
  if (!a.column_voltages.empty()) read_ends(a.column_voltages, array.columns, "columns");
  return array;
}

/// Resistors, each with the element in series.
pipeline::ArraySolution solve_with(const pipeline::Array& array, const pipeline::SeriesElement& series) {
  pipeline::ArraySolver solver;
  if (!series.present()) return solver.solve(array);
  const pipeline::CellLaw law = [&](Eigen::Index i, Eigen::Index j, double v) {
    // A short leaves its element all of the voltage; so does a conductance that no element has.
    const double s = std::min(array.conductance_s(i, j), 1e12);
    if (s == 0) return pipeline::CellPoint{};
    const pipeline::SeriesPoint at = pipeline::in_series(series, {.ohmic_s = s, .child_a_per_v2 = 0, .series_ohm = 0},
                                                         v, array.rows[static_cast<std::size_t>(i)].gate_on);
    return pipeline::CellPoint{at.current_a, at.slope_s};
  };
  return pipeline::solve_nonlinear(solver, array, law,
                                   Eigen::MatrixXd::Zero(array.conductance_s.rows(), array.conductance_s.cols()))
      .solution;
}

Exit solve(const CrossbarArguments& a) {
  const pipeline::Array array = array_of(a);
  const pipeline::SeriesElement series = read_cell(a.cell);
  check_map("--cell-currents", a.currents);
  check_map("--cell-voltages", a.voltages);
  const pipeline::ArraySolution s = solve_with(array, series);
  if (!a.netlist.empty()) text::write_file(a.netlist, pipeline::spice_netlist(array, &s, series));
  write_map(a.currents, s.cell_current_a, "cell currents", "A");
  write_map(a.voltages, s.cell_voltage_v, "cell voltages", "V");
  const std::vector<double> columns(s.column_current_a.begin(), s.column_current_a.end()),
      rows(s.row_current_a.begin(), s.row_current_a.end());
  if (a.as_json) {
    json out{{"rows", rows.size()},
             {"columns", columns.size()},
             {"cell", pipeline::to_json(series)},
             {"column_currents_a", columns},
             {"row_currents_a", rows},
             {"residual", s.residual},
             {"unknowns", s.unknowns},
             {"path", pipeline::name_of(s.path)},
             {"iterations", s.iterations},
             {"limited_rows", s.limited_rows},
             {"power_w", pipeline::power(array, s)}};
    if (a.cells) {
      out["cell_voltages_v"] = matrix_json(s.cell_voltage_v);
      out["cell_currents_a"] = matrix_json(s.cell_current_a);
    }
    fmt::print("{}\n", out.dump(2));
    return Exit::converged;
  }
  for (const double current : columns) fmt::print("{}\n", text::shortest(current));
  fmt::print(stderr, "residual {:.1e} of the largest branch current, {} unknowns\n", s.residual, s.unknowns);
  if (!s.limited_rows.empty()) fmt::print(stderr, "{} rows are at their compliance\n", s.limited_rows.size());
  return Exit::converged;
}

}  // namespace

void add_crossbar(CLI::App& app, Action& action) {
  CLI::App* crossbar = app.add_subcommand(
      "crossbar", "Arrays of memristors between lines with resistance: currents, programming, yield");
  crossbar->require_subcommand(1);
  crossbar->footer(
      "Example: hopflow crossbar solve R.csv --row-voltages v.csv --row-resistance 1 --column-resistance 1 --json");
  auto a = std::make_shared<CrossbarArguments>();
  CLI::App* command = crossbar->add_subcommand(
      "solve", "Solve one array; rows driven at their left ends, columns at their bottom ends");
  command
      ->add_option("resistances", a->resistances,
                   "CSV or npy of cell resistances (ohm), one row of the array per line; 0 short, inf open")
      ->required();
  command->add_option("--row-voltages", a->row_voltages, "one voltage per line (V) or 'floating'; or npy");
  command->add_option("--column-voltages", a->column_voltages, "the same for columns (default: all grounded)");
  add_cell(*command, a->cell);
  add_wires(*command, a->wires, true);
  command->add_option("--scheme", a->scheme,
                      "address one cell instead: grounded, half, third or floating unselected lines");
  command->add_option("--select", a->select, "row and column of that cell, from 0")->expected(2);
  command->add_option("--voltage", a->voltage_v, "on the selected row (V)")->capture_default_str();
  add_output(*command, "--netlist", a->netlist, "also write the array as SPICE netlist (up to 32 x 32)");
  add_output(*command, "--cell-currents", a->currents, "also write the cells' currents (A): csv, npy or svg by ending");
  add_output(*command, "--cell-voltages", a->voltages, "also write the cells' voltages (V): csv, npy or svg by ending");
  command->add_flag("--cells", a->cells, "with --json: voltage and current of every cell");
  command->add_flag("--json", a->as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow crossbar solve R.csv --row-voltages v.csv --row-resistance 1 --column-resistance 1 --json");
  command->callback([a, &action] { action = [a] { return solve(*a); }; });
  add_crossbar_program(*crossbar, action);
  add_crossbar_margin(*crossbar, action);
  add_crossbar_yield(*crossbar, action);
  add_crossbar_synapse(*crossbar, action);
}

}  // namespace hopflow
