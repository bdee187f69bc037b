// SPDX-License-Identifier: GPL-2.0-or-later
// Direction of a path at an image.
#pragma once

#include <array>

#include <Eigen/Dense>

namespace hopflow {

/// Unit tangent at an image, leaning to its higher neighbour so the band cannot kink.
/// @param back, ahead  steps R_i - R_(i-1), R_(i+1) - R_i over the mobile atoms (A)
/// @param e  energies of images i-1, i, i+1 (eV)
/// @return norm 1; zero if both steps are shorter than 1e-8 A (images coincide)
/// Source: Henkelman & Jonsson, J. Chem. Phys. 113, 9978 (2000), eqs 8-11.
Eigen::VectorXd tangent(const Eigen::VectorXd& back, const Eigen::VectorXd& ahead, const std::array<double, 3>& e);

}  // namespace hopflow
