// SPDX-License-Identifier: GPL-2.0-or-later
// Which fragments of a disordered structure exclude each other, and the ways that leaves.
#pragma once

#include <set>
#include <utility>
#include <vector>

namespace hopflow {

/// One choice in a set of fragments that exclude each other.
struct DisorderOption {
  std::vector<int> fragments;  ///< those present
  double log_weight = 0;       ///< natural logarithm of its probability by the stated occupancies
};

/// Occupancies that exclude each other may add up to this, by rounding.
inline constexpr double full_occupancy = 1.02;

/// Exclusions among fragments, by index.
class Exclusions {
 public:
  static constexpr std::size_t most_options = 2000;  ///< of one cluster

  /// @param occupancy  of each fragment
  explicit Exclusions(std::vector<double> occupancy = {}) : occupancy_{std::move(occupancy)} {}

  void add(int a, int b);
  bool has(int a, int b) const;
  const std::set<std::pair<int, int>>& pairs() const { return pairs_; }  ///< smaller index first

  double occupancy_of(const std::vector<int>& fragments) const;
  bool all_exclude_each_other(const std::vector<int>& fragments) const;

  /// Sets that are independent of each other, lone fragments among them.
  std::vector<std::vector<int>> clusters() const;

  /// Every choice in a cluster, likeliest first, among equals in the order of the fragments: where all exclude each
  /// other one of them, or none if their occupancies leave room; else the largest sets without exclusion inside, and
  /// these without fragments whose place may be empty. Empty if there are more than most_options.
  std::vector<DisorderOption> options(const std::vector<int>& cluster) const;

 private:
  std::vector<DisorderOption> one_of(const std::vector<int>& cluster) const;
  std::vector<DisorderOption> independent_sets(const std::vector<int>& cluster) const;
  bool may_be_missing(int fragment, const std::vector<int>& cluster) const;
  void leave_out(const std::vector<int>& cluster, std::vector<std::vector<int>>& found) const;
  void largest_sets(std::vector<int>& set, std::vector<int> open, std::vector<int> closed,
                    std::vector<std::vector<int>>& found) const;
  double occupancy(int fragment) const { return occupancy_[static_cast<std::size_t>(fragment)]; }

  std::vector<double> occupancy_;
  std::set<std::pair<int, int>> pairs_;
};

}  // namespace hopflow
