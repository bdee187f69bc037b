// SPDX-License-Identifier: GPL-2.0-or-later
// A cluster of Lennard-Jones atoms.
#pragma once

#include <cmath>
#include <vector>

#include "potentials/core/engine.hpp"

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

/// A tetrahedron of such atoms, nearly at rest, with more atoms on faces of it.
/// @param faces  each by the corner it leaves out
inline Configuration on_faces(const std::vector<int>& faces, bool periodic) {
  Configuration c;
  c.cell = 30 * Eigen::Matrix3d::Identity();
  c.periodic = {periodic, periodic, periodic};
  c.positions.resize(3, 4);
  c.positions << 1, 1, -1, -1, 1, -1, 1, -1, 1, -1, -1, 1;
  c.positions *= 1.12 / std::sqrt(8);
  for (const int left_out : faces) {
    c.positions.conservativeResize(3, c.positions.cols() + 1);
    c.positions.rightCols(1) = -5.0 / 3 * c.positions.col(left_out);
  }
  c.species.assign(static_cast<std::size_t>(c.positions.cols()), 18);
  return c;
}

}  // namespace hopflow::testing
