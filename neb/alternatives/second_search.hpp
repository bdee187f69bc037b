// SPDX-License-Identifier: GPL-2.0-or-later
// Further searches between the same ends, from other first paths: whether a lower pass is found.
#pragma once

#include <string>
#include <vector>

#include "neb/pathway/pathway.hpp"

namespace hopflow {

/// What all searches between two ends have come to.
struct Searched {
  Pathway lowest;               ///< of them, the one whose highest saddle is lowest
  std::vector<double> minimax;  ///< highest saddle of every search carried through (eV), the first one's first
  int agreeing = 1;             ///< searches that came to the saddle of `lowest`, itself included
  int higher = 0;               ///< that led over a higher point
  int open = 0;                 ///< that were not decided in the questions allowed
  bool made = false;            ///< whether there was another first path at all

  /// 0 where two searches agree, else the difference between the two lowest saddles found, shared among the searches
  /// that found nothing lower; nothing if no other search came to an end.
  std::optional<double> choice_ev() const;
  std::string words() const;
};

/// Searches from other first paths: the other interpolation, the mirror image of the path found in the straight line
/// between the ends, and more of them as long as they disagree. Each moves on a Gaussian process of all answers so far,
/// with few questions; where it comes to a saddle that is known, or over a point that is higher, it has nothing more to
/// say. Where it promises a lower one it is carried through as find_pathway() does, and the lowest counts. After a path
/// of several steps, or one that was climbed to a point of higher order first, bands on the engine alone from the
/// straight and the pair-distance path are carried through before: the process may have led all others the same way.
/// @param first  the first search, converged  @param begun_from  its first path
Procedure<Searched> search_again(Pathway first, std::vector<Configuration> begun_from, Mobile mobile,
                                 PathwayOptions options);

}  // namespace hopflow
