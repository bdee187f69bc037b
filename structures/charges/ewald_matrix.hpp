// SPDX-License-Identifier: GPL-2.0-or-later
// Electrostatic energy of point charges that repeat in space, as a matrix over sites.
#pragma once

#include <vector>

#include <Eigen/Dense>

namespace hopflow {

/// Ewald's sum for unit charges on every pair of sites (eV per e^2): the energy of charges q in the cell is
/// q^T M q / 2, for a neutral cell; a net charge is met by a uniform background.
/// @param cell  columns (A)  @param fractional  3xN; sites may lie on top of each other (their own pair is then left
/// out)
/// @return NxN, symmetric; relative error of the sums below 1e-6
/// Source: Ewald, Ann. Phys. 369, 253 (1921); Allen and Tildesley, Computer Simulation of Liquids, section 5.5.
Eigen::MatrixXd ewald_matrix(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional);

/// The same of a supercell, whose rows repeat from copy to copy.
/// @param cell  of one copy, columns (A)  @param fractional  3xN of one copy
/// @param matrix  columns: new vectors in old ones  @param copies  the n cells inside the supercell (old vectors)
/// @return (N n)x(N n): sites in their order, each with its copies in theirs
Eigen::MatrixXd ewald_matrix_of_copies(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional,
                                       const Eigen::Matrix3i& matrix, const std::vector<Eigen::Vector3i>& copies);

}  // namespace hopflow
