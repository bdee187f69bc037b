// SPDX-License-Identifier: GPL-2.0-or-later
// Metal-halide bonds and how the polyhedra share their halides.
#include "structures/framework/framework.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "structures/chemistry/molecules.hpp"
#include "structures/core/element.hpp"
#include "structures/framework/polyhedra.hpp"
#include "structures/graph/neighbors.hpp"
#include "structures/graph/periodic_graph.hpp"

namespace hopflow {

namespace {

constexpr double longest_bond = 4.0;  // A

}  // namespace

std::vector<bool> framework_metals(const Crystal& crystal) {
  std::vector<bool> metal;
  bool other = false;
  for (const int z : crystal.species) other = other || (is_metal(z) && !is_alkali(z));
  for (const int z : crystal.species) metal.push_back(is_metal(z) && !(other && is_alkali(z)));
  return metal;
}

std::vector<MetalBond> find_metal_bonds(const Crystal& crystal) {
  const std::vector<bool> metal = framework_metals(crystal);
  const std::vector<bool> organic = in_molecule(crystal);
  std::vector<int> atoms;
  for (int i = 0; i < crystal.size(); ++i) {
    const auto slot = static_cast<std::size_t>(i);
    const int z = crystal.species[slot];
    if (!organic[slot] && (metal[slot] || is_halogen(z) || (z == 8 || z == 16 || z == 34 || z == 52)))
      atoms.push_back(i);
  }
  Eigen::Matrix3Xd fractional(3, static_cast<Eigen::Index>(atoms.size()));
  for (std::size_t k = 0; k < atoms.size(); ++k)
    fractional.col(static_cast<Eigen::Index>(k)) = crystal.fractional.col(atoms[k]);
  std::vector<MetalBond> out;
  for (const Neighbor& pair : find_neighbors(crystal.cell, fractional, longest_bond)) {
    const int i = atoms[static_cast<std::size_t>(pair.i)], j = atoms[static_cast<std::size_t>(pair.j)];
    if (!metal[static_cast<std::size_t>(i)] || metal[static_cast<std::size_t>(j)]) continue;
    const double limit = 1.25 * (covalent_radius(crystal.species[static_cast<std::size_t>(i)]) +
                                 covalent_radius(crystal.species[static_cast<std::size_t>(j)]));
    if (pair.distance < limit) out.push_back({i, j, pair.image, pair.distance});
  }
  return out;
}

Framework find_framework(const Crystal& crystal) {
  Framework out;
  const std::vector<bool> organic = in_molecule(crystal);
  const std::vector<MetalBond> bonds = find_metal_bonds(crystal);
  std::vector<PeriodicEdge> edges;
  for (const MetalBond& bond : bonds) edges.push_back({bond.metal, bond.anion, bond.image});
  const PeriodicComponents graph = find_components(crystal.size(), edges);

  std::map<int, int> number;
  for (int i = 0; i < crystal.size(); ++i) {
    const auto slot = static_cast<std::size_t>(i);
    if (organic[slot]) {
      out.component.push_back(-1);
      continue;
    }
    const int component = graph.component[slot];
    out.dimension = std::max(out.dimension, graph.rank[static_cast<std::size_t>(component)]);
    out.component.push_back(number.emplace(component, static_cast<int>(number.size())).first->second);
  }

  std::set<int> kinds;
  for (const SharedAnions& pair : find_shared_anions(crystal, bonds)) kinds.insert(std::min(pair.anions, 3));
  if (kinds.empty())
    out.sharing = "none";
  else if (kinds.size() > 1)
    out.sharing = "mixed";
  else
    out.sharing = *kinds.begin() == 1 ? "corner" : *kinds.begin() == 2 ? "edge" : "face";
  return out;
}

}  // namespace hopflow
