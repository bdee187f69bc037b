// SPDX-License-Identifier: GPL-2.0-or-later
// Bonds from covalent radii, molecules as finite components of the periodic bond graph, names by formula and skeleton.
#include "structures/chemistry/molecules.hpp"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "structures/chemistry/molecule_names.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/graph/neighbors.hpp"
#include "structures/graph/periodic_graph.hpp"

namespace hopflow {

namespace {

constexpr double bond_factor = 1.25;

bool may_bond(int a, int b) {
  if (is_organic_element(a) && is_organic_element(b)) return true;
  return (a == 6 && is_halogen(b)) || (b == 6 && is_halogen(a));
}

PeriodicComponents components_of(const Crystal& crystal, const std::vector<Bond>& bonds) {
  std::vector<PeriodicEdge> edges;
  for (const Bond& bond : bonds) edges.push_back({bond.i, bond.j, bond.image});
  return find_components(crystal.size(), edges);
}

/// Valence electrons of a neutral main-group atom of the organic elements and halogens.
int valence_electrons(int z) {
  switch (z) {
    case 1: return 1;
    case 6: return 4;
    case 7:
    case 15: return 5;
    case 8:
    case 16: return 6;
    default: return 7;
  }
}

void name_molecule(Molecule& molecule, const Crystal& crystal, const std::vector<std::vector<int>>& neighbors) {
  std::vector<int> species, bonded;
  std::map<int, int> place;
  Skeleton skeleton;
  int electrons = 0;
  for (const int atom : molecule.atoms) {
    const auto a = static_cast<std::size_t>(atom);
    species.push_back(crystal.species[a]);
    electrons += valence_electrons(crystal.species[a]);
    if (crystal.species[a] == 1) continue;
    place.emplace(atom, static_cast<int>(skeleton.species.size()));
    skeleton.species.push_back(crystal.species[a]);
    bonded.push_back(static_cast<int>(neighbors[a].size()));
  }
  for (const auto& [atom, slot] : place)
    for (const int other : neighbors[static_cast<std::size_t>(atom)])
      if (other > atom && place.contains(other)) skeleton.bonds.emplace_back(slot, place.at(other));
  molecule.formula = formula_of(species);
  MoleculeIdentity identity = identify_molecule(molecule.formula, skeleton, bonded, electrons);
  molecule.name = std::move(identity.name);
  molecule.charge = identity.charge;
  molecule.charge_rule = std::move(identity.rule);
}

/// Every bonded component, endless ones included, with its rank; single atoms have one atom.
struct Component {
  Molecule molecule;
  int rank;
};

std::vector<Component> components_with_atoms(const Crystal& crystal, const std::vector<Bond>& bonds) {
  const PeriodicComponents graph = components_of(crystal, bonds);
  std::vector<Component> all(static_cast<std::size_t>(graph.count()));
  for (std::size_t k = 0; k < all.size(); ++k) all[k].rank = graph.rank[k];
  for (int i = 0; i < crystal.size(); ++i) {
    Molecule& molecule = all[static_cast<std::size_t>(graph.component[static_cast<std::size_t>(i)])].molecule;
    molecule.atoms.push_back(i);
    molecule.shifts.push_back(graph.offset[static_cast<std::size_t>(i)]);
  }
  return all;
}

std::vector<std::vector<int>> neighbor_lists(int atoms, const std::vector<Bond>& bonds) {
  std::vector<std::vector<int>> neighbors(static_cast<std::size_t>(atoms));
  for (const Bond& bond : bonds) {
    neighbors[static_cast<std::size_t>(bond.i)].push_back(bond.j);
    neighbors[static_cast<std::size_t>(bond.j)].push_back(bond.i);
  }
  return neighbors;
}

/// The same atoms in a cell that keeps images apart in directions that are not periodic.
Crystal boxed(const Configuration& configuration) {
  constexpr double room = 20;  // A
  Configuration out = configuration;
  Eigen::Matrix3d across = Eigen::Matrix3d::Identity();  // off the periodic directions
  const auto take_off = [&](const Eigen::Vector3d& direction) {
    const Eigen::Vector3d unit = (across * direction).normalized();
    across -= unit * unit.transpose();
  };
  for (int k = 0; k < 3; ++k)
    if (out.periodic[static_cast<std::size_t>(k)]) take_off(out.cell.col(k));
  for (int k = 0; k < 3; ++k) {
    if (out.periodic[static_cast<std::size_t>(k)]) continue;
    Eigen::Index most = 0;
    across.colwise().norm().maxCoeff(&most);
    const Eigen::Vector3d unit = across.col(most).normalized();
    const Eigen::RowVectorXd along = unit.transpose() * out.positions;
    out.cell.col(k) = (along.maxCoeff() - along.minCoeff() + room) * unit;
    take_off(unit);
  }
  return to_crystal(out, "atoms");
}

}  // namespace

std::vector<Bond> find_bonds(const Crystal& crystal) {
  double longest = 0;
  std::vector<int> present;
  std::vector<int> organic;
  for (int i = 0; i < crystal.size(); ++i) {
    const int z = crystal.species[static_cast<std::size_t>(i)];
    if (!is_organic_element(z) && !is_halogen(z)) continue;
    organic.push_back(i);
    if (std::find(present.begin(), present.end(), z) == present.end()) present.push_back(z);
  }
  for (const int a : present)
    for (const int b : present)
      if (may_bond(a, b)) longest = std::max(longest, bond_factor * (covalent_radius(a) + covalent_radius(b)));
  std::vector<Bond> bonds;
  if (organic.empty() || longest == 0) return bonds;

  Eigen::Matrix3Xd fractional(3, static_cast<Eigen::Index>(organic.size()));
  for (std::size_t k = 0; k < organic.size(); ++k)
    fractional.col(static_cast<Eigen::Index>(k)) = crystal.fractional.col(organic[k]);
  for (const Neighbor& pair : find_neighbors(crystal.cell, fractional, longest, most_contacts(crystal.size()))) {
    const int i = organic[static_cast<std::size_t>(pair.i)], j = organic[static_cast<std::size_t>(pair.j)];
    const int a = crystal.species[static_cast<std::size_t>(i)], b = crystal.species[static_cast<std::size_t>(j)];
    if (i > j || !may_bond(a, b)) continue;
    if (pair.distance >= bond_factor * (covalent_radius(a) + covalent_radius(b))) continue;
    if (i == j) {  // each bond to an own image is found from both of its ends
      const Eigen::Vector3i& r = pair.image;
      if (r(0) < 0 || (r(0) == 0 && (r(1) < 0 || (r(1) == 0 && r(2) < 0)))) continue;
    }
    bonds.push_back({i, j, pair.image});
  }
  return bonds;
}

std::vector<Bond> find_bonds(const Configuration& configuration) {
  return configuration.size() > 0 ? find_bonds(boxed(configuration)) : std::vector<Bond>{};
}

std::vector<Molecule> find_molecules(const Crystal& crystal, const std::vector<Bond>& bonds) {
  const auto neighbors = neighbor_lists(crystal.size(), bonds);
  std::vector<Molecule> out;
  for (Component& part : components_with_atoms(crystal, bonds)) {
    if (part.molecule.atoms.size() < 2 && part.rank == 0) continue;
    if (part.rank > 0)
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: atoms {} and {} belong to a covalent network without end, not to a molecule; "
                              "molecules must be finite",
                              text::printable(crystal.name),
                              text::printable(crystal.labels[static_cast<std::size_t>(part.molecule.atoms.front())]),
                              text::printable(crystal.labels[static_cast<std::size_t>(part.molecule.atoms.back())]))};
    name_molecule(part.molecule, crystal, neighbors);
    out.push_back(std::move(part.molecule));
  }
  return out;
}

