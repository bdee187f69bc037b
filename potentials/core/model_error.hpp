// SPDX-License-Identifier: GPL-2.0-or-later
// How far barriers of an engine lie from the truth, as a part of their error bars.
#pragma once

#include <string>
#include <string_view>

namespace hopflow {

/// One standard deviation (eV) of an engine's barriers, and where the number is from.
struct ModelError {
  double value_ev = 0;
  std::string source;
};

/// What to expect of an engine of which nothing but its tier is known.
/// @param tier  ff | mlip | semiempirical | dft | analytic | test; any other word counts as ff
ModelError model_error_of_tier(std::string_view tier);

}  // namespace hopflow
