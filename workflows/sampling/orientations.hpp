// SPDX-License-Identifier: GPL-2.0-or-later
// One class of hops, many surroundings: which of its members are run and from which starts, and what they say together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "structures/core/configuration.hpp"
#include "structures/core/crystal.hpp"
#include "structures/hops/hops.hpp"
#include "structures/symmetry/symmetry.hpp"

namespace hopflow {

/// A member of a class of hops, and how its molecules lie before anything relaxes.
struct HopSample {
  SitePair pair;      ///< from the class's from_site end
  double weight = 1;  ///< members of the class that the crystal's own symmetry makes its equals
  int start = 0;      ///< 0: as in the host; above: turned_at_random()
};

/// Members of every class that differ by more than the symmetry of the crystal as read: hops that the frame makes
/// equal, the cations' orientations not. The class's representative first, the others drawn without repetition. Where
/// molecules settle, one member can end in many ways: once all members are taken, they are taken again, each time from
/// another start. Random numbers: Philox4x32-10, key (seed, 0x6f726965), counter (hop, draw, 0, 0).
/// @param of_crystal  symmetry of every atom
/// @param most        samples of one class; there are fewer where nothing else is unlike
/// @param settling    molecules are free to move
std::vector<std::vector<HopSample>> hop_samples(const Crystal& crystal, const Symmetry& of_crystal,
                                                const HopTable& table, int element, double max_length, int most,
                                                std::uint64_t seed, bool settling);

/// Another start for the molecules of a cell: each that is free turned about its centre, about an axis of any
/// direction, by an angle that moves its atoms by 0.3 A (root mean square over many draws, about what they do at room
/// temperature): a small cation turns far, a long one little. Random numbers: Philox4x32-10, key (seed, 0x7475726e),
/// counter (start, molecule, 0, 0).
/// @param molecules  atoms of each, whole
/// @param free       per atom; a molecule is turned if all its atoms are
/// @param start      0: as they are
Configuration turned_at_random(Configuration configuration, std::span<const std::vector<int>> molecules,
                               const Mask& free, std::uint64_t seed, int start);

/// A structure out of its symmetric place: each coordinate of the free atoms moved by a normal deviate. Random numbers:
/// Philox4x32-10, key (seed, 0x70657274), counter (atom, 0, 0, 0).
/// @param sd  standard deviation (A)
Configuration perturbed(Configuration configuration, const Mask& free, double sd, std::uint64_t seed);

/// A weighted sample of one quantity.
struct SampleStatistics {
  double mean = 0;
  std::optional<double> sd;   ///< of a single value; none for fewer than two
  std::optional<double> sem;  ///< of the mean
  double median = 0, low = 0, high = 0;
};

/// @param values, weights  of one length, not empty; weights positive
SampleStatistics statistics_of(std::span<const double> values, std::span<const double> weights);

/// The one barrier whose rate is the mean of the rates over samples, all with one attempt frequency.
struct RateAverage {
  double barrier_ev = 0;  ///< -kT ln <exp(-E/kT)>
  double error_ev = 0;    ///< jackknife over samples; 0 for one
};

/// @param values, weights  barriers (eV) and what each counts for, of one length, not empty; weights positive
RateAverage rate_average(std::span<const double> values, std::span<const double> weights, double temperature_k);

}  // namespace hopflow
