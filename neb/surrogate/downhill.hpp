// SPDX-License-Identifier: GPL-2.0-or-later
// From a saddle down to both ends of its path: the other images, one after the other.
#pragma once

#include "neb/band/band.hpp"
#include "neb/core/convergence.hpp"
#include "neb/saddle/certificate.hpp"
#include "neb/surrogate/surrogate.hpp"

namespace hopflow {

struct Descent {
  Path path;                ///< as far as it came: images not reached have moved with the others and have no answers
  std::vector<Dip> minima;  ///< the path down leads through these before the ends: it stopped there
  int rounds = 0;
  int evaluations = 0;
};

/// Settles the images between a saddle and the ends, from the saddle outwards: each where the energy is least at its
/// distance from the image above it, so that the force across the step between both vanishes. An image depends on those
/// above it only, and none is asked again. It is placed on the process of all answers first, then by Newton's steps
/// with what the certificate learned of the Hessian and what each step adds to it, images above included. Steps that
/// lead uphill or that the engine refuses are shortened, as are those that lead round the saddle to its other side.
/// Distances are those that no turn or shift of a free structure as a whole makes shorter: else what an end is tilted
/// to the saddle would count as distance to go, and the last images turn on the spot. An image next to the saddle that
/// comes to rest above it is on no path down: it is looked for along the saddle's mode instead, nearer each time. Gives
/// up where an image makes no progress. Images that end above the saddle are taken back, with those below them. Source:
/// the constrained minimisation is that of Gonzalez & Schlegel, J. Chem. Phys. 90, 2154 (1989), about the image above.
/// @param path  with a saddle; images that have answers go on from there
/// @param learned  knows the ends; what is learned here is added
/// @param dip_ev  minima deeper than this end it
Procedure<Descent> go_downhill(Path path, Mobile mobile, BandOptions options, double dip_ev, Surrogate& learned,
                               const Certificate& certificate);

}  // namespace hopflow
