// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/structure_checks.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/core.h>

#include "structures/element.hpp"
#include "structures/molecules.hpp"
#include "structures/neighbors.hpp"
#include "structures/periodic_graph.hpp"
#include "structures/text.hpp"

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

std::vector<ContactProblem> contact_problems(const Crystal& crystal) {
  constexpr double coincident = 0.5, hydrogens = 1.4, share = 0.65;
  const std::vector<Bond> bonds = find_bonds(crystal);
  std::vector<PeriodicEdge> edges;
  std::set<std::array<int, 5>> bonded;
  for (const Bond& bond : bonds) {
    edges.push_back({bond.i, bond.j, bond.image});
    bonded.insert({bond.i, bond.j, bond.image(0), bond.image(1), bond.image(2)});
    bonded.insert({bond.j, bond.i, -bond.image(0), -bond.image(1), -bond.image(2)});
  }
  const PeriodicComponents molecules = find_components(crystal.size(), edges);

  double reach = 3.0;
  for (const int z : std::set<int>(crystal.species.begin(), crystal.species.end()))
    reach = std::max(reach, 2 * share * covalent_radius(z));
  std::vector<ContactProblem> out;
  std::set<std::string> said;
  int more = 0;
  for (const Neighbor& pair : find_neighbors(crystal.cell, crystal.fractional, reach, most_contacts(crystal.size()))) {
    if (pair.i > pair.j) continue;
    const auto i = static_cast<std::size_t>(pair.i), j = static_cast<std::size_t>(pair.j);
    const int a = crystal.species[i], b = crystal.species[j];
    const bool is_bonded = bonded.contains({pair.i, pair.j, pair.image(0), pair.image(1), pair.image(2)});
    double limit = share * (covalent_radius(a) + covalent_radius(b));
    if (!is_bonded) limit = std::max(limit, contact_limit(a, b));
    if (a == 1 && b == 1)
      limit = molecules.joined(pair.i, pair.j, pair.image) ? coincident : hydrogens;
    limit = std::max(limit, coincident);
    if (pair.distance >= limit) continue;
    const std::string& first = crystal.labels[i];
    const std::string& second = crystal.labels[j];
    const std::string what = pair.distance < coincident
                                 ? fmt::format("atoms {} and {} lie {:.3f} A apart: the same site twice, or disorder",
                                               first, second, pair.distance)
                                 : fmt::format("atoms {} and {} lie {:.3f} A apart, at least {:.2f} A is credible",
                                               first, second, pair.distance, limit);
    if (!said.insert(what).second) continue;
    if (out.size() < 10)
      out.push_back({text::printable(what), pair.i, pair.j});
    else
      ++more;
  }
  if (more > 0) out.push_back({fmt::format("and {} more contacts that are too short", more), -1, -1});
  return out;
}

std::vector<std::string> chemistry_warnings(const Crystal& crystal) {
  std::vector<std::string> out;
  std::vector<PeriodicEdge> edges;
  for (const Bond& bond : find_bonds(crystal)) edges.push_back({bond.i, bond.j, bond.image});
  const PeriodicComponents graph = find_components(crystal.size(), edges);
  std::vector<std::vector<int>> species(static_cast<std::size_t>(graph.count()));
  for (int i = 0; i < crystal.size(); ++i)
    species[static_cast<std::size_t>(graph.component[static_cast<std::size_t>(i)])].push_back(
        crystal.species[static_cast<std::size_t>(i)]);
  std::set<std::string> bare;
  int lone_hydrogens = 0;
  for (std::size_t c = 0; c < species.size(); ++c) {
    const auto& atoms = species[c];
    const auto count = [&](int z) { return std::count(atoms.begin(), atoms.end(), z); };
    if (atoms.size() == 1 && atoms[0] == 1) ++lone_hydrogens;
    if (graph.rank[c] == 0 && count(1) == 0 && (count(6) > 0 || count(7) > 0) && count(9) + count(17) + count(8) == 0)
      bare.insert(formula_of(atoms));
  }
  for (const std::string& formula : bare)
    out.push_back(fmt::format("molecule {} has no hydrogen: add the hydrogen atoms if the file leaves them out", formula));
  if (lone_hydrogens > 0)
    out.push_back(fmt::format("{} hydrogen atoms are bonded to nothing", lone_hydrogens));
  return out;
}

}  // namespace hopflow
