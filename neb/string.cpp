// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/string.hpp"

namespace hopflow {
namespace {

/// The natural cubic spline through points at ascending places.
class Spline {
 public:
  Spline(const std::vector<double>& at, const std::vector<Eigen::VectorXd>& points) : at_{at}, points_{points} {
    const auto count = static_cast<Eigen::Index>(at.size());
    Eigen::MatrixXd bends = Eigen::MatrixXd::Identity(count, count);
    Eigen::MatrixXd wanted = Eigen::MatrixXd::Zero(count, points.front().size());
    for (Eigen::Index i = 1; i + 1 < count; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double back = at[k] - at[k - 1], ahead = at[k + 1] - at[k];
      bends.row(i).segment(i - 1, 3) << back, 2 * (back + ahead), ahead;
      wanted.row(i) = 6 * ((points[k + 1] - points[k]) / ahead - (points[k] - points[k - 1]) / back);
    }
    second_ = bends.partialPivLu().solve(wanted);
  }

  /// @param k  the piece from point k to the next
  Eigen::VectorXd value(std::size_t k, double place) const {
    const double h = at_[k + 1] - at_[k], a = (at_[k + 1] - place) / h, b = 1 - a;
    const auto i = static_cast<Eigen::Index>(k);
    return a * points_[k] + b * points_[k + 1] +
           h * h / 6 * ((a * a * a - a) * second_.row(i) + (b * b * b - b) * second_.row(i + 1)).transpose();
  }

 private:
  const std::vector<double>& at_;
  const std::vector<Eigen::VectorXd>& points_;
  Eigen::MatrixXd second_;  ///< derivatives at the points, one a row
};

}  // namespace

const std::vector<std::pair<std::string, BandMethod>>& methods_by_name() {
  static const std::vector<std::pair<std::string, BandMethod>> names{{"neb", BandMethod::neb}, {"string", BandMethod::string}};
  return names;
}

std::vector<Eigen::VectorXd> redistributed(const std::vector<Eigen::VectorXd>& points, const std::vector<bool>& pinned) {
  std::vector<double> length{0.0};
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double step = (points[i] - points[i - 1]).norm();
    if (!(step > 0)) return points;  // two images in one place: their forces part them
    length.push_back(length.back() + step);
  }
  const Spline spline(length, points);
  std::vector<Eigen::VectorXd> out = points;
  std::size_t from = 0;
  for (std::size_t to = 1; to < points.size(); ++to) {
    if (!pinned[to] && to + 1 < points.size()) continue;
    std::size_t piece = from;
    for (std::size_t i = from + 1; i < to; ++i) {
      const double place = length[from] + (length[to] - length[from]) * double(i - from) / double(to - from);
      while (length[piece + 1] < place) ++piece;
      out[i] = spline.value(piece, place);
    }
    from = to;
  }
  return out;
}

}  // namespace hopflow
