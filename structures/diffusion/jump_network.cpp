// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/diffusion/jump_network.hpp"

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/graph/periodic_graph.hpp"

namespace hopflow {

namespace {

/// Coordinates of a vector in the columns of a lattice in echelon form (see add_to_lattice) that holds it.
Eigen::Vector3i coordinates_in(const Eigen::Matrix3i& basis, Eigen::Vector3i vector) {
  Eigen::Vector3i out = Eigen::Vector3i::Zero();
  int place = 0;
  for (int k = 0; k < 3; ++k) {
    if (basis(k, k) == 0) continue;
    const int times = vector(k) / basis(k, k);
    vector -= times * basis.col(k);
    out(place++) = times;
  }
  return out;
}

Eigen::Matrix3Xd translations(const Eigen::Matrix3d& cell, const Eigen::Matrix3i& basis) {
  Eigen::Matrix3Xd out(3, 0);
  for (int k = 0; k < 3; ++k) {
    if (basis(k, k) == 0) continue;
    out.conservativeResize(3, out.cols() + 1);
    out.col(out.cols() - 1) = cell * basis.col(k).cast<double>();
  }
  return out;
}

}  // namespace

std::optional<JumpNetwork> jump_network(const Crystal& crystal, const HopTable& table,
                                        std::span<const HopEnergy> energies) {
  const auto barrier = network_barrier(table, energies, 1);
  if (!barrier) return std::nullopt;
  const SiteEnergies sites = site_energies(table, energies);
  const auto group_of = [&](int hop) {
    return sites.group[static_cast<std::size_t>(table.hops[static_cast<std::size_t>(hop)].from_site)];
  };
  const int group = group_of(barrier->deciding_hop);

  JumpNetwork out;
  out.cell = crystal.cell;
  std::vector<int> place(table.site_of_atom.size(), -1);
  for (std::size_t atom = 0; atom < table.site_of_atom.size(); ++atom) {
    const int site = table.site_of_atom[atom];
    if (site < 0 || sites.group[static_cast<std::size_t>(site)] != group) continue;
    place[atom] = out.size();
    out.energy_ev.push_back(sites.energy[static_cast<std::size_t>(site)]);
    out.fractional.emplace_back(crystal.fractional.col(static_cast<Eigen::Index>(atom)));
  }
  for (const HopEnergy& e : energies) {
    if (group_of(e.hop) != group) continue;
    const double saddle = saddle_energy(table, sites, e);
    for (const SitePair& member : table.hops[static_cast<std::size_t>(e.hop)].members)
      out.jumps.push_back({place[static_cast<std::size_t>(member.from)], place[static_cast<std::size_t>(member.to)],
                           member.image, saddle});
  }
  return out;
}

void check_rate_conditions(double temperature, double frequency) {
  if (!(temperature > 0 && temperature < 1e5))
    throw Error{Error::Kind::bad_input, fmt::format("temperature {} K: it must lie between 0 and 100000", temperature)};
  if (!(frequency > 0 && frequency < 1e6))
    throw Error{Error::Kind::bad_input,
                fmt::format("attempt frequency {} THz: it must lie between 0 and 1000000", frequency)};
}

std::vector<JumpComponent> components_of(const JumpNetwork& network) {
  std::vector<PeriodicEdge> edges;
  for (const Jump& jump : network.jumps) edges.push_back({jump.from, jump.to, jump.image});
  const PeriodicComponents graph = find_components(network.size(), edges);
  std::vector<JumpComponent> out(static_cast<std::size_t>(graph.count()));
  for (std::size_t c = 0; c < out.size(); ++c) out[c].lattice = translations(network.cell, graph.cycles[c]);
  std::vector<int> place;
  for (std::size_t site = 0; site < network.energy_ev.size(); ++site) {
    JumpComponent& component = out[static_cast<std::size_t>(graph.component[site])];
    place.push_back(static_cast<int>(component.sites.size()));
    component.sites.push_back(static_cast<int>(site));
    component.fractional.emplace_back(network.fractional[site] + graph.offset[site].cast<double>());
  }
  for (const Jump& jump : network.jumps) {
    const auto from = static_cast<std::size_t>(jump.from), to = static_cast<std::size_t>(jump.to);
    const auto c = static_cast<std::size_t>(graph.component[from]);
    const Eigen::Vector3i round = graph.offset[from] + jump.image - graph.offset[to];
    out[c].jumps.push_back({place[from], place[to], coordinates_in(graph.cycles[c], round), jump.saddle_ev});
  }
  return out;
}

}  // namespace hopflow
