// SPDX-License-Identifier: GPL-2.0-or-later
// One class of hops, many surroundings: which of its members are run, and what they say together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "structures/crystal.hpp"
#include "structures/hops.hpp"
#include "structures/symmetry.hpp"

namespace hopflow {

/// A member of a class of hops, and how many members of the class the crystal's own symmetry makes its equals.
struct HopSample {
  SitePair pair;    ///< from the class's from_site end
  double weight = 1;
};

/// Members of every class that differ by more than the symmetry of the crystal as read: hops that the frame makes equal, the
/// cations' orientations not. At most `most` of each, the class's representative first, the others drawn without
/// repetition. Random numbers: Philox4x32-10, key (seed, 0x6f726965), counter (hop, draw, 0, 0).
/// @param of_crystal  symmetry of every atom
std::vector<std::vector<HopSample>> hop_samples(const Crystal& crystal, const Symmetry& of_crystal, const HopTable& table,
                                                int element, double max_length, int most, std::uint64_t seed);

/// A weighted sample of one quantity.
struct SampleStatistics {
  double mean = 0;
  std::optional<double> sd;    ///< of a single value; none for fewer than two
  std::optional<double> sem;   ///< of the mean
  double median = 0, low = 0, high = 0;
};

/// @param values, weights  of one length, not empty; weights positive
SampleStatistics statistics_of(std::span<const double> values, std::span<const double> weights);

}  // namespace hopflow
