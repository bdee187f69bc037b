// SPDX-License-Identifier: GPL-2.0-or-later
// A band that moves on a surrogate and asks the engine one image at a time.
#pragma once

#include "neb/band.hpp"

namespace hopflow {

struct SurrogateBand {
  Band band;
  bool at_saddle = false;   ///< the climbing image's true force fell below fmax, or below 0.2 eV/A and no further
};

/// Moves the band on a Gaussian process of all answers so far, asks the engine at the highest image or where the
/// process knows least, and learns. Near a saddle Newton's steps on the process replace the band. Answers of images
/// never asked at their last place are empty, and the other images have not converged.
/// Gives up, with the path as it was, when the process makes no progress, leads to a place the engine refuses, or finds
/// a state deeper than both ends: a path through another minimum is for the plain band.
/// Source: Koistinen, Dagbjartsdottir, Asgeirsson, Vehtari & Jonsson, J. Chem. Phys. 147, 152720 (2017), one image a
/// round.
Procedure<SurrogateBand> search_with_surrogate(Path start, Mobile mobile, BandOptions options);

}  // namespace hopflow
