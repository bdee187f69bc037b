// SPDX-License-Identifier: GPL-2.0-or-later
// Natural cubic splines.
#pragma once

#include <Eigen/Dense>

namespace hopflow {

/// Second derivatives, at their knots, of the natural cubic splines through points.
/// @param h  lengths of the n - 1 intervals, positive
/// @param y  n x any number of curves
/// @return like y; 0 at the ends
Eigen::MatrixXd natural_spline(const Eigen::VectorXd& h, const Eigen::MatrixXd& y);

}  // namespace hopflow
