// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a procedure on a potential, one question after the other.
#pragma once

#include <vector>

#include "neb/core/procedure.hpp"
#include "potentials/core/engine.hpp"

namespace hopflow::testing {

/// @param limit  questions answered before the test is stopped: a procedure that never ends must fail, not hang
template <class T>
T drive(Procedure<T> procedure, Potential& potential, int limit = 100000) {
  while (!procedure.done()) {
    std::vector<Evaluation> answers;
    for (const Configuration& question : procedure.ask()) answers.push_back(potential.evaluate(question));
    if (procedure.evaluations() > limit) throw std::runtime_error("the procedure asked too much");
    procedure.tell(std::move(answers));
  }
  return procedure.take();
}

/// One hydrogen at (x, y, 0), nothing periodic: a point of an analytic surface.
inline Configuration point(double x, double y) {
  Configuration c;
  c.positions = Eigen::Matrix3Xd::Zero(3, 1);
  c.positions(0, 0) = x;
  c.positions(1, 0) = y;
  c.species = {1};
  c.periodic = {false, false, false};
  return c;
}

}  // namespace hopflow::testing
