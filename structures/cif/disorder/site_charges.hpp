// SPDX-License-Identifier: GPL-2.0-or-later
// Formal charges of the sites of an average structure, from its composition and from what surrounds them.
#pragma once

#include <optional>
#include <vector>

#include "structures/cif/disorder/ordering.hpp"

namespace hopflow {

struct SiteCharges {
  std::vector<double> charge;  ///< per site (e)
  std::vector<bool> mixed;     ///< per site: its element has a mean charge that follows the composition
  bool known = true;           ///< false: some element has no usual state
};

/// The oxidation states that leave the smallest net charge of the average cell, commonest first; an element that often
/// has several may have a mean between them.
/// @param negligible  net charge, relative to the positive charge, that calls for no mean
SiteCharges site_charges(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites, double negligible);

/// A net charge, relative to the positive charge, that lies within what occupancies are known to: some per cent.
inline constexpr double doubtful_charge = 0.02;

/// Net charge by the occupancies of the file (e, per cell).
double stated_charge(const std::vector<AverageSite>& sites, const SiteCharges& charges);

}  // namespace hopflow
