// SPDX-License-Identifier: GPL-2.0-or-later
// Forces on the images of a band.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <Eigen/Dense>

namespace hopflow {

/// The part of a vector across a unit direction.
Eigen::VectorXd across(const Eigen::VectorXd& vector, const Eigen::VectorXd& direction);

/// Real force across the path, and the spring's pull along it towards even spacing (eV/A).
/// @param gradient  over the mobile atoms (eV/A)
/// @param back, ahead  lengths of the steps to the neighbours (A)
/// @param spring  eV/A^2
/// Source: Henkelman & Jonsson, J. Chem. Phys. 113, 9978 (2000), eqs 3, 4 and 12.
Eigen::VectorXd band_force(const Eigen::VectorXd& gradient, const Eigen::VectorXd& direction, double back, double ahead,
                           double spring);

/// How the images of a band are kept apart.
enum class Springs {
  even,             ///< equal springs along the path
  energy_weighted,  ///< softer where the energy is low, so images gather near the saddle
  doubly_nudged,    ///< equal, and across the path where the real force does not object: against kinks
};

/// As users write them.
const std::vector<std::pair<std::string, Springs>>& springs_by_name();

/// Stiffness of the spring below an image: `spring` at the highest energy, a tenth of it at the reference and below.
/// @param energy, reference, highest  of the image, of the higher end, of the path (eV)
/// Source: Asgeirsson et al., J. Chem. Theory Comput. 17, 4929 (2021), eqs 9-11, with their ratio of ten.
double energy_weighted(double spring, double energy, double reference, double highest);

/// The springs' pull across the path, less its part along the real force across the path (eV/A).
/// @param back, ahead  steps to the neighbours (A)
/// Source: Trygubenko & Wales, J. Chem. Phys. 120, 2082 (2004), eqs 12-13.
Eigen::VectorXd second_nudge(const Eigen::VectorXd& gradient, const Eigen::VectorXd& direction,
                             const Eigen::VectorXd& back, const Eigen::VectorXd& ahead, double spring);

/// Real force with its part along the path turned round: the image climbs (eV/A).
/// Source: Henkelman, Uberuaga & Jonsson, J. Chem. Phys. 113, 9901 (2000), eq 5.
Eigen::VectorXd climbing_force(const Eigen::VectorXd& gradient, const Eigen::VectorXd& direction);

}  // namespace hopflow
