// SPDX-License-Identifier: GPL-2.0-or-later
// The currents of an array, by whichever way is quickest for it.
#pragma once

#include "workflows/pipeline/crossbar/lines/line_solver.hpp"
#include "workflows/pipeline/crossbar/nodal/nodal_solver.hpp"

namespace hopflow::pipeline {

/// Tries the lines first and the factor where they don't suit or don't converge; every answer carries the residual of
/// Kirchhoff's current law. Sources above their compliance become current sources of that size, line by line until all
/// agree. Keeps what it can use again: the symbolic analysis of the last shape, the last factor and the last answer.
/// One solver belongs to one thread; several solvers may work at once.
class ArraySolver {
 public:
  /// The answer depends on the array alone, to the bit.
  /// @param path  automatic, lines (then not solved by a factor) or factor
  /// @throws Error{bad_input} as check(); for a short that joins two sources without any resistance; if the equations
  /// can't
  ///   be solved in double precision, or not on the path asked for
  ArraySolution solve(const Array& array, Path path = Path::automatic);

  /// The same to 1e-10, starting from the last answer: quicker when few cells or little of each changed.
  /// @param path  any but product
  ArraySolution solve_again(const Array& array, Path path = Path::automatic);

 private:
  ArraySolution solve_any(const Array& array, Path path, bool from_last);
  ArraySolution within_compliance(Array array, Path path, bool from_last);
  ArraySolution solve_linear(const Array& array, Path path, bool from_last);
  LineSolver lines_;
  NodalSolver nodal_;
  bool lines_failed_ = false;  ///< on the array before this one
};

}  // namespace hopflow::pipeline
