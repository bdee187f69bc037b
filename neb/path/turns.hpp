// SPDX-License-Identifier: GPL-2.0-or-later
// Molecules that stay one on the path between two structures, and how they turn.
#pragma once

#include <string>
#include <vector>

#include <Eigen/Dense>

#include "neb/core/mobile.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// Hydrogen on one heavy atom, which may turn by itself: CH3, NH3, OH.
struct HydrogenGroup {
  int centre;  ///< all of these are places in Molecule::atoms
  std::vector<int> hydrogens;
  std::vector<int> bonded;  ///< all neighbours of the centre, by which its turn is measured
};

/// Atoms with the same bonds in both structures, all of which may move.
struct KeptMolecule {
  std::vector<int> atoms;
  Eigen::Matrix3Xd to_whole;  ///< 3xn, lattice vectors that put the atoms of the initial structure side by side (A)
  Eigen::Matrix3Xd whole;     ///< 3xn, the final structure's atoms side by side, somewhere in the lattice (A)
  std::vector<HydrogenGroup> groups;
  std::string name;  ///< "methylammonium"
};

/// Bonds are as find_bonds() has them: none in metals and salts, so neither have molecules.
std::vector<KeptMolecule> kept_molecules(const Configuration& initial, const Configuration& final,
                                         const Mobile& mobile);

/// The proper rotation nearest to carrying one set of arms onto another; of atoms in a row the shortest one.
/// @param from, to  3xn, from one origin
Eigen::Matrix3d rotation_between(const Eigen::Matrix3Xd& from, const Eigen::Matrix3Xd& to);

double degrees_of(const Eigen::Matrix3d& rotation);

/// A molecule's rotation, and those of its groups relative to it.
struct Turn {
  Eigen::Matrix3d body;
  std::vector<Eigen::Matrix3d> groups;

  double degrees() const;        ///< of the body
  double group_degrees() const;  ///< the largest of a group
};

/// Molecules whose body turns by more than `degrees` between two structures on one unwrapped path; as indices.
std::vector<std::size_t> turned_by_more(double degrees, const std::vector<KeptMolecule>& molecules,
                                        const Eigen::Matrix3Xd& from, const Eigen::Matrix3Xd& to);

/// Between two structures on one unwrapped path.
/// @param from, to  3xN
Turn turn_of(const KeptMolecule& molecule, const Eigen::Matrix3Xd& from, const Eigen::Matrix3Xd& to);

/// Where the molecule is after a share of its way: its centre on a straight line, turned by that share of the angle
/// about the axis of its rotation, its groups likewise within it; what is left of the deformation grows in proportion,
/// in the frame that turns. Source: Shoemake, SIGGRAPH Comput. Graph. 19, 245 (1985) (slerp); Kabsch, Acta Cryst. A 32,
/// 922 (1976).
/// @return 3xn
Eigen::Matrix3Xd on_the_way(const KeptMolecule& molecule, const Eigen::Matrix3Xd& from, const Eigen::Matrix3Xd& to,
                            const Turn& turn, double share);

}  // namespace hopflow
