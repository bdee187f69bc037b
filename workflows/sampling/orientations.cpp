// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/sampling/orientations.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <Random123/philox.h>
#include <Random123/boxmuller.hpp>

#include "structures/core/units.hpp"

namespace hopflow {

namespace {

using Philox = r123::Philox4x32;

/// A stream of its own for each purpose.
Philox::key_type key_of(std::uint64_t seed, std::uint32_t purpose) {
  return {{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32) ^ purpose}};
}

bool is_representative(const SitePair& pair, const SitePair& other) {
  const bool same = pair.from == other.from && pair.to == other.to && pair.image == other.image;
  return same || (pair.from == other.to && pair.to == other.from && pair.image == -other.image);
}

}  // namespace

std::vector<std::vector<HopSample>> hop_samples(const Crystal& crystal, const Symmetry& of_crystal,
                                                const HopTable& table, int element, double max_length, int most,
                                                std::uint64_t seed, bool settling) {
  std::vector<std::vector<HopSample>> out;
  if (most == 1) {
    for (const Hop& hop : table.hops) out.push_back({{hop.representative, 1}});
    return out;
  }
  // Slack, so that a class whose mean length is just within reach keeps its longer members.
  const HopTable finer = find_hops(crystal, of_crystal, element, max_length + 1);
  const std::vector<std::vector<int>> members = merged_classes(table, finer);
  for (std::size_t h = 0; h < table.hops.size(); ++h) {
    const Hop& hop = table.hops[h];
    std::vector<HopSample> all;
    std::size_t first = 0;
    for (const int k : members[h]) {
      const Hop& member = finer.hops[static_cast<std::size_t>(k)];
      SitePair pair = member.representative;
      if (table.site_of_atom[static_cast<std::size_t>(pair.from)] != hop.from_site)
        pair = {pair.to, pair.from, Eigen::Vector3i(-pair.image)};
      for (const SitePair& each : member.members)
        if (is_representative(hop.representative, each)) {
          pair = hop.representative;
          first = all.size();
        }
      all.push_back({pair, static_cast<double>(member.multiplicity)});
    }
    std::swap(all.front(), all[first]);
    Philox generator;
    const Philox::key_type key = key_of(seed, 0x6f726965u);
    const std::size_t wanted = std::min(all.size(), static_cast<std::size_t>(most));
    for (std::size_t i = 1; i < wanted; ++i) {
      const Philox::ctr_type counter = {{static_cast<std::uint32_t>(h), static_cast<std::uint32_t>(i), 0, 0}};
      std::swap(all[i], all[i + generator(counter, key)[0] % (all.size() - i)]);
    }
    all.resize(wanted);
    for (std::size_t i = wanted; settling && i < static_cast<std::size_t>(most); ++i) {
      HopSample again = all[i - wanted];
      ++again.start;
      all.push_back(again);
    }
    out.push_back(std::move(all));
  }
  return out;
}

Configuration turned_at_random(Configuration configuration, std::span<const std::vector<int>> molecules,
                               const Mask& free, std::uint64_t seed, int start) {
  if (start == 0) return configuration;
  constexpr double moved = 0.3;  // A
  Philox generator;
  const Philox::key_type key = key_of(seed, 0x7475726eu);
  for (std::size_t m = 0; m < molecules.size(); ++m) {
    const std::vector<int>& molecule = molecules[m];
    if (!std::ranges::all_of(molecule, [&](int atom) { return free[static_cast<std::size_t>(atom)]; })) continue;
    const Eigen::Matrix3Xd atoms = configuration.positions(Eigen::all, molecule);
    const Eigen::Vector3d centre = atoms.rowwise().mean();
    const double size = (atoms.colwise() - centre).squaredNorm() / static_cast<double>(molecule.size());
    const Philox::ctr_type counter = {{static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(m), 0, 0}};
    const Philox::ctr_type bits = generator(counter, key);
    const r123::float2 first = r123::boxmuller(bits[0], bits[1]), second = r123::boxmuller(bits[2], bits[3]);
    // An atom at r moves by |turn x r|, whose mean square is 2/3 of the product of both.
    const Eigen::Vector3d turn = moved / std::sqrt(2 * size) * Eigen::Vector3d(first.x, first.y, second.x);
    const Eigen::Matrix3d rotation = Eigen::AngleAxisd(turn.norm(), turn.normalized()).toRotationMatrix();
    configuration.positions(Eigen::all, molecule) = (rotation * (atoms.colwise() - centre)).colwise() + centre;
  }
  return configuration;
}

Configuration perturbed(Configuration configuration, const Mask& free, double sd, std::uint64_t seed) {
  Philox generator;
  const Philox::key_type key = key_of(seed, 0x70657274u);
  for (Eigen::Index atom = 0; atom < configuration.positions.cols(); ++atom) {
    if (!free[static_cast<std::size_t>(atom)]) continue;
    const Philox::ctr_type bits = generator({{static_cast<std::uint32_t>(atom), 0, 0, 0}}, key);
    const r123::float2 first = r123::boxmuller(bits[0], bits[1]), second = r123::boxmuller(bits[2], bits[3]);
    configuration.positions.col(atom) += sd * Eigen::Vector3d(first.x, first.y, second.x);
  }
  return configuration;
}

SampleStatistics statistics_of(std::span<const double> values, std::span<const double> weights) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  SampleStatistics out;
  for (std::size_t i = 0; i < values.size(); ++i) out.mean += weights[i] / total * values[i];
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  out.low = sorted.front();
  out.high = sorted.back();
  out.median = 0.5 * (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]);
  if (values.size() < 2) return out;
  double scatter = 0, squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    scatter += weights[i] / total * (values[i] - out.mean) * (values[i] - out.mean);
    squares += weights[i] / total * (weights[i] / total);
  }
  const double variance = scatter / (1 - squares);
  out.sd = std::sqrt(variance);
  out.sem = std::sqrt(variance * squares);
  return out;
}

RateAverage rate_average(std::span<const double> values, std::span<const double> weights, double temperature_k) {
  const double kt = units::boltzmann * temperature_k;
  const double lowest = *std::ranges::min_element(values);
  // Without the sample `left_out`; measured from the lowest barrier, since exp(-E/kT) itself may underflow.
  const auto barrier = [&](std::size_t left_out) {
    double sum = 0, total = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i == left_out) continue;
      sum += weights[i] * std::exp(-(values[i] - lowest) / kt);
      total += weights[i];
    }
    // A rate of nothing but underflow is that of the lowest sample left.
    if (!(sum > 0)) {
      double next = std::numeric_limits<double>::infinity();
      for (std::size_t i = 0; i < values.size(); ++i)
        if (i != left_out) next = std::min(next, values[i]);
      return next;
    }
    return lowest - kt * std::log(sum / total);
  };
  RateAverage out{barrier(values.size()), 0};
  if (values.size() < 2) return out;
  double mean = 0, squares = 0;
  std::vector<double> without;
  for (std::size_t i = 0; i < values.size(); ++i) without.push_back(barrier(i));
  for (const double w : without) mean += w / static_cast<double>(without.size());
  for (const double w : without) squares += (w - mean) * (w - mean);
  out.error_ev = std::sqrt(squares * static_cast<double>(without.size() - 1) / static_cast<double>(without.size()));
  return out;
}

}  // namespace hopflow
