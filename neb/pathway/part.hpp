// SPDX-License-Identifier: GPL-2.0-or-later
// One part of a path, between two minima: its saddle found, certified, drawn through and followed down.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/pathway/pathway.hpp"

namespace hopflow {

/// Saddles whose farthest atom is this near are one.
inline constexpr double same_saddle = 0.3;  // A

/// What the search of one part has come to.
struct PartFound {
  Pathway pathway;        ///< of the part by itself
  std::vector<Dip> dips;  ///< where it leads through other minima, or back to an end: it must be divided there
  bool complete = false;  ///< nothing is left to do, should the dips turn out to be none
  int inserted = 0;       ///< images put in between
  std::size_t plain = 0;  ///< see Known
  std::optional<Surrogate> learned;
};

/// find_pathway() before any division.
Procedure<PartFound> search_part(Path start, Mobile mobile, PathwayOptions options, Known known);

/// Images nobody was asked about are taken out of a path of one part.
void drop_unanswered(Pathway& pathway);

}  // namespace hopflow
