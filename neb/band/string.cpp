// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/band/string.hpp"

#include "neb/path/interpolation.hpp"
#include "neb/path/spline.hpp"

namespace hopflow {

const std::vector<std::pair<std::string, BandMethod>>& methods_by_name() {
  static const std::vector<std::pair<std::string, BandMethod>> names{{"neb", BandMethod::neb},
                                                                     {"string", BandMethod::string}};
  return names;
}

std::vector<Eigen::VectorXd> redistributed(const std::vector<Eigen::VectorXd>& points,
                                           const std::vector<bool>& pinned) {
  const std::vector<double> length = lengths_along(points);
  const auto last = static_cast<Eigen::Index>(points.size()) - 1;
  Eigen::VectorXd steps(last);
  Eigen::MatrixXd rows(last + 1, points.front().size());
  for (Eigen::Index i = 0; i <= last; ++i) {
    const auto k = static_cast<std::size_t>(i);
    rows.row(i) = points[k].transpose();
    if (i == last) continue;
    steps[i] = length[k + 1] - length[k];
    if (!(steps[i] > 0)) return points;  // two images in one place: their forces part them
  }
  const Eigen::MatrixXd bend = natural_spline(steps, rows);
  const auto point_at = [&](std::size_t piece, double place) -> Eigen::VectorXd {
    const auto i = static_cast<Eigen::Index>(piece);
    const double h = steps[i], a = (length[piece + 1] - place) / h, b = 1 - a;
    return a * points[piece] + b * points[piece + 1] +
           h * h / 6 * ((a * a * a - a) * bend.row(i) + (b * b * b - b) * bend.row(i + 1)).transpose();
  };
  std::vector<Eigen::VectorXd> out = points;
  std::size_t from = 0;
  for (std::size_t to = 1; to < points.size(); ++to) {
    if (!pinned[to] && to + 1 < points.size()) continue;
    std::size_t piece = from;
    for (std::size_t i = from + 1; i < to; ++i) {
      const double place = length[from] + (length[to] - length[from]) * double(i - from) / double(to - from);
      while (length[piece + 1] < place) ++piece;
      out[i] = point_at(piece, place);
    }
    from = to;
  }
  return out;
}

}  // namespace hopflow
