// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/profile/path_work.hpp"

#include <algorithm>
#include <cmath>

#include "neb/path/spline.hpp"

namespace hopflow {

PathWork work_along(const Path& path, const Mobile& mobile) {
  const auto n = static_cast<Eigen::Index>(path.images.size());
  Eigen::MatrixXd places(n, 3 * mobile.count()), gradients(n, 3 * mobile.count());
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    places.row(i) = mobile.gather(path.images[k].positions).transpose();
    gradients.row(i) = mobile.gradient(path.answers[k]).transpose();
  }
  Eigen::VectorXd h(n - 1);
  for (Eigen::Index i = 0; i + 1 < n; ++i) h[i] = (places.row(i + 1) - places.row(i)).norm();
  const Eigen::MatrixXd bend = natural_spline(h, places);
  Eigen::VectorXd slope(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index k = std::min(i, n - 2);  // the interval the tangent is taken on
    const double side = i == k ? -1 : 1;
    const Eigen::RowVectorXd tangent =
        (places.row(k + 1) - places.row(k)) / h[k] + side * h[k] / 6 * (2 * bend.row(i) + bend.row(i == k ? k + 1 : k));
    slope[i] = gradients.row(i).dot(tangent);
  }
  const Eigen::VectorXd turn = natural_spline(h, slope);
  PathWork work{{0.0}, {0.0}};
  for (Eigen::Index i = 0; i + 1 < n; ++i) {
    work.spline.push_back(work.spline.back() + h[i] * (slope[i] + slope[i + 1]) / 2 -
                          h[i] * h[i] * h[i] * (turn[i] + turn[i + 1]) / 24);
    work.trapezoid.push_back(work.trapezoid.back() +
                             0.5 * (gradients.row(i) + gradients.row(i + 1)).dot(places.row(i + 1) - places.row(i)));
  }
  return work;
}

ForceWork force_work(const Path& path, const Mobile& mobile, int image) {
  constexpr double coarse_ev = 0.03, coarse_share = 0.1;  // what splines through five images have been seen to miss
  const PathWork work = work_along(path, mobile);
  const auto s = static_cast<std::size_t>(image);
  ForceWork out;
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
    const std::size_t end = side == 0 ? 0 : path.answers.size() - 1;
    const double rise = path.answers[s].energy_ev - path.answers[end].energy_ev;
    const double spline = work.spline[s] - work.spline[end], trapezoid = work.trapezoid[s] - work.trapezoid[end];
    const double allowed = std::abs(spline - trapezoid) + std::max(coarse_ev, coarse_share * std::abs(rise));
    out.agrees = out.agrees && std::abs(rise - spline) <= allowed;
    out.rise_ev[side] = rise;
    out.work_ev[side] = spline;
  }
  return out;
}

}  // namespace hopflow
