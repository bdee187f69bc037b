// SPDX-License-Identifier: GPL-2.0-or-later
// Which of n things goes to which of n places so that the whole costs least.
#pragma once

#include <vector>

#include <Eigen/Dense>

namespace hopflow {

/// The column of each row, no two alike, with the least sum of costs; O(n^3) by shortest augmenting paths.
/// @param cost  n x n, finite
/// Source: Jonker & Volgenant, Computing 38, 325 (1987), without its initialisation.
std::vector<int> cheapest_assignment(const Eigen::MatrixXd& cost);

}  // namespace hopflow
