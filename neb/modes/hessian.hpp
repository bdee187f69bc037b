// SPDX-License-Identifier: GPL-2.0-or-later
// Second derivatives by central differences of forces, and the frequencies they give.
#pragma once

#include <string>
#include <vector>

#include <Eigen/Dense>

#include "neb/core/mobile.hpp"
#include "neb/core/procedure.hpp"

namespace hopflow {

/// THz of one (eV/A^2/amu)^(1/2).
extern const double thz_per_root;

/// Columns of the Hessian over the mobile atoms that belong to some of them, six calls an atom, all in one round.
/// @param members  positions among the mobile atoms
/// @param step     displacement (A)
/// @return 3M x 3k (eV/A^2), columns x, y, z of each member in order
Procedure<Eigen::MatrixXd> hessian_columns(Configuration at, Mobile mobile, std::vector<int> members, double step,
                                           std::string stage);

/// Directions along which a structure moves as a whole: three translations, and rotations about its centre of mass
/// where nothing is periodic; mass-weighted, orthonormal.
/// @return 3N x r; r is 3 where any direction is periodic, otherwise up to 6
Eigen::MatrixXd weighted_rigid_motions(const Configuration& structure);

/// Frequencies of a symmetric Hessian (THz, ascending; imaginary ones negative), those along `rigid` left out.
/// @param hessian  3k x 3k (eV/A^2)
/// @param masses   k (amu)
/// @param rigid    3k x r orthonormal mass-weighted directions to project out; 0 columns for none
std::vector<double> frequencies_of(const Eigen::MatrixXd& hessian, const std::vector<double>& masses,
                                   const Eigen::MatrixXd& rigid);

}  // namespace hopflow
