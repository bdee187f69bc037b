// SPDX-License-Identifier: GPL-2.0-or-later
// Names and charges of the organic ions and solvents of halide perovskites.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "structures/chemistry/skeleton.hpp"

namespace hopflow {

struct MoleculeIdentity {
  std::string name;           ///< the formula where the molecule is none of those known
  std::optional<int> charge;  ///< formal charge (e), nullopt if no rule applies
  std::string rule;           ///< "known", "nitrogen", "electrons" or "none": where the charge comes from
};

/// @param formula         Hill, hydrogen included
/// @param skeleton        heavy atoms and their bonds
/// @param neighbors       per heavy atom: how many atoms it is bonded to, hydrogen included
/// @param electrons       valence electrons of the neutral atoms
///
/// Known ions and solvents by formula and skeleton; N-alkylpyridinium and alkylammonium with an unbranched chain of any
/// length up to 18 by the same rule. Otherwise the charge is guessed: one for each nitrogen with four neighbours, and
/// for each with three in a ring of six whose other atoms are carbon with three neighbours, where that leaves an even
/// number of electrons; without such a nitrogen +1 for an odd and 0 for an even number of electrons.
MoleculeIdentity identify_molecule(const std::string& formula, const Skeleton& skeleton,
                                   const std::vector<int>& neighbors, int electrons);

}  // namespace hopflow
