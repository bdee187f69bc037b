// SPDX-License-Identifier: GPL-2.0-or-later
// A barrier of a dear engine, helped by a cheap one.
#pragma once

#include "neb/barrier/barrier.hpp"
#include "neb/delta/prior_relax.hpp"

namespace hopflow {

/// The barrier of the engine that is asked, with a prior engine that is asked wherever this one need not be.
///
/// Ends are relaxed on prior + difference (relax_with_prior). A band on prior + difference gives a first saddle; it is
/// repeated while the engine's answer at its top shows that the difference was not known there. Then the lowest mode is
/// followed on prior + difference, within a trusted distance, and the engine asked at the saddle that gives, until its
/// forces are below fmax and its energies steady. Certified by one negative mode (the curvature along it from the
/// engine's forces on both sides, all other modes counted on prior + difference) and by following it down on prior +
/// difference: it must lead to both ends, and an end that lies above where it leads is relaxed once more from there.
///
/// The result rests on the engine's answers alone: the path holds the two ends, the saddle and a point on either side
/// of it along its mode, all asked. A prior that misleads is given up, and find_barrier() goes on from what is known.
/// `options.via`, if given, is the first path.
/// @param known  both engines' answers from elsewhere, in the same atom order
/// @throws Error{bad_input} as find_barrier()
Procedure<BarrierResult> find_barrier_with_prior(Configuration initial, Configuration final, Mask mask,
                                                 BarrierOptions options, PriorOptions prior,
                                                 std::vector<BothAnswers> known = {});

}  // namespace hopflow
