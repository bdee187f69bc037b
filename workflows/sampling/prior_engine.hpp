// SPDX-License-Identifier: GPL-2.0-or-later
// An engine's cheap helper, as searches take it.
#pragma once

#include <optional>

#include "neb/delta/prior_relax.hpp"
#include "potentials/core/engine.hpp"

namespace hopflow {

/// How searches of this engine are helped; none where it has no prior engine.
inline std::optional<PriorOptions> prior_of(const EngineSpec& engine) {
  if (!engine.prior) return std::nullopt;
  PriorOptions options;
  options.budget = engine.budget;
  return options;
}

}  // namespace hopflow
