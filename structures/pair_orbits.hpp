// SPDX-License-Identifier: GPL-2.0-or-later
// What a symmetry does to atoms and to pairs of atoms: permutations with cell shifts, orbits.
#pragma once

#include <vector>

#include "structures/hops.hpp"

namespace hopflow {

/// An operation as it acts on the atoms of one element: atom a of the home cell goes onto atom `target[a]` of the cell
/// `shift[a]` away; an image R of a goes to shift[a] + rotation * R.
struct AtomMap {
  Eigen::Matrix3i rotation;
  std::vector<int> target;               ///< per listed atom: position in the list
  std::vector<Eigen::Vector3i> shift;
};

/// How every operation permutes `atoms` (indices into the crystal, one element). The image of an atom is matched to the
/// nearest atom of the list, which must lie within a few tolerances.
/// @throws Error{bad_input} if an operation does not permute the atoms (tolerance too loose for this structure)
std::vector<AtomMap> map_atoms(const Crystal& crystal, const Symmetry& symmetry, const std::vector<int>& atoms);

/// A directed pair (positions in the list of map_atoms) under one operation.
SitePair image_of(const SitePair& pair, const AtomMap& map);

/// The orbit of a directed pair (positions in the list of map_atoms), the pair itself first.
std::vector<SitePair> orbit_of(const SitePair& pair, const std::vector<AtomMap>& maps);

}  // namespace hopflow
