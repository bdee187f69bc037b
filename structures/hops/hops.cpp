// SPDX-License-Identifier: GPL-2.0-or-later
// Classes of symmetry-equivalent hops, with what a chemist asks of each.
#include "structures/hops/hops.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <tuple>

#include <fmt/core.h>

#include "structures/chemistry/molecules.hpp"
#include "structures/chemistry/radii.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/framework/framework.hpp"
#include "structures/graph/neighbors.hpp"
#include "structures/graph/periodic_graph.hpp"
#include "structures/hops/hop_path.hpp"
#include "structures/hops/pair_orbits.hpp"

namespace hopflow {

namespace {

using Key = std::array<int, 5>;

Key key_of(const SitePair& p) { return {p.from, p.to, p.image(0), p.image(1), p.image(2)}; }

SitePair reversed(const SitePair& p) { return {p.to, p.from, -p.image}; }

/// One name for both directions of a pair.
Key undirected(const SitePair& p) { return std::min(key_of(p), key_of(reversed(p))); }

Eigen::Vector3d vector_of(const Crystal& crystal, const SitePair& p) {
  return crystal.cell * (crystal.fractional.col(p.to) + p.image.cast<double>() - crystal.fractional.col(p.from));
}

/// The atoms next to a path but its two ends. The neighbours of both ends are looked at: an atom that far from each is
/// farther from the path than the metal every halide has next to it.
std::vector<Bystander> bystanders_of(const Crystal& crystal, const SitePair& pair, const std::vector<Neighbor>& around,
                                     const std::vector<std::size_t>& first, const std::vector<double>& radius) {
  const auto of = [&](int end) {
    const auto slot = static_cast<std::size_t>(end);
    return std::span{around}.subspan(first[slot], first[slot + 1] - first[slot]);
  };
  using Place = std::array<int, 4>;
  const auto place = [](const Neighbor& n) { return Place{n.j, n.image(0), n.image(1), n.image(2)}; };
  const std::span<const Neighbor> here = of(pair.from);
  std::vector<Bystander> out;
  const auto add = [&](int atom, const Eigen::Vector3i& image) {
    out.push_back(
        {crystal.cell * (crystal.fractional.col(atom) + image.cast<double>() - crystal.fractional.col(pair.from)),
         radius[static_cast<std::size_t>(atom)], atom});
  };
  const Place target{pair.to, pair.image(0), pair.image(1), pair.image(2)};
  for (const Neighbor& other : here)
    if (place(other) != target) add(other.j, other.image);
  for (const Neighbor& other : of(pair.to)) {
    const Eigen::Vector3i image = other.image + pair.image;
    const Place at{other.j, image(0), image(1), image(2)};
    if (at == Place{pair.from, 0, 0, 0}) continue;
    // Neighbours are in the order of their places.
    const auto seen =
        std::lower_bound(here.begin(), here.end(), at, [&](const Neighbor& n, const Place& p) { return place(n) < p; });
    if (seen == here.end() || place(*seen) != at) add(other.j, image);
  }
  return out;
}

/// Kind of an operation from its matrix: it has a fixed point half way of the path, so no glide or screw is left in it.
std::string swap_name(const Eigen::Matrix3d& rotation) {
  const long trace = std::lround(rotation.trace());
  if (rotation.determinant() > 0) return trace == -1 ? "two-fold axis" : "rotation axis";
  return trace == 1 ? "mirror" : trace == -3 ? "inversion" : "rotoinversion";
}

/// What swaps the ends of a pair (places in the list of map_atoms): of several operations the mirror, then the axis.
std::string swap_of(const SitePair& pair, const AtomMaps& maps) {
  std::string out;
  const auto worth = [](const std::string& name) {
    return name == "mirror" ? 4 : name == "two-fold axis" ? 3 : name == "inversion" ? 2 : name.empty() ? 0 : 1;
  };
  for (const AtomMap& map : maps.all) {
    if (!carries(pair, reversed(pair), maps, map)) continue;
    const std::string name = swap_name(map.rotation);
    if (worth(name) > worth(out)) out = name;
  }
  return out.empty() ? "several operations" : out;
}

int count_shared_metals(const SitePair& pair, const std::vector<Neighbor>& around,
                        const std::vector<std::size_t>& first, const std::vector<bool>& metal) {
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
void find_sites(HopTable& table, const Crystal& crystal, const std::vector<int>& atoms, const AtomMaps& maps) {
  table.site_of_atom.assign(crystal.species.size(), -1);
  std::map<std::string, int> used;
  for (std::size_t k = 0; k < atoms.size(); ++k) {
    const auto atom = static_cast<std::size_t>(atoms[k]);
    if (table.site_of_atom[atom] >= 0) continue;
    const int site = static_cast<int>(table.sites.size());
    table.sites.push_back({atoms[k], crystal.labels[atom], 0});
    if (used[crystal.labels[atom]]++ > 0)
      table.sites.back().label = fmt::format("{}_{}", crystal.labels[atom], atom + 1);
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
    throw Error{
        Error::Kind::bad_input,
        fmt::format("{}: there is no {} atom outside molecules; the structure contains {}. Choose another element",
                    text::printable(crystal.name), symbol_of(element), formula_of(crystal.species))};

  const AtomMaps maps = map_atoms(crystal, symmetry, atoms);
  HopTable table;
  find_sites(table, crystal, atoms, maps);

  // Neighbours of every kind round the mobile atoms: for the candidates, the metals and the bottlenecks.
  const std::vector<Neighbor> around =
      find_neighbors_of(atoms, crystal.cell, crystal.fractional, std::max(max_length + 1e-6, 4.5));
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
  const std::vector<bool> metal = framework_metals(crystal);
  std::vector<double> radius;
  const std::vector<bool> organic = in_molecule(crystal);
  constexpr double nowhere = -1e3;  // a place of an average structure is no obstacle to what hops between such places
  for (std::size_t i = 0; i < crystal.species.size(); ++i)
    radius.push_back(!crystal.occupancy.empty() && crystal.species[i] == element ? nowhere
                     : organic[i] ? van_der_waals_radius(crystal.species[i])
                                  : ionic_radius(crystal.species[i]));
  const PeriodicComponents frame = frame_components(crystal, metal_bonds);
  const std::vector<std::vector<Touching>> touching = cage_contacts(crystal);

  std::set<Key> done;
  for (const auto& [rounded, pair] : candidates) {
    if (done.contains(undirected(pair))) continue;
    Hop hop{};
    hop.representative = pair;
    hop.from_site = table.site_of_atom[static_cast<std::size_t>(pair.from)];
    hop.to_site = table.site_of_atom[static_cast<std::size_t>(pair.to)];
    hop.length_angstrom = vector_of(crystal, pair).norm();
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
    hop.intra = stays_in_component(frame, touching, pair.from, pair.to, pair.image);
    hop.shared_metal = count_shared_metals(pair, around, first, metal);
    if (hop.reversed_by_symmetry) hop.swapped_by = swap_of(listed, maps);
    const Eigen::Vector3d path = vector_of(crystal, pair);
    const std::vector<Bystander> bystanders = bystanders_of(crystal, pair, around, first, radius);
    const Clearance clearance = clearance_of(path, bystanders);
    hop.bottleneck_angstrom = clearance.distance;
    hop.free_radius_angstrom = clearance.free_radius;
    hop.narrowest_atom = clearance.atom;
    const PathHint hint = bow_path(path, bystanders);
    hop.bow = hint.bow;
    hop.bowed_free_radius_angstrom = hint.free_radius;
    table.hops.push_back(std::move(hop));
  }
  name_hops(table);

  std::vector<SitePair> all;
  for (const Hop& hop : table.hops) all.insert(all.end(), hop.members.begin(), hop.members.end());
  table.dimension = network_dimension(crystal.size(), all);
  return table;
}

std::vector<std::vector<int>> merged_classes(const HopTable& table, const HopTable& finer) {
  std::map<Key, std::size_t> class_of;
  for (std::size_t k = 0; k < table.hops.size(); ++k)
    for (const SitePair& member : table.hops[k].members) class_of[undirected(member)] = k;
  std::vector<std::vector<int>> out(table.hops.size());
  for (std::size_t k = 0; k < finer.hops.size(); ++k)
    if (const auto found = class_of.find(undirected(finer.hops[k].representative)); found != class_of.end())
      out[found->second].push_back(static_cast<int>(k));
  return out;
}

}  // namespace hopflow
