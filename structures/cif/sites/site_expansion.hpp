// SPDX-License-Identifier: GPL-2.0-or-later
// One site under symmetry operations: its images inside the cell.
#pragma once

#include <vector>

#include "structures/symmetry/symmetry.hpp"

namespace hopflow {

struct SiteImages {
  std::vector<Eigen::Vector3d> positions;  ///< fractional; the site itself first, moved onto its special position
  std::vector<int> of_operation;           ///< per operation: the image it leads to
  double moved = 0;                        ///< A, onto the special position
  double closest = 0;  ///< A, smallest distance of two images below 0.5 A that were kept apart, else 0
};

/// Images nearer to each other than `merge` (A) are one atom on a special position.
SiteImages expand_site(const Eigen::Vector3d& fractional, const std::vector<Operation>& operations,
                       const Eigen::Matrix3d& cell, double merge);

}  // namespace hopflow
