// SPDX-License-Identifier: GPL-2.0-or-later
// A relaxation that does not stop where symmetry holds a structure on top of a saddle.
#pragma once

#include "neb/relax/relax.hpp"

namespace hopflow {

/// relax(), then the lowest modes there: a structure with one below -flat_curvature is moved along it, by `first_step`
/// of kick.cpp for the atom that moves most, and relaxed again; a few times at most. Forces alone cannot tell a minimum
/// from a saddle that symmetry holds in place, as in cubic perovskites.
/// @return as relax(); not converged where a mode still curves down after the last kick. `evaluations` counts all.
Procedure<Relaxed> relax_to_minimum(Configuration start, Mask mask, RelaxOptions options);

}  // namespace hopflow
