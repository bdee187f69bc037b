// SPDX-License-Identifier: GPL-2.0-or-later
// Classes of symmetry-equivalent hops, with what a chemist asks of each.
#include "structures/hops.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include <fmt/core.h>

#include "structures/element.hpp"
#include "structures/error.hpp"
#include "structures/framework.hpp"
#include "structures/neighbors.hpp"
#include "structures/pair_orbits.hpp"
#include "structures/periodic_graph.hpp"
#include "structures/text.hpp"

namespace hopflow {

namespace {

using Key = std::array<int, 5>;

Key key_of(const SitePair& p) { return {p.from, p.to, p.image(0), p.image(1), p.image(2)}; }

SitePair reversed(const SitePair& p) { return {p.to, p.from, -p.image}; }

/// One name for both directions of a pair.
Key undirected(const SitePair& p) { return std::min(key_of(p), key_of(reversed(p))); }

double length_of(const Crystal& crystal, const SitePair& p) {
  return (crystal.cell *
          (crystal.fractional.col(p.to) + p.image.cast<double>() - crystal.fractional.col(p.from)))
      .norm();
}

/// Distance from the straight path to the nearest atom that is neither of its ends. The neighbours of both ends are
/// looked at: an atom that far from each is farther from the path than the metal every halide has beside it.
double bottleneck(const Crystal& crystal, const SitePair& pair, const std::vector<Neighbor>& around,
                  const std::vector<std::size_t>& first) {
  const Eigen::Vector3d path =
      crystal.cell * (crystal.fractional.col(pair.to) + pair.image.cast<double>() - crystal.fractional.col(pair.from));
  double nearest = std::numeric_limits<double>::infinity();
  const auto look_round = [&](int end, const Eigen::Vector3i& cell, int opposite, const Eigen::Vector3i& opposite_cell) {
    const auto slot = static_cast<std::size_t>(end);
    for (std::size_t k = first[slot]; k < first[slot + 1]; ++k) {
      const Neighbor& other = around[k];
      const Eigen::Vector3i image = other.image + cell;
      if (other.j == opposite && image == opposite_cell) continue;
      const Eigen::Vector3d at = crystal.cell * (crystal.fractional.col(other.j) + image.cast<double>() -
                                                 crystal.fractional.col(pair.from));
      const double along = std::clamp(at.dot(path) / path.squaredNorm(), 0.0, 1.0);
      nearest = std::min(nearest, (at - along * path).norm());
    }
  };
  const Eigen::Vector3i home = Eigen::Vector3i::Zero();
  look_round(pair.from, home, pair.to, pair.image);
  look_round(pair.to, pair.image, pair.from, home);
  return nearest;
}

int count_shared_metals(const SitePair& pair, const std::vector<Neighbor>& around, const std::vector<std::size_t>& first,
                        const std::vector<bool>& metal) {
  constexpr double bonded = 4.0;  // A
  const auto metals_at = [&](int atom, const Eigen::Vector3i& cell) {
    std::set<std::array<int, 4>> out;
    const auto slot = static_cast<std::size_t>(atom);
    for (std::size_t k = first[slot]; k < first[slot + 1]; ++k)
      if (metal[static_cast<std::size_t>(around[k].j)] && around[k].distance < bonded) {
        const Eigen::Vector3i image = around[k].image + cell;
        out.insert({around[k].j, image(0), image(1), image(2)});
      }
    return out;
  };
  const auto here = metals_at(pair.from, Eigen::Vector3i::Zero());
  const auto there = metals_at(pair.to, pair.image);
  return static_cast<int>(std::count_if(here.begin(), here.end(), [&](const auto& m) { return there.contains(m); }));
}

/// Sites from the orbits of single atoms; labels made unique by the atom's number where a file repeats them.
void find_sites(HopTable& table, const Crystal& crystal, const std::vector<int>& atoms,
                const std::vector<AtomMap>& maps) {
  table.site_of_atom.assign(crystal.species.size(), -1);
  std::map<std::string, int> used;
  for (std::size_t k = 0; k < atoms.size(); ++k) {
    const auto atom = static_cast<std::size_t>(atoms[k]);
    if (table.site_of_atom[atom] >= 0) continue;
    const int site = static_cast<int>(table.sites.size());
    table.sites.push_back({atoms[k], crystal.labels[atom], 0});
    if (used[crystal.labels[atom]]++ > 0) table.sites.back().label = fmt::format("{}_{}", crystal.labels[atom], atom + 1);
    for (const SitePair& image : orbit_of({static_cast<int>(k), static_cast<int>(k), Eigen::Vector3i::Zero()}, maps)) {
      const auto target = static_cast<std::size_t>(atoms[static_cast<std::size_t>(image.from)]);
      if (table.site_of_atom[target] < 0) ++table.sites.back().multiplicity;
      table.site_of_atom[target] = site;
    }
  }
}

/// "I1-I2-4.69"; classes that would share a name get b, c, ... in the order of the table.
void name_hops(HopTable& table) {
  std::map<std::string, int> used;
  for (Hop& hop : table.hops) {
    hop.id = fmt::format("{}-{}-{:.2f}", table.sites[static_cast<std::size_t>(hop.from_site)].label,
                         table.sites[static_cast<std::size_t>(hop.to_site)].label, hop.length_angstrom);
    const int before = used[hop.id]++;
    if (before == 0) continue;
    hop.id += before < 26 ? fmt::format("{}", static_cast<char>('a' + before)) : fmt::format(".{}", before + 1);
  }
}

}  // namespace

HopTable find_hops(const Crystal& crystal, const Symmetry& symmetry, int element, double max_length) {
  if (!(max_length > 0 && max_length <= 50))
    throw Error{Error::Kind::bad_input, fmt::format("hop length {} A: it must lie between 0 and 50", max_length)};
  std::vector<int> atoms;
  for (const int atom : symmetry.atoms)
    if (crystal.species[static_cast<std::size_t>(atom)] == element) atoms.push_back(atom);
  if (atoms.empty())
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: no {} atom outside molecules; the structure is {}", text::printable(crystal.name),
                            symbol_of(element), formula_of(crystal.species))};

  const std::vector<AtomMap> maps = map_atoms(crystal, symmetry, atoms);
  HopTable table;
  find_sites(table, crystal, atoms, maps);

  // Neighbours of every kind round the mobile atoms: for the candidates, the metals and the bottlenecks.
  const std::vector<Neighbor> around =
      find_neighbors(crystal.cell, crystal.fractional, std::max(max_length + 1e-6, 4.5));
  std::vector<std::size_t> first(crystal.species.size() + 1, 0);
  for (const Neighbor& pair : around) ++first[static_cast<std::size_t>(pair.i) + 1];
  for (std::size_t i = 0; i < crystal.species.size(); ++i) first[i + 1] += first[i];

  std::vector<int> place(crystal.species.size(), -1);
  for (std::size_t k = 0; k < atoms.size(); ++k) place[static_cast<std::size_t>(atoms[k])] = static_cast<int>(k);
  std::vector<std::pair<long, SitePair>> candidates;
  for (const Neighbor& pair : around) {
    if (place[static_cast<std::size_t>(pair.i)] < 0 || place[static_cast<std::size_t>(pair.j)] < 0) continue;
    if (pair.distance > max_length) continue;
    // Lengths equal by symmetry differ in their last bits; rounding keeps the order of equals to the indices.
    candidates.emplace_back(std::lround(pair.distance * 1e5), SitePair{pair.i, pair.j, pair.image});
  }
  std::stable_sort(candidates.begin(), candidates.end(), [&](const auto& a, const auto& b) {
    const auto sites = [&](const SitePair& p) {
      return std::pair{table.site_of_atom[static_cast<std::size_t>(p.from)],
                       table.site_of_atom[static_cast<std::size_t>(p.to)]};
    };
    return std::tuple{a.first, sites(a.second), key_of(a.second)} <
           std::tuple{b.first, sites(b.second), key_of(b.second)};
  });

  const std::vector<MetalBond> metal_bonds = find_metal_bonds(crystal);
  std::vector<PeriodicEdge> edges;
  std::vector<bool> metal(crystal.species.size(), false);
  for (const MetalBond& bond : metal_bonds) {
    edges.push_back({bond.metal, bond.anion, bond.image});
    metal[static_cast<std::size_t>(bond.metal)] = true;
  }
  const PeriodicComponents frame = find_components(crystal.size(), edges);

  std::set<Key> done;
  for (const auto& [rounded, pair] : candidates) {
    if (done.contains(undirected(pair))) continue;
    Hop hop{};
    hop.representative = pair;
    hop.from_site = table.site_of_atom[static_cast<std::size_t>(pair.from)];
    hop.to_site = table.site_of_atom[static_cast<std::size_t>(pair.to)];
    hop.length_angstrom = length_of(crystal, pair);
    const Key backwards = key_of(reversed(pair));
    const SitePair listed{place[static_cast<std::size_t>(pair.from)], place[static_cast<std::size_t>(pair.to)],
                          pair.image};
    for (const SitePair& image : orbit_of(listed, maps)) {
      const SitePair member{atoms[static_cast<std::size_t>(image.from)], atoms[static_cast<std::size_t>(image.to)],
                            image.image};
      if (key_of(member) == backwards) hop.reversed_by_symmetry = true;
      if (done.insert(undirected(member)).second) hop.members.push_back(member);
    }
    hop.multiplicity = static_cast<int>(hop.members.size());
    hop.intra = frame.joined(pair.from, pair.to, pair.image);
    hop.shared_metal = count_shared_metals(pair, around, first, metal);
    hop.bottleneck_angstrom = bottleneck(crystal, pair, around, first);
    table.hops.push_back(std::move(hop));
  }
  name_hops(table);

  std::vector<SitePair> all;
  for (const Hop& hop : table.hops) all.insert(all.end(), hop.members.begin(), hop.members.end());
  table.dimension = network_dimension(crystal.size(), all);
  return table;
}

}  // namespace hopflow
