// SPDX-License-Identifier: GPL-2.0-or-later
// The covalent bond graph across cell edges, and the molecules it forms.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "structures/core/crystal.hpp"

namespace hopflow {

/// A covalent bond between atom i and the image of atom j shifted by `image` cells; i <= j.
struct Bond {
  int i;
  int j;
  Eigen::Vector3i image;
};

/// Atoms joined by bonds, each with the cell shift that makes the molecule whole (first atom: zero shift). It is a
/// guest in the inorganic frame or a part of it. Guests are cations and neutral molecules, and what lacks hydrogen
/// atoms; anions (phosphate, thiocyanate, hydroxide, the linkers of metal-organic frameworks) belong to the frame, as
/// does a neutral ligand that bridges metals by two of its atoms, and a group of unknown charge bonded to a metal or
/// without C-H and N-H.
struct Molecule {
  std::vector<int> atoms;
  std::vector<Eigen::Vector3i> shifts;
  std::string formula;        ///< Hill
  std::string name;           ///< "propylpyridinium", "benzylpyridinium", "methylammonium", ... or the formula
  std::optional<int> charge;  ///< formal charge (e)
  std::string charge_rule;    ///< where the charge comes from, see identify_molecule
  bool framework = false;     ///< an anion or a bridge between metals: part of the inorganic frame
};

/// Bonds between organic elements: distance below 1.25 x the sum of covalent radii, periodic images included.
/// Metals and halides never bond covalently here, save a halogen bonded to carbon; nor do two O or S on one P (or S).
std::vector<Bond> find_bonds(const Crystal& crystal);

/// Finite molecules of the bond graph with at least two atoms, in order of their first atom.
/// @throws Error{bad_input} if a bonded component is infinite (a polymer), naming two atoms
std::vector<Molecule> find_molecules(const Crystal& crystal, const std::vector<Bond>& bonds);

/// The same for atoms that need not be a crystal: nothing is joined across the cell in directions that are not
/// periodic.
std::vector<Bond> find_bonds(const Configuration& configuration);

/// As find_molecules(), for any atoms; bonded networks without end are left out.
/// @param bonds  of find_bonds() for the same atoms
std::vector<Molecule> finite_molecules(const Crystal& crystal, const std::vector<Bond>& bonds);
std::vector<Molecule> finite_molecules(const Configuration& configuration, const std::vector<Bond>& bonds);

/// Per atom: the whole lattice vectors to add so that every finite molecule is in one piece; zero for single atoms and
/// for components that never end.
std::vector<Eigen::Vector3i> whole_molecule_shifts(const Crystal& crystal);

/// Per atom: true if it belongs to a finite molecule of at least two atoms that is no part of the frame
/// (Molecule::framework).
std::vector<bool> in_molecule(const Crystal& crystal);

/// The crystal with every molecule's atoms moved by whole lattice vectors so that it is whole; nothing else changes.
Crystal with_whole_molecules(const Crystal& crystal, const std::vector<Molecule>& molecules);

}  // namespace hopflow
