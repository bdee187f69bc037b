// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/chemistry/structure_checks.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/core.h>

#include "structures/chemistry/molecules.hpp"
#include "structures/core/element.hpp"
#include "structures/core/text.hpp"
#include "structures/graph/neighbors.hpp"
#include "structures/graph/periodic_graph.hpp"

namespace hopflow {

double contact_limit(int a, int b) {
  struct Limit {
    int halogen, other;
    double distance;
  };
  constexpr std::array limits{Limit{53, 1, 2.3}, Limit{53, 6, 3.0}, Limit{35, 1, 2.1},
                              Limit{35, 6, 2.9}, Limit{17, 1, 1.9}, Limit{17, 6, 2.8}};
  for (const Limit& limit : limits)
    if ((a == limit.halogen && b == limit.other) || (b == limit.halogen && a == limit.other)) return limit.distance;
  return 0;
}

namespace {

struct Limits {
  double impossible, doubtful;  // A
};

/// What two atoms need between them. @param together  they belong to one molecule
Limits limits_of(int a, int b, bool bonded, bool together) {
  constexpr double coincident = 0.5, hydrogens_impossible = 1.2, hydrogens_doubtful = 1.4, bonded_share = 0.65;
  const double bond = bonded_share * (covalent_radius(a) + covalent_radius(b));
  const bool hydrogen = a == 1 || b == 1;
  if (a == 1 && b == 1)
    return together ? Limits{coincident, coincident} : Limits{hydrogens_impossible, hydrogens_doubtful};
  if (bonded || together) {
    // Groups that librate, such as phosphate, show bonds shorter than they are.
    constexpr double librating = 0.6 / bonded_share;
    const double share = a > 10 || b > 10 ? librating : 1;
    return {hydrogen ? coincident : std::max(share * bond, coincident), std::max(bond, coincident)};
  }
  const double least = std::max({contact_limit(a, b), bond, coincident});
  // Relaxed models have hydrogen bonds to halides shorter than crystals show.
  constexpr double hydrogen_bond = 0.82;
  return {hydrogen ? std::max(hydrogen_bond * contact_limit(a, b), std::max(bond, coincident)) : least, least};
}

}  // namespace

std::vector<ContactProblem> contact_problems(const Crystal& crystal) {
  constexpr std::size_t most = 10;
  const std::vector<Bond> bonds = find_bonds(crystal);
  std::vector<PeriodicEdge> edges;
  std::set<std::array<int, 5>> bonded;
  for (const Bond& bond : bonds) {
    edges.push_back({bond.i, bond.j, bond.image});
    bonded.insert({bond.i, bond.j, bond.image(0), bond.image(1), bond.image(2)});
    bonded.insert({bond.j, bond.i, -bond.image(0), -bond.image(1), -bond.image(2)});
  }
  const PeriodicComponents molecules = find_components(crystal.size(), edges);

  double reach = 0;
  const std::set<int> kinds(crystal.species.begin(), crystal.species.end());
  for (const int a : kinds)
    for (const int b : kinds) reach = std::max(reach, limits_of(a, b, false, false).doubtful);
  std::vector<ContactProblem> impossible, doubtful;
  std::set<std::string> said;
  int more_impossible = 0, more_doubtful = 0;
  for (const Neighbor& pair : find_neighbors(crystal.cell, crystal.fractional, reach, most_contacts(crystal.size()))) {
    if (pair.i > pair.j) continue;
    const auto i = static_cast<std::size_t>(pair.i), j = static_cast<std::size_t>(pair.j);
    const bool is_bonded = bonded.contains({pair.i, pair.j, pair.image(0), pair.image(1), pair.image(2)});
    const Limits limits = limits_of(crystal.species[i], crystal.species[j], is_bonded,
                                    is_bonded || molecules.joined(pair.i, pair.j, pair.image));
    if (pair.distance >= limits.doubtful) continue;
    const bool is_impossible = pair.distance < limits.impossible;
    const std::string what =
        pair.distance < 0.5
            ? fmt::format(
                  "atoms {} and {} are {:.3f} A apart: a site is listed twice, or is disordered; remove one of the two",
                  crystal.labels[i], crystal.labels[j], pair.distance)
            : fmt::format("atoms {} and {} are {:.3f} A apart; at least {:.2f} A is expected", crystal.labels[i],
                          crystal.labels[j], pair.distance, limits.doubtful);
    if (!said.insert(what).second) continue;
    auto& list = is_impossible ? impossible : doubtful;
    if (list.size() < most)
      list.push_back({text::printable(what), pair.i, pair.j, is_impossible});
    else
      ++(is_impossible ? more_impossible : more_doubtful);
  }
  if (more_impossible > 0)
    impossible.push_back({fmt::format("and {} more contacts that are too short", more_impossible), -1, -1, true});
  if (more_doubtful > 0)
    doubtful.push_back({fmt::format("and {} more contacts that are too short", more_doubtful), -1, -1, false});
  impossible.insert(impossible.end(), doubtful.begin(), doubtful.end());
  return impossible;
}

namespace {

/// Atoms whose nearest neighbour is a metal, B or Si: hydride, nitride and carbide ions where they are single.
std::vector<bool> nearest_to_metal(const Crystal& crystal, const std::vector<int>& atoms) {
  constexpr double reach = 3.2;  // A
  std::vector<double> nearest(crystal.species.size(), reach);
  std::vector<bool> out(crystal.species.size(), false);
  for (const Neighbor& pair : find_neighbors_of(atoms, crystal.cell, crystal.fractional, reach)) {
    const auto i = static_cast<std::size_t>(pair.i);
    const int z = crystal.species[static_cast<std::size_t>(pair.j)];
    if (pair.distance >= nearest[i]) continue;
    nearest[i] = pair.distance;
    out[i] = is_metal(z) || z == 5 || z == 14;
  }
  return out;
}

}  // namespace

std::vector<std::string> chemistry_warnings(const Crystal& crystal) {
  std::vector<std::string> out;
  std::vector<PeriodicEdge> edges;
  for (const Bond& bond : find_bonds(crystal)) edges.push_back({bond.i, bond.j, bond.image});
  const PeriodicComponents graph = find_components(crystal.size(), edges);
  std::vector<std::vector<int>> species(static_cast<std::size_t>(graph.count()));
  for (int i = 0; i < crystal.size(); ++i)
    species[static_cast<std::size_t>(graph.component[static_cast<std::size_t>(i)])].push_back(
        crystal.species[static_cast<std::size_t>(i)]);
  std::vector<int> singles, first(species.size(), -1);
  for (int i = 0; i < crystal.size(); ++i) {
    const auto c = static_cast<std::size_t>(graph.component[static_cast<std::size_t>(i)]);
    if (first[c] < 0) first[c] = i;
    const int z = crystal.species[static_cast<std::size_t>(i)];
    if (species[c].size() == 1 && (z == 1 || z == 6 || z == 7)) singles.push_back(i);
  }
  const std::vector<bool> is_ion = nearest_to_metal(crystal, singles);
  std::set<std::string> bare;
  int lone_hydrogens = 0;
  for (std::size_t c = 0; c < species.size(); ++c) {
    const auto& atoms = species[c];
    if (is_ion[static_cast<std::size_t>(first[c])]) continue;
    const auto count = [&](int z) { return std::count(atoms.begin(), atoms.end(), z); };
    if (atoms.size() == 1 && atoms[0] == 1) ++lone_hydrogens;
    if (graph.rank[c] == 0 && count(1) == 0 && (count(6) > 0 || count(7) > 0) && count(9) + count(17) + count(8) == 0)
      bare.insert(formula_of(atoms));
  }
  for (const std::string& formula : bare)
    out.push_back(
        fmt::format("molecule {} has no hydrogen: add the hydrogen atoms if the file leaves them out", formula));
  if (lone_hydrogens > 0) out.push_back(fmt::format("{} hydrogen atoms have no bonded neighbour", lone_hydrogens));
  return out;
}

}  // namespace hopflow
