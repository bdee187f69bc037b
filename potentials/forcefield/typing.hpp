// SPDX-License-Identifier: GPL-2.0-or-later
// From a crystal's bond graph to atom types and bonded terms.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "potentials/forcefield/forcefield_table.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/crystal.hpp"

namespace hopflow {

/// Atoms joined by a term, as indices into the crystal, and the index of its parameters in Topology.
template <std::size_t N>
struct Joined {
  std::array<int, N> atoms;
  int parameters;
};

/// A crystal seen through a table: all that LAMMPS needs to know about its bonds.
struct Topology {
  std::vector<int> type;      ///< per atom: index into table.types
  std::vector<int> molecule;  ///< per atom: molecule number from 1, 0 for single atoms
  std::vector<HarmonicTerm> bond_terms, angle_terms;
  std::vector<DihedralTerm> dihedral_terms;
  std::vector<double> improper_terms;
  std::vector<Joined<2>> bonds;
  std::vector<Joined<3>> angles;
  std::vector<Joined<4>> dihedrals;  ///< those with a term that is not zero
  std::vector<Joined<4>> impropers;  ///< the central atom third
};

/// Types every atom and finds its terms. Parameters are listed once each, in the order of the table.
/// @throws Error{bad_input} naming the atom (label, element, neighbours) without exactly one type, the terms without
///   parameters, or the molecule whose charge is not the one declared for it
Topology make_topology(const ForceFieldTable& table, const Crystal& crystal);

}  // namespace hopflow
