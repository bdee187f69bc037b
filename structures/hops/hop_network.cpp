// SPDX-License-Identifier: GPL-2.0-or-later
// The network that hops form: its dimension, the hops it needs, the barrier of the easiest endless path.
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/graph/periodic_graph.hpp"
#include "structures/hops/hops.hpp"

namespace hopflow {

namespace {

void append(std::vector<PeriodicEdge>& edges, const Hop& hop) {
  for (const SitePair& member : hop.members) edges.push_back({member.from, member.to, member.image});
}

}  // namespace

SiteEnergies site_energies(const HopTable& table, std::span<const HopEnergy> energies) {
  const auto n = static_cast<Eigen::Index>(table.sites.size());
  std::vector<PeriodicEdge> ties;
  SiteEnergies out{std::vector<double>(table.sites.size(), 0), std::vector<int>(table.sites.size(), -1)};
  for (const HopEnergy& e : energies) {
    const Hop& hop = table.hops.at(static_cast<std::size_t>(e.hop));
    if (!std::isfinite(e.forward_ev) || !std::isfinite(e.reverse_ev))
      throw Error{Error::Kind::bad_input, fmt::format("hop {}: its barriers must be finite numbers", hop.id)};
    ties.push_back({hop.from_site, hop.to_site, Eigen::Vector3i::Zero()});
  }
  const PeriodicComponents groups = find_components(static_cast<int>(n), ties);
  for (const PeriodicEdge& tie : ties)
    for (const int site : {tie.from, tie.to})
      out.group[static_cast<std::size_t>(site)] = groups.component[static_cast<std::size_t>(site)];

  // Least squares of E_to - E_from = forward - reverse; the pseudo-inverse leaves each group's mean at zero.
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(energies.size()), n);
  Eigen::VectorXd b = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(energies.size()));
  for (std::size_t k = 0; k < energies.size(); ++k) {
    const Hop& hop = table.hops[static_cast<std::size_t>(energies[k].hop)];
    if (hop.from_site == hop.to_site) continue;
    const auto row = static_cast<Eigen::Index>(k);
    a(row, hop.to_site) = 1;
    a(row, hop.from_site) = -1;
    b(row) = energies[k].forward_ev - energies[k].reverse_ev;
  }
  const Eigen::VectorXd x = a.completeOrthogonalDecomposition().solve(b);
  std::vector<double> lowest(static_cast<std::size_t>(groups.count()), std::numeric_limits<double>::infinity());
  for (Eigen::Index s = 0; s < n; ++s) {
    auto& low = lowest[static_cast<std::size_t>(groups.component[static_cast<std::size_t>(s)])];
    low = std::min(low, x(s));
  }
  for (Eigen::Index s = 0; s < n; ++s)
    out.energy[static_cast<std::size_t>(s)] =
        x(s) - lowest[static_cast<std::size_t>(groups.component[static_cast<std::size_t>(s)])];
  return out;
}

double saddle_energy(const HopTable& table, const SiteEnergies& sites, const HopEnergy& energy) {
  const Hop& hop = table.hops[static_cast<std::size_t>(energy.hop)];
  return 0.5 * (sites.energy[static_cast<std::size_t>(hop.from_site)] + energy.forward_ev +
                sites.energy[static_cast<std::size_t>(hop.to_site)] + energy.reverse_ev);
}

int network_dimension(int atoms, std::span<const SitePair> edges) {
  std::vector<PeriodicEdge> graph;
  for (const SitePair& edge : edges) graph.push_back({edge.from, edge.to, edge.image});
  const PeriodicComponents components = find_components(atoms, graph);
  return components.rank.empty() ? 0 : *std::max_element(components.rank.begin(), components.rank.end());
}

