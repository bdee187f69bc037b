// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/cell_series.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

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
  out.error_ev = n > 2 ? std::sqrt((y - a * line).squaredNorm() / static_cast<double>(n - 2) * inverse(0, 0))
                       : std::abs(out.limit_ev - largest->barrier_ev);
  return out;
}

}  // namespace hopflow
