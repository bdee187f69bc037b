// SPDX-License-Identifier: GPL-2.0-or-later
// The formula a CIF states against the atoms its sites give.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "structures/cif/syntax/cif_values.hpp"
#include "structures/core/crystal.hpp"

namespace hopflow {

/// Counts against _chemical_formula_sum times _cell_formula_units_Z. A difference is a problem; where it concerns only
/// elements of `chosen` (those of disordered sites that were resolved), a warning with both formulas.
/// @return false if the sites give the formula with another Z than the file states, which is a warning
bool check_formula(const CifBlock& block, const Crystal& crystal, const std::set<int>& chosen, CifProblems& problems,
                   std::vector<std::string>& warnings);

}  // namespace hopflow
