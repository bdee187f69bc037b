// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/path/spline.hpp"

namespace hopflow {

Eigen::MatrixXd natural_spline(const Eigen::VectorXd& h, const Eigen::MatrixXd& y) {
  const Eigen::Index n = y.rows();
  Eigen::MatrixXd a = Eigen::MatrixXd::Identity(n, n), b = Eigen::MatrixXd::Zero(n, y.cols());
  for (Eigen::Index i = 1; i + 1 < n; ++i) {
    a(i, i - 1) = h[i - 1] / 6;
    a(i, i) = (h[i - 1] + h[i]) / 3;
    a(i, i + 1) = h[i] / 6;
    b.row(i) = (y.row(i + 1) - y.row(i)) / h[i] - (y.row(i) - y.row(i - 1)) / h[i - 1];
  }
  return a.partialPivLu().solve(b);
}

}  // namespace hopflow
