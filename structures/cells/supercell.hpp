// SPDX-License-Identifier: GPL-2.0-or-later
// Supercells by minimum image distance.
#pragma once

#include <optional>
#include <vector>

#include "structures/core/crystal.hpp"

namespace hopflow {

/// A supercell, its atoms grouped by parent atom order within each cell copy.
struct Supercell {
  Eigen::Matrix3i matrix;             ///< columns: new vectors in old ones (new cell = old cell * matrix)
  Crystal crystal;                    ///< molecules whole, fractional in the new cell
  std::vector<int> parent;            ///< per atom: index in the original crystal
  std::vector<Eigen::Vector3i> copy;  ///< per atom: which original cell it came from
  double min_image_distance = 0;      ///< A
};

/// A supercell's matrix as it is written: three numbers, its diagonal, or nine, rows that are new vectors in old ones.
Eigen::Matrix3i matrix_of_rows(const std::vector<int>& numbers);

/// Whether a rotation of the crystal (fractional coordinates) carries the supercell's lattice onto itself.
bool keeps(const Eigen::Matrix3i& matrix, const Eigen::Matrix3i& rotation);

/// The supercell of given matrix (determinant > 0). Molecules are kept whole.
Supercell make_supercell(const Crystal& crystal, const Eigen::Matrix3i& matrix);

/// Smallest supercell, over all Hermite normal forms, whose shortest lattice vector is at least `distance` (A) and, in
/// a crystal of chains, whose chain_repeat() is at least `chain_distance` (A; 0: not asked); Minkowski-reduced; among
/// equals the one with the largest distance. `max_atoms` bounds the search.
/// @param keep  rotations of the crystal (fractional coordinates) that shall carry the supercell's lattice onto itself,
/// so
///   that what they make equal in the crystal is equal in the supercell, too
/// @throws Error{bad_input} if none is found below max_atoms
Supercell find_supercell(const Crystal& crystal, double distance, double chain_distance = 0, int max_atoms = 20000,
                         const std::vector<Eigen::Matrix3i>& keep = {});

/// Of the supercells of so many cells the one whose images are farthest apart, Minkowski-reduced.
/// @return columns: new vectors in old ones
Eigen::Matrix3i most_compact(const Eigen::Matrix3d& cell, int copies);

/// Original cells inside the supercell of a matrix (determinant > 0), one per coset, in ascending order.
std::vector<Eigen::Vector3i> copies_in(const Eigen::Matrix3i& matrix);

/// For a crystal of chains: how far along the chain a defect meets its own image (A). A single image distance hides
/// this, since the nearest image may lie on another chain. nullopt unless the framework is one-dimensional.
std::optional<double> chain_repeat(const Crystal& crystal, const Eigen::Matrix3i& matrix);

/// The same crystal in another cell.
struct OtherCell {
  Eigen::Matrix3d matrix;  ///< columns: new vectors in old ones; entries may be fractions
  Crystal crystal;         ///< molecules whole
};

/// The smallest cell, Minkowski-reduced; atoms stay where they are. @param symprec  tolerance of the symmetry search
/// (A)
OtherCell primitive_cell(const Crystal& crystal, double symprec);

/// The cell and origin of the space group's standard setting; atoms stay where they are, nothing is idealised.
OtherCell conventional_cell(const Crystal& crystal, double symprec);

/// Index in the supercell of parent atom `atom` shifted by `image` original cells, and the whole supercell
/// lattice vectors to add to that atom's position to reach it.
struct Located {
  int atom;
  Eigen::Vector3i shift;  ///< in supercell vectors
};
Located locate(const Supercell& supercell, int parent_atom, const Eigen::Vector3i& image);

}  // namespace hopflow
