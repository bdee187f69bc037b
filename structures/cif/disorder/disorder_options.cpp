// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/disorder/disorder_options.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "structures/graph/periodic_graph.hpp"

namespace hopflow {

void Exclusions::add(int a, int b) {
  if (a != b) pairs_.emplace(std::min(a, b), std::max(a, b));
}

bool Exclusions::has(int a, int b) const { return pairs_.contains({std::min(a, b), std::max(a, b)}); }

double Exclusions::occupancy_of(const std::vector<int>& fragments) const {
  return std::accumulate(fragments.begin(), fragments.end(), 0.0,
                         [&](double sum, int f) { return sum + occupancy(f); });
}

bool Exclusions::all_exclude_each_other(const std::vector<int>& fragments) const {
  for (std::size_t i = 0; i < fragments.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (!has(fragments[i], fragments[j])) return false;
  return true;
}

std::vector<std::vector<int>> Exclusions::clusters() const {
  std::vector<PeriodicEdge> edges;
  for (const auto& [a, b] : pairs_) edges.push_back({a, b, Eigen::Vector3i::Zero()});
  const PeriodicComponents graph = find_components(static_cast<int>(occupancy_.size()), edges);
  std::vector<std::vector<int>> out(static_cast<std::size_t>(graph.count()));
  for (std::size_t f = 0; f < occupancy_.size(); ++f)
    out[static_cast<std::size_t>(graph.component[f])].push_back(static_cast<int>(f));
  return out;
}

std::vector<DisorderOption> Exclusions::options(const std::vector<int>& cluster) const {
  std::vector<DisorderOption> out = all_exclude_each_other(cluster) ? one_of(cluster) : independent_sets(cluster);
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.log_weight > b.log_weight + 1e-9; });
  return out;
}

std::vector<DisorderOption> Exclusions::one_of(const std::vector<int>& cluster) const {
  std::vector<DisorderOption> out;
  for (const int f : cluster)
    if (occupancy(f) > 0) out.push_back({{f}, std::log(occupancy(f))});
  if (const double sum = occupancy_of(cluster); sum < 2 - full_occupancy) out.push_back({{}, std::log(1 - sum)});
  return out;
}

std::vector<DisorderOption> Exclusions::independent_sets(const std::vector<int>& cluster) const {
  if (cluster.size() > most_options) return {};
  std::vector<std::vector<int>> found;
  std::vector<int> set;
  largest_sets(set, cluster, {}, found);
  for (std::vector<int>& fragments : found) std::sort(fragments.begin(), fragments.end());
  leave_out(cluster, found);
  if (found.size() > most_options) return {};
  std::vector<DisorderOption> out;
  for (const std::vector<int>& fragments : found) {
    double weight = 0;
    for (const int f : cluster) {
      const bool is_there = std::binary_search(fragments.begin(), fragments.end(), f);
      weight += std::log(std::clamp(is_there ? occupancy(f) : 1 - occupancy(f), 1e-6, 1.0));
    }
    out.push_back({fragments, weight});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.fragments < b.fragments; });
  return out;
}

/// Even with all it excludes the place is not always taken: the fragment may be missing and nothing stand for it.
bool Exclusions::may_be_missing(int fragment, const std::vector<int>& cluster) const {
  double sum = occupancy(fragment);
  for (const int other : cluster)
    if (has(fragment, other)) sum += occupancy(other);
  return sum < 2 - full_occupancy;
}

/// Adds the sets in which fragments that may be missing are missing; stops beyond what is listed.
void Exclusions::leave_out(const std::vector<int>& cluster, std::vector<std::vector<int>>& found) const {
  std::set<std::vector<int>> known(found.begin(), found.end());
  for (std::size_t k = 0; k < found.size() && found.size() <= most_options; ++k)
    for (std::size_t i = 0; i < found[k].size(); ++i) {
      if (!may_be_missing(found[k][i], cluster)) continue;
      std::vector<int> rest = found[k];
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      if (known.insert(rest).second) found.push_back(std::move(rest));
    }
}

/// Bron and Kerbosch 1973, algorithm 457, with a pivot.
void Exclusions::largest_sets(std::vector<int>& set, std::vector<int> open, std::vector<int> closed,
                              std::vector<std::vector<int>>& found) const {
  if (found.size() > most_options) return;
  if (open.empty()) {
    if (closed.empty()) found.push_back(set);
    return;
  }
  const auto fits = [&](int f, int g) { return f != g && !has(f, g); };
  const auto with = [&](const std::vector<int>& list, int f) {
    std::vector<int> out;
    std::copy_if(list.begin(), list.end(), std::back_inserter(out), [&](int g) { return fits(f, g); });
    return out;
  };
  int pivot = open.front();
  std::size_t most = 0;
  for (const auto* list : {&open, &closed})
    for (const int f : *list)
      if (const std::size_t count = with(open, f).size(); count > most) {
        most = count;
        pivot = f;
      }
  for (const int f : std::vector<int>{open}) {
    if (fits(pivot, f)) continue;
    set.push_back(f);
    largest_sets(set, with(open, f), with(closed, f), found);
    set.pop_back();
    std::erase(open, f);
    closed.push_back(f);
  }
}

}  // namespace hopflow
