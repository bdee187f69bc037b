// SPDX-License-Identifier: GPL-2.0-or-later
// Projected, spring and climbing forces.
#include "neb/springs.hpp"

namespace hopflow {

Eigen::VectorXd across(const Eigen::VectorXd& vector, const Eigen::VectorXd& direction) {
  return vector - vector.dot(direction) * direction;
}

Eigen::VectorXd band_force(const Eigen::VectorXd& gradient, const Eigen::VectorXd& direction, double back, double ahead,
                           double spring) {
  return -across(gradient, direction) + spring * (ahead - back) * direction;
}

Eigen::VectorXd climbing_force(const Eigen::VectorXd& gradient, const Eigen::VectorXd& direction) {
  return -gradient + 2 * gradient.dot(direction) * direction;
}

}  // namespace hopflow
