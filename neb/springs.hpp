// SPDX-License-Identifier: GPL-2.0-or-later
// Forces on the images of a band.
#pragma once

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

/// Real force with its part along the path turned round: the image climbs (eV/A).
/// Source: Henkelman, Uberuaga & Jonsson, J. Chem. Phys. 113, 9901 (2000), eq 5.
Eigen::VectorXd climbing_force(const Eigen::VectorXd& gradient, const Eigen::VectorXd& direction);

}  // namespace hopflow
