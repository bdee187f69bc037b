// SPDX-License-Identifier: GPL-2.0-or-later
// What a symmetry does to atoms and to pairs of atoms: permutations with cell shifts, orbits.
#pragma once

#include <vector>

#include "structures/hops/hops.hpp"

namespace hopflow {

/// An operation as it acts on the atoms of one element: atom a of the home cell goes onto atom `target[a]` of the cell
/// `shift[a]` away.
struct AtomMap {
  Eigen::Matrix3d rotation;  ///< in fractional coordinates; whole numbers unless it is one of `beyond`
  std::vector<int> target;   ///< per listed atom: position in the list
  std::vector<Eigen::Vector3i> shift;
};

/// Every operation of a crystal on the listed atoms. An operation may carry a lattice vector onto a translation that is
/// none of the cell as given, only of the primitive cell: those are listed among the maps, too. Of a cell that holds
/// very many primitive ones the translations and one operation of each rotation are listed.
struct AtomMaps {
  std::vector<AtomMap> all;
  std::vector<std::size_t> translations;  ///< entries of `all` that are pure translations
  std::vector<Eigen::Vector3d> by;        ///< for each: by how much, in cell vectors
  std::vector<std::size_t> generators;    ///< entries of `all` whose products are the others
  bool factored = false;                  ///< an operation left out is one of `all` followed by a translation
};

/// How every operation permutes `atoms` (indices into the crystal, one element). The image of an atom is matched to the
/// nearest atom of the list, which must lie within a few tolerances. Operations of Symmetry::beyond are left out where
/// a loose tolerance keeps one of them from finding an atom for each.
/// @throws Error{bad_input} if an operation of the cell does not permute the atoms (tolerance too loose for this
/// structure)
AtomMaps map_atoms(const Crystal& crystal, const Symmetry& symmetry, const std::vector<int>& atoms);

/// A directed pair (positions in the list of map_atoms) under one of the operations.
SitePair image_of(const SitePair& pair, const AtomMaps& maps, const AtomMap& map);

/// Whether an operation of the list takes one directed pair onto another (positions in the list of map_atoms); where
/// the list is factored, it may be followed by a translation.
bool carries(const SitePair& pair, const SitePair& target, const AtomMaps& maps, const AtomMap& map);

/// The orbit of a directed pair (positions in the list of map_atoms), the pair itself first.
std::vector<SitePair> orbit_of(const SitePair& pair, const AtomMaps& maps);

}  // namespace hopflow
