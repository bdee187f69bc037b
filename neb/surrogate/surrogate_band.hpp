// SPDX-License-Identifier: GPL-2.0-or-later
// A band that moves on a surrogate and asks the engine few images at a time.
#pragma once

#include <optional>

#include "neb/band/band.hpp"
#include "neb/surrogate/surrogate.hpp"

namespace hopflow {

struct SurrogateBand {
  Band band;
  bool at_saddle = false;  ///< the climbing image's true force fell below fmax, or below 0.2 eV/A and no further
  std::optional<Surrogate> learned;  ///< all answers
};

/// Moves the band on a Gaussian process of all answers so far, asks the engine at the highest image or where the
/// process knows least, and learns; with a batch, also at the images next in what is not known of them. Near a saddle
/// Newton's steps on the process replace the band, one question a round. Answers of images
/// never asked at their last place are empty, and the other images have not converged.
/// Gives up when it makes no progress, finds a state deeper than both ends (a path through another minimum is for the
/// plain band) or leads to a place the engine refuses: with the path the process last came to rest on if it came near a
/// saddle and was not refused, else with the first path and what was answered on it.
/// @param known  answers from elsewhere on the same surface
/// Source: Koistinen, Dagbjartsdottir, Asgeirsson, Vehtari & Jonsson, J. Chem. Phys. 147, 152720 (2017), one image a
/// round.
Procedure<SurrogateBand> search_with_surrogate(Path start, Mobile mobile, BandOptions options,
                                               std::optional<Surrogate> known = std::nullopt);

}  // namespace hopflow
