// SPDX-License-Identifier: GPL-2.0-or-later
// Relaxation of positions and cell together.
#pragma once

#include "neb/relax/relax.hpp"

namespace hopflow {

/// As relax(), with the cell's deformation among the coordinates: atoms that may not move keep their fractional
/// coordinates. Converged when the forces are below fmax and no component of the stress exceeds
/// fmax / sqrt(V * 33 A) (eV/A^3; 6e-5 of them, or 9 MPa, for fmax 0.01 eV/A and 970 A^3). Relaxed::fmax is of the
/// atoms, drift leaves the cell's deformation out.
/// @throws Error{bad_input} if the engine gives no stress or a direction is not periodic, or the mask does not fit
/// Source of the coordinates: Tadmor et al., Phys. Rev. B 59, 235 (1999).
Procedure<Relaxed> relax_cell(Configuration start, Mask mobile, RelaxOptions options);

}  // namespace hopflow
