// SPDX-License-Identifier: GPL-2.0-or-later
// Disordered sites taken together: their average.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "structures/cif/disorder/ordering.hpp"
#include "structures/cif/expansion.hpp"

namespace hopflow {

/// Every site with its images, ordered ones too.
std::vector<AverageSite> average_sites(const Expansion& expansion);

/// Occupancies times images, per element.
std::map<int, double> stated_composition(const std::vector<AverageSite>& sites);

/// What became of the file's composition, if that is worth a word; "" if not.
/// @param stated  per element: atoms by the file's occupancies, of the same number of cells as `species`
std::string composition_note(const std::map<int, double>& stated, const std::vector<int>& species);

/// One atom for each place of the average structure: of elements that share it the one asked for, else the commonest.
Crystal average_crystal(const Expansion& expansion, int element, Crystal start);

}  // namespace hopflow
