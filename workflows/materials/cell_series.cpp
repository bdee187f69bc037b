// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/materials/cell_series.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>
#include <boost/math/distributions/students_t.hpp>

namespace hopflow {

std::optional<CellLimit> cell_limit(std::span<const CellPoint> points) {
  if (points.empty()) return std::nullopt;
  const auto [smallest, largest] = std::ranges::minmax_element(points, {}, &CellPoint::volume);
  if (!(largest->volume > smallest->volume * (1 + 1e-9))) return std::nullopt;
  const auto n = static_cast<Eigen::Index>(points.size());
  Eigen::MatrixXd a(n, 2);
  Eigen::VectorXd y(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    a.row(i) << 1, smallest->volume / points[static_cast<std::size_t>(i)].volume;
    y[i] = points[static_cast<std::size_t>(i)].barrier_ev;
  }
  const Eigen::Matrix2d inverse = (a.transpose() * a).inverse();
  const Eigen::Vector2d line = inverse * (a.transpose() * y);
  CellLimit out;
  out.limit_ev = line[0];
  out.slope = line[1] * smallest->volume;
  if (n == 2) {
    out.error_ev = std::abs(out.limit_ev - largest->barrier_ev);
    return out;
  }
  const double one_sd =
      0.5 * (1 + std::erf(std::sqrt(0.5)));  // a normal variable lies below its mean plus one standard deviation
  const auto free = static_cast<double>(n - 2);
  out.error_ev = boost::math::quantile(boost::math::students_t(free), one_sd) *
                 std::sqrt((y - a * line).squaredNorm() / free * inverse(0, 0));
  return out;
}

}  // namespace hopflow
