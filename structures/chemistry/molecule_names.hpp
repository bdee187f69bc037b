// SPDX-License-Identifier: GPL-2.0-or-later
// Names and charges of the molecular ions and solvents of halide perovskites, electrolytes and frameworks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "structures/chemistry/molecule_skeleton.hpp"

namespace hopflow {

struct MoleculeIdentity {
  std::string name;           ///< the formula where the molecule is none of those known
  std::optional<int> charge;  ///< formal charge (e), nullopt if no rule applies
  std::string rule;           ///< "known", "bonds" or "none": where the charge comes from
};

/// @param formula         Hill, hydrogen included
/// @param skeleton        heavy atoms and their bonds
/// @param lewis           the charge its bonds ask for, see lewis_charge(); nullopt if they do not tell
///
/// Known ions and solvents by formula and skeleton, anions only where their bonds ask for the same charge;
/// N-alkylpyridinium and alkylammonium with an unbranched chain of any length up to 18 by the same rule. Otherwise the
/// charge is that of the bonds.
MoleculeIdentity identify_molecule(const std::string& formula, const Skeleton& skeleton, std::optional<int> lewis);

}  // namespace hopflow