std::vector<Molecule> finite_molecules(const Configuration& configuration, const std::vector<Bond>& bonds) {
  if (bonds.empty()) return {};
  const Crystal crystal = boxed(configuration);
  const auto neighbors = neighbor_lists(crystal.size(), bonds);
  std::vector<Molecule> out;
  for (Component& part : components_with_atoms(crystal, bonds)) {
    if (part.molecule.atoms.size() < 2 || part.rank > 0) continue;
    name_molecule(part.molecule, crystal, neighbors);
    out.push_back(std::move(part.molecule));
  }
  return out;
}

std::vector<Eigen::Vector3i> whole_molecule_shifts(const Crystal& crystal) {
  PeriodicComponents graph = components_of(crystal, find_bonds(crystal));
  for (std::size_t i = 0; i < graph.offset.size(); ++i)
    if (graph.rank[static_cast<std::size_t>(graph.component[i])] > 0) graph.offset[i].setZero();
  return std::move(graph.offset);
}

std::vector<bool> in_molecule(const Crystal& crystal) {
  const PeriodicComponents graph = components_of(crystal, find_bonds(crystal));
  std::vector<int> size(static_cast<std::size_t>(graph.count()), 0);
  for (const int component : graph.component) ++size[static_cast<std::size_t>(component)];
  std::vector<bool> out;
  for (const int component : graph.component) {
    const auto c = static_cast<std::size_t>(component);
    out.push_back(size[c] > 1 && graph.rank[c] == 0);
  }
  return out;
}

Crystal with_whole_molecules(const Crystal& crystal, const std::vector<Molecule>& molecules) {
  Crystal out = crystal;
  for (const Molecule& molecule : molecules)
    for (std::size_t k = 0; k < molecule.atoms.size(); ++k)
      out.fractional.col(molecule.atoms[k]) += molecule.shifts[k].cast<double>();
  return out;
}

}  // namespace hopflow
