// SPDX-License-Identifier: GPL-2.0-or-later
// Arrays solved line by line: conjugate gradients in which every line is solved exactly in each step.
#pragma once

#include <optional>
#include <vector>

#include "workflows/pipeline/crossbar/array/array.hpp"
#include "workflows/pipeline/crossbar/lines/ladders.hpp"

namespace hopflow::pipeline {

/// With row nodes a and column nodes c the nodal equations are
///   [Lr + D, -D; -D, Lc + D] [a; c] = currents,  D = cells, Lr and Lc = lines (tridiagonal each).
/// Row nodes are eliminated exactly, S = Lc + D - D (Lr + D)^-1 D, and S is solved by conjugate gradients with Lc + D
/// as preconditioner. The spectrum of the product lies in (0, 1] and only voltages smooth along both lines are near 0,
/// so the number of steps grows like n sqrt(r/R) (r one segment, R the mean cell), and a step costs two passes over the
/// cells. Unknowns are differences to the level of each line's source, so that nothing is lost however low the line
/// resistance.
class LineSolver {
 public:
  /// Whether every segment and every connected end has a resistance and no cell is a short.
  static bool suits(const Array& array);

  /// @param from_last  start from the last answer if shape and line ends are the same
  /// @return nullopt when the steps allowed for this shape were not enough
  std::optional<ArraySolution> solve(const Array& array, bool from_last);

 private:
  /// @return whether the missing currents are known already
  bool set_up(const Array& array, bool from_last);
  /// Takes over what changed in an array of the last shape and ends, if that is a few cells only, and what their
  /// currents lack.
  bool take_over(const Array& array);
  /// The largest current that a node lacks over the largest current; leaves drop_c_ along rows in t_.
  double imbalance();
  /// Solves S x = r. @param rz  of the right-hand side r_ and its preconditioned form z_
  bool iterate(double rz, double tolerance, int& steps_left);
  void shift_levels();
  /// How much larger than their cells' currents the terms are that these are the difference of; the worst driven line.
  /// This and answer() read what imbalance() left.
  double lost_digits();
  ArraySolution answer(double residual, int steps);

  Eigen::Index m_ = 0, n_ = 0;
  double row_s_ = 0, column_s_ = 0;  ///< of a segment
  std::vector<LineEnd> rows_, columns_;
  std::vector<double> row_end_s_, column_end_s_;      ///< 0: floating
  std::vector<double> row_level_, column_level_;      ///< V
  std::vector<double> cells_r_, cells_c_, offset_r_;  ///< along rows (_r) and along columns (_c)
  std::vector<double> drop_r_, drop_c_;               ///< voltage of each node above its line's level
  std::vector<double> current_r_, missing_r_, missing_c_;
  std::vector<double> x_, r_, z_, p_, q_, t_, u_, block_;
  double scale_ = 0;       ///< of the first right-hand side
  double tolerance_ = 0;   ///< relative to it
  bool answered_ = false;  ///< the voltages are those of the last array
  Ladders row_ladders_, column_ladders_;
};

}  // namespace hopflow::pipeline
