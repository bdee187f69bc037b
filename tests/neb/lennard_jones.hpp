// SPDX-License-Identifier: GPL-2.0-or-later
// A cluster of Lennard-Jones atoms.
#pragma once

#include <cmath>

#include "potentials/engine.hpp"

namespace hopflow::testing {

/// Every pair, well depth 1 eV, size 1 A; no images.
class LennardJones final : public Potential {
 public:
  Evaluation evaluate(const Configuration& c) override {
    Evaluation e;
    e.forces = Eigen::Matrix3Xd::Zero(3, c.size());
    for (int i = 0; i < c.size(); ++i) {
      for (int j = 0; j < i; ++j) {
        const Eigen::Vector3d d = c.positions.col(i) - c.positions.col(j);
        const double s6 = std::pow(d.squaredNorm(), -3);
        e.energy_ev += 4 * (s6 * s6 - s6);
        const Eigen::Vector3d force = 24 * (2 * s6 * s6 - s6) / d.squaredNorm() * d;
        e.forces.col(i) += force;
        e.forces.col(j) -= force;
      }
    }
    return e;
  }
};

}  // namespace hopflow::testing
