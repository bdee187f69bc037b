// SPDX-License-Identifier: GPL-2.0-or-later
// The dimer method: two images a short distance apart turn into the lowest mode and climb along it.
#pragma once

#include "neb/saddle/saddle.hpp"

namespace hopflow {

/// Each step turns the dimer until the force that turns it is small, then moves it by L-BFGS on the force whose
/// component along the mode is reversed; where the mode does not curve down, along that component alone. It needs no
/// model of bonds and no memory of the search of modes, and asks two to six times a step: slower than follow_mode(),
/// and independent of what that assumes. The direction followed may turn into any other mode that is lower.
/// Source: Henkelman & Jonsson, J. Chem. Phys. 111, 7010 (1999); the rotation in a plane and L-BFGS for both parts:
/// Kastner & Sherwood, J. Chem. Phys. 128, 014106 (2008).
/// @param known  its modes set the curvature to begin with
/// @param follow  direction to climb along (norm 1)
Procedure<Saddle> dimer(Configuration start, Evaluation there, Mobile mobile, Modes known, Eigen::VectorXd follow,
                        SaddleOptions options);

}  // namespace hopflow
