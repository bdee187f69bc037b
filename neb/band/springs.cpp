// SPDX-License-Identifier: GPL-2.0-or-later
// Projected, spring and climbing forces.
#include "neb/band/springs.hpp"

namespace hopflow {

const std::vector<std::pair<std::string, Springs>>& springs_by_name() {
  static const std::vector<std::pair<std::string, Springs>> names{{"even", Springs::even},
                                                                  {"energy-weighted", Springs::energy_weighted},
                                                                  {"doubly-nudged", Springs::doubly_nudged}};
  return names;
}

Eigen::VectorXd across(const Eigen::VectorXd& vector, const Eigen::VectorXd& direction) {
  return vector - vector.dot(direction) * direction;
}

Eigen::VectorXd band_force(const Eigen::VectorXd& gradient, const Eigen::VectorXd& direction, double back, double ahead,
                           double spring) {
  return -across(gradient, direction) + spring * (ahead - back) * direction;
}

double energy_weighted(double spring, double energy, double reference, double highest) {
  constexpr double softest = 0.1;  // of the full spring, at and below the reference energy
  if (energy <= reference || highest <= reference) return softest * spring;
  const double below = (highest - energy) / (highest - reference);
  return spring * (1 - below * (1 - softest));
}

Eigen::VectorXd second_nudge(const Eigen::VectorXd& gradient, const Eigen::VectorXd& direction,
                             const Eigen::VectorXd& back, const Eigen::VectorXd& ahead, double spring) {
  const Eigen::VectorXd pull = across(spring * (ahead - back), direction);
  const Eigen::VectorXd slope = across(gradient, direction);
  const double norm = slope.norm();
  return norm > 0 ? across(pull, slope / norm) : pull;
}

Eigen::VectorXd climbing_force(const Eigen::VectorXd& gradient, const Eigen::VectorXd& direction) {
  return -gradient + 2 * gradient.dot(direction) * direction;
}

}  // namespace hopflow
