// SPDX-License-Identifier: GPL-2.0-or-later
// Coulomb potential and field of each kind of charge, by Ewald summation.
#pragma once

#include <span>
#include <vector>

#include "structures/core/configuration.hpp"

namespace hopflow {

/// How much of the Coulomb term between two bonded atoms counts: 0 one or two bonds apart.
struct ScaledPair {
  int i;
  int j;
  double scale;
};

/// What a unit charge on every atom of one kind does to each atom, in units of 1/A and 1/A^2; a uniform background
/// neutralises each kind. For charges q: E = 1/2 sum_i q_i sum_k q_k potential(i, k), force on i = q_i sum_k q_k field.
struct CoulombResponse {
  Eigen::MatrixXd potential;  ///< N x kinds
  Eigen::MatrixXd field;      ///< 3N x kinds, atom by atom
};

/// @param kind  per atom, from 0  @param scaled  pairs whose nearest images count in part  @param accuracy  of the
/// sums, relative to the field of a unit charge at 1 A Source: P. P. Ewald, Ann. Phys. 369, 253 (1921), in the form of
/// Allen & Tildesley, Computer Simulation of Liquids, 2nd ed., eq. 6.4, and the background term of S. W. de Leeuw et
/// al., Proc. R. Soc. A 373, 27 (1980).
CoulombResponse coulomb_response(const Configuration& configuration, const std::vector<int>& kind, int kinds,
                                 std::span<const ScaledPair> scaled, double accuracy = 1e-7);

}  // namespace hopflow
