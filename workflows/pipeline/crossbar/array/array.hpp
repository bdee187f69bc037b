// SPDX-License-Identifier: GPL-2.0-or-later
// An array of resistors between resistive lines: what is asked, and what is answered.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <Eigen/Core>

namespace hopflow::pipeline {

/// What a line's end is connected to: a voltage source (0 V: ground), or nothing.
struct LineEnd {
  std::optional<double> voltage_v = 0.0;  ///< nullopt: floating
  double resistance_ohm = 0;              ///< of the driver or the sense amplifier, before the first segment
  double compliance_a = std::numeric_limits<double>::infinity();  ///< largest |current| of the source
  double injected_a = 0;                                          ///< into the end of a floating line
  bool gate_on = true;  ///< of a row: its cells' access transistors conduct, where cells have one
  static LineEnd floating(double injected_a = 0) { return {.voltage_v = std::nullopt, .injected_a = injected_a}; }
};

/// m rows crossing n columns. Each row is connected at its left end and each column at its bottom end (after the last
/// row) through one segment; one segment lies between neighbouring cells.
struct Array {
  Eigen::MatrixXd conductance_s;  ///< mxn cells; 0 is open, infinity is a short
  double row_segment_ohm = 0;
  double column_segment_ohm = 0;
  std::vector<LineEnd> rows;      ///< m
  std::vector<LineEnd> columns;   ///< n
  Eigen::MatrixXd offset_a = {};  ///< mxn or empty: current of each cell at 0 V, from row to column
};

/// How an answer was found.
enum class Path {
  automatic,  ///< whatever is quickest
  product,    ///< no line resistance: voltages times conductances
  lines,      ///< conjugate gradients, preconditioned by exact solutions of every line
  update,     ///< the last factor, changed where cells changed
  stale,      ///< conjugate gradients, preconditioned by the last factor
  factor,     ///< Cholesky factor of the nodal equations
};
std::string name_of(Path path);

struct ArraySolution {
  Eigen::MatrixXd cell_voltage_v;    ///< mxn, row line minus column line at the cell
  Eigen::MatrixXd cell_current_a;    ///< mxn, from row to column; NaN inside a short without line resistance next to it
  Eigen::VectorXd row_current_a;     ///< m, from the end into the row
  Eigen::VectorXd column_current_a;  ///< n, out of the column into its end
  Eigen::VectorXd row_entry_v;       ///< m, voltage of the node next to the row's end
  Eigen::VectorXd column_entry_v;    ///< n
  double residual = 0;               ///< largest |sum of currents| at a node over the largest branch current
  std::size_t unknowns = 0;
  Path path = Path::automatic;
  int iterations = 0;                  ///< of conjugate gradients
  std::vector<int> limited_rows = {};  ///< whose source is at its compliance
  std::vector<int> limited_columns = {};
};

/// Power of all voltage sources (W), what their compliance takes included.
double power(const Array& array, const ArraySolution& solution);

/// @throws Error{bad_input} on sizes that don't match, a NaN or negative value, or more cells than fit into this
/// machine's
///   memory (naming what they would need)
void check(const Array& array);

/// Memory a solution takes (bytes) as long as no factor of the nodal equations is needed.
double memory_needed(Eigen::Index rows, Eigen::Index columns);
/// Memory of this machine (bytes).
double memory_here();

}  // namespace hopflow::pipeline