namespace {

/// Adds hops in the order of their saddles, group by group, until some component satisfies `endless`: its lattice of
/// cycle translations and their rank.
template <class Endless>
std::optional<NetworkBarrier> minimax(const HopTable& table, std::span<const HopEnergy> energies,
                                      const Endless& endless) {
  if (energies.empty()) return std::nullopt;
  const SiteEnergies sites = site_energies(table, energies);
  struct Step {
    double saddle;
    int group;
    int hop;
  };
  std::vector<Step> steps;
  for (const HopEnergy& e : energies) {
    const auto from = static_cast<std::size_t>(table.hops[static_cast<std::size_t>(e.hop)].from_site);
    steps.push_back({saddle_energy(table, sites, e), sites.group[from], e.hop});
  }
  std::sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) {
    return std::tie(a.group, a.saddle, a.hop) < std::tie(b.group, b.saddle, b.hop);
  });

  std::optional<NetworkBarrier> best;
  const int atoms = static_cast<int>(table.site_of_atom.size());
  for (std::size_t begin = 0; begin < steps.size();) {
    std::size_t end = begin;
    while (end < steps.size() && steps[end].group == steps[begin].group) ++end;
    std::vector<PeriodicEdge> edges;
    for (std::size_t k = begin; k < end; ++k) {
      append(edges, table.hops[static_cast<std::size_t>(steps[k].hop)]);
      const PeriodicComponents graph = find_components(atoms, edges);
      int reached = 0;
      double lowest = std::numeric_limits<double>::infinity();
      for (std::size_t atom = 0; atom < table.site_of_atom.size(); ++atom) {
        const auto c = static_cast<std::size_t>(graph.component[atom]);
        if (table.site_of_atom[atom] < 0 || !endless(graph.cycles[c], graph.rank[c])) continue;
        reached = std::max(reached, graph.rank[c]);
        lowest = std::min(lowest, sites.energy[static_cast<std::size_t>(table.site_of_atom[atom])]);
      }
      if (reached == 0) continue;
      const double barrier = steps[k].saddle - lowest;
      if (!best || barrier < best->barrier_ev) best = NetworkBarrier{reached, barrier, steps[k].hop};
      break;
    }
    begin = end;
  }
  return best;
}

}  // namespace

std::optional<NetworkBarrier> network_barrier(const HopTable& table, std::span<const HopEnergy> energies,
                                              int dimension) {
  return minimax(table, energies, [&](const Eigen::Matrix3i&, int rank) { return rank >= std::max(dimension, 1); });
}

std::optional<NetworkBarrier> network_barrier_along(const HopTable& table, std::span<const HopEnergy> energies,
                                                    int axis) {
  return minimax(table, energies, [&](const Eigen::Matrix3i& cycles, int rank) {
    // A multiple of the cell vector is a translation of the network if adding the vector makes the lattice no larger.
    const Eigen::Matrix3i with = add_to_lattice(cycles, Eigen::Vector3i::Unit(axis));
    return (with.diagonal().array() != 0).count() == rank && rank > 0;
  });
}

std::vector<NetworkBarrier> barriers_by_dimension(const HopTable& table, std::span<const HopEnergy> energies) {
  std::vector<NetworkBarrier> out;
  for (int dimension = 1; dimension <= 3; ++dimension) {
    const auto barrier = network_barrier(table, energies, dimension);
    if (!barrier) break;
    if (!out.empty() && out.back().dimension >= barrier->dimension) continue;
    out.push_back(*barrier);
  }
  return out;
}

std::vector<DimensionStep> dimension_by_length(const HopTable& table) {
  std::vector<DimensionStep> out;
  std::vector<PeriodicEdge> edges;
  for (std::size_t k = 0; k < table.hops.size(); ++k) {
    append(edges, table.hops[k]);
    const PeriodicComponents graph = find_components(static_cast<int>(table.site_of_atom.size()), edges);
    const int now = *std::max_element(graph.rank.begin(), graph.rank.end());
    if (now > (out.empty() ? 0 : out.back().dimension)) out.push_back({now, static_cast<int>(k)});
  }
  return out;
}

std::vector<int> network_selection(const HopTable& table) {
  std::vector<PeriodicEdge> edges;
  std::vector<bool> reached(table.sites.size(), false);
  const int atoms = static_cast<int>(table.site_of_atom.size());
  int dimension = 0;
  double longest = 0;
  for (const Hop& hop : table.hops) {
    append(edges, hop);
    const PeriodicComponents graph = find_components(atoms, edges);
    const int now = *std::max_element(graph.rank.begin(), graph.rank.end());
    const auto from = static_cast<std::size_t>(hop.from_site), to = static_cast<std::size_t>(hop.to_site);
    if (now > dimension || !reached[from] || !reached[to]) longest = hop.length_angstrom;
    dimension = now;
    reached[from] = reached[to] = true;
  }
  // Up to the longest class the network needs, shorter ones stay: which of them is easy is not known from their length.
  std::vector<int> out;
  for (std::size_t k = 0; k < table.hops.size(); ++k)
    if (table.hops[k].length_angstrom <= longest + 1e-6) out.push_back(static_cast<int>(k));
  return out;
}

}  // namespace hopflow
