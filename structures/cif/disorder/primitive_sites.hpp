// SPDX-License-Identifier: GPL-2.0-or-later
// The primitive cell of an average structure: supercells of it come in finer steps than those of a centred cell.
#pragma once

#include <vector>

#include "structures/cif/disorder/ordering.hpp"

namespace hopflow {

struct PrimitiveSites {
  Eigen::Matrix3d vectors;         ///< columns: of the primitive cell, in those of the cell given (fractions)
  std::vector<AverageSite> sites;  ///< in the order given, positions as fractions of the primitive cell
};

/// By the translations that carry every site onto itself within 0.02 A; the cell as given where there is none.
PrimitiveSites primitive_sites(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites);

}  // namespace hopflow
