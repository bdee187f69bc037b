// SPDX-License-Identifier: GPL-2.0-or-later
// One atom on a surface written down in a test.
#pragma once

#include <functional>

#include "potentials/core/engine.hpp"

namespace hopflow::testing {

/// One atom in a field given by energy and gradient.
class Field final : public Potential {
 public:
  using Function = std::function<double(const Eigen::Vector3d&, Eigen::Vector3d&)>;
  explicit Field(Function function) : function_{std::move(function)} {}
  Evaluation evaluate(const Configuration& c) override {
    Eigen::Vector3d gradient;
    Evaluation e;
    e.energy_ev = function_(c.positions.col(0), gradient);
    e.forces = -gradient;
    ++calls;
    return e;
  }
  int calls = 0;

 private:
  Function function_;
};

}  // namespace hopflow::testing
