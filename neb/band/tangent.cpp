// SPDX-License-Identifier: GPL-2.0-or-later
// The improved tangent.
#include "neb/band/tangent.hpp"

#include <algorithm>
#include <cmath>

namespace hopflow {

Eigen::VectorXd tangent(const Eigen::VectorXd& back, const Eigen::VectorXd& ahead, const std::array<double, 3>& e) {
  Eigen::VectorXd direction;
  if (e[2] > e[1] && e[1] > e[0]) {
    direction = ahead;
  } else if (e[2] < e[1] && e[1] < e[0]) {
    direction = back;
  } else {
    const double up = std::abs(e[2] - e[1]), down = std::abs(e[0] - e[1]);
    const double larger = std::max(up, down), smaller = std::min(up, down);
    if (larger == 0) {
      direction = ahead + back;
    } else if (e[2] > e[0]) {
      direction = larger * ahead + smaller * back;
    } else {
      direction = smaller * ahead + larger * back;
    }
  }
  const double norm = direction.norm();
  if (norm < 1e-8) return Eigen::VectorXd::Zero(back.size());
  return direction / norm;
}

}  // namespace hopflow
