// SPDX-License-Identifier: GPL-2.0-or-later
// Minima between two ends at which one thing has happened and another has not.
#pragma once

#include <vector>

#include "neb/core/procedure.hpp"
#include "neb/relax/relax.hpp"

namespace hopflow {

struct Stopovers {
  std::vector<Relaxed> states;  ///< from the initial to the final, both included
  int evaluations = 0;
};

/// A hop and molecules that turn by more than 60 degrees, or several such molecules, are events of their own: one band
/// over all of them climbs their sum, where one after the other takes the highest alone. So the turn without the hop,
/// and the hop without the turn, are relaxed; the lower of them that is a minimum apart from both ends divides the way,
/// and each leg is looked at again. Without such a minimum, and where an engine refuses, the ends are given back as
/// they are.
/// @param initial, final  relaxed, aligned  @param mobile  empty: every atom
Procedure<Stopovers> find_stopovers(Relaxed initial, Relaxed final, Mask mobile, RelaxOptions relaxing);

}  // namespace hopflow
