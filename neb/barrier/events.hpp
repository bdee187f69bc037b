// SPDX-License-Identifier: GPL-2.0-or-later
// What happens along the path from one end to the other: steps over saddles, molecules that turn.
#pragma once

#include <string>
#include <vector>

#include "neb/barrier/barrier.hpp"
#include "neb/core/mobile.hpp"
#include "neb/pathway/pathway.hpp"

namespace hopflow {

struct Events {
  std::vector<std::string> warnings;  ///< what turns or comes one after the other, and what to do about it
  Check one_event;  ///< passed: one saddle, and not more than one thing happens: a molecule turns by more
                    ///< than 45 degrees, or other atoms go
};

/// Molecules are those of kept_molecules(); turns are of the whole, or of a CH3, NH3 or OH against it, from end to end
/// or along the path and back. Of a path over several saddles each step is reported with its climb and what moves most
/// in it.
Events events_of(const Pathway& pathway, const Mobile& mobile);

}  // namespace hopflow
