// SPDX-License-Identifier: GPL-2.0-or-later
// The currents of an array of resistors between resistive lines.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <Eigen/Core>

namespace hopflow::pipeline {

/// What a line's end is connected to: a voltage source (0 V: ground), or nothing.
struct LineEnd {
  std::optional<double> voltage_v = 0.0;  ///< nullopt: floating
  static LineEnd floating() { return {std::nullopt}; }
};

/// m rows crossing n columns. Each row is connected at its left end and each column at its bottom end (after the last row)
/// through one segment; one segment lies between neighbouring cells.
struct Array {
  Eigen::MatrixXd conductance_s;         ///< mxn cells; 0 is open, infinity is a short
  double row_segment_ohm = 0;
  double column_segment_ohm = 0;
  std::vector<LineEnd> rows;             ///< m
  std::vector<LineEnd> columns;          ///< n
};

struct ArraySolution {
  Eigen::MatrixXd cell_voltage_v;        ///< mxn, row line minus column line at the cell
  Eigen::MatrixXd cell_current_a;        ///< mxn, from row to column; NaN inside a short without line resistance beside it
  Eigen::VectorXd row_current_a;         ///< m, from the source into the row; 0 for floating rows
  Eigen::VectorXd column_current_a;      ///< n, out of the column into its end; 0 for floating columns
  double residual = 0;                   ///< largest |sum of currents| at a node over the largest branch current
  std::size_t unknowns = 0;
};

/// How unselected lines are held while one cell is addressed.
enum class Scheme { grounded, half, third, floating };

/// "grounded", "half", "third", "floating". @throws Error{usage} listing them
Scheme scheme_of(const std::string& name);
std::string name_of(Scheme scheme);

/// Ends that put `voltage_v` on the selected row and 0 on the selected column. Others: at 0; at V/2; rows at V/3 and
/// columns at 2V/3; floating.
void address(Array& array, Eigen::Index row, Eigen::Index column, double voltage_v, Scheme scheme);

/// Nodal analysis by sparse Cholesky with refinement in extended precision. Lines without resistance and shorts merge
/// nodes; parts no source reaches are at 0 V. Without line resistance the column currents are V.G.
/// Keeps the symbolic analysis while shape and connections stay the same.
class ArraySolver {
 public:
  ArraySolver();
  ~ArraySolver();
  ArraySolver(ArraySolver&&) noexcept;
  ArraySolver& operator=(ArraySolver&&) noexcept;

  /// @throws Error{bad_input} on sizes that don't match, a NaN or negative value, a short that joins two sources without
  ///   any resistance, or more than `largest_array` cells (naming the memory it would need)
  ArraySolution solve(const Array& array);

 private:
  struct Factor;
  std::unique_ptr<Factor> factor_;
};

inline constexpr Eigen::Index largest_array = 1024 * 1024;

}  // namespace hopflow::pipeline
