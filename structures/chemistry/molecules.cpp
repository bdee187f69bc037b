// SPDX-License-Identifier: GPL-2.0-or-later
// Bonds from covalent radii, molecules as finite components of the periodic bond graph, names by formula and skeleton.
#include "structures/chemistry/molecules.hpp"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "structures/chemistry/lewis.hpp"
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

/// Takes out bonds between corners of one group: two oxygen or sulphur atoms on one phosphorus atom, or two oxygen
/// atoms on one sulphur atom, do not bind each other, however near to each other a strained group has them.
void drop_bonds_of_corners(const Crystal& crystal, std::vector<Bond>& bonds) {
  const auto z_of = [&](int atom) { return crystal.species[static_cast<std::size_t>(atom)]; };
  const auto may_be_corners = [](int a, int b) { return (a == 8 || a == 16) && (b == 8 || b == 16); };
  if (std::none_of(bonds.begin(), bonds.end(),
                   [&](const Bond& bond) { return may_be_corners(z_of(bond.i), z_of(bond.j)); }))
    return;
  std::map<int, std::vector<std::pair<int, Eigen::Vector3i>>> around;  // per centre: atoms and their images
  for (const Bond& bond : bonds) {
    around[bond.i].emplace_back(bond.j, bond.image);
    around[bond.j].emplace_back(bond.i, -bond.image);
  }
  std::erase_if(bonds, [&](const Bond& bond) {
    const int a = z_of(bond.i), b = z_of(bond.j);
    if (!may_be_corners(a, b)) return false;
    return std::any_of(around[bond.i].begin(), around[bond.i].end(), [&](const auto& centre) {
      const int z = z_of(centre.first);
      if (z != 15 && (z != 16 || a != 8 || b != 8)) return false;
      const auto& others = around[centre.first];
      return std::any_of(others.begin(), others.end(), [&](const auto& other) {
        return other.first == bond.j && centre.second + other.second == bond.image;
      });
    });
  });
}

PeriodicComponents components_of(const Crystal& crystal, const std::vector<Bond>& bonds) {
  std::vector<PeriodicEdge> edges;
  for (const Bond& bond : bonds) edges.push_back({bond.i, bond.j, bond.image});
  return find_components(crystal.size(), edges);
}

/// Charge, name, and whether hydrogen is missing. @return true if it is
bool name_molecule(Molecule& molecule, const Crystal& crystal, const std::vector<std::vector<int>>& neighbors) {
  std::vector<int> species;
  std::map<int, int> place, heavy;
  Skeleton skeleton;
  Eigen::Matrix3Xd positions(3, static_cast<Eigen::Index>(molecule.atoms.size()));
  for (std::size_t k = 0; k < molecule.atoms.size(); ++k) {
    const int atom = molecule.atoms[k];
    const auto a = static_cast<std::size_t>(atom);
    place.emplace(atom, static_cast<int>(k));
    species.push_back(crystal.species[a]);
    positions.col(static_cast<Eigen::Index>(k)) =
        crystal.cell * (crystal.fractional.col(atom) + molecule.shifts[k].cast<double>());
    if (crystal.species[a] == 1) continue;
    heavy.emplace(atom, static_cast<int>(skeleton.species.size()));
    skeleton.species.push_back(crystal.species[a]);
  }
  std::vector<std::pair<int, int>> bonds;
  for (const auto& [atom, slot] : place)
    for (const int other : neighbors[static_cast<std::size_t>(atom)]) {
      if (other <= atom || !place.contains(other)) continue;
      bonds.emplace_back(slot, place.at(other));
      if (heavy.contains(atom) && heavy.contains(other)) skeleton.bonds.emplace_back(heavy.at(atom), heavy.at(other));
    }
  molecule.formula = formula_of(species);
  const LewisCharge lewis = lewis_charge(species, positions, bonds);
  MoleculeIdentity identity = identify_molecule(molecule.formula, skeleton, lewis.charge);
  molecule.name = std::move(identity.name);
  molecule.charge = identity.charge;
  molecule.charge_rule = std::move(identity.rule);
  return lewis.lacks_hydrogen;
}

/// Atoms of the molecules that are bonded to a metal other than alkali and alkaline earth.
std::vector<bool> bonded_to_metal(const Crystal& crystal) {
  std::vector<bool> out(crystal.species.size(), false);
  const auto binds = [&](int z) { return is_metal(z) && !is_alkali(z) && !is_alkaline_earth(z); };
  std::vector<int> metals;
  for (int i = 0; i < crystal.size(); ++i)
    if (binds(crystal.species[static_cast<std::size_t>(i)])) metals.push_back(i);
  constexpr double reach = 3.4;  // A, above every limit below
  for (const Neighbor& pair : find_neighbors_of(metals, crystal.cell, crystal.fractional, reach)) {
    const int z = crystal.species[static_cast<std::size_t>(pair.j)];
    const int metal = crystal.species[static_cast<std::size_t>(pair.i)];
    if (z != 1 && is_organic_element(z) && pair.distance < bond_factor * (covalent_radius(z) + covalent_radius(metal)))
      out[static_cast<std::size_t>(pair.j)] = true;
  }
  return out;
}

/// Molecule::framework. @param on_metal  bonded_to_metal()
bool belongs_to_frame(const Molecule& molecule, const Crystal& crystal, const std::vector<std::vector<int>>& neighbors,
                      const std::vector<bool>& on_metal, bool lacks_hydrogen) {
  const auto is_bound = [&](int atom) { return on_metal[static_cast<std::size_t>(atom)]; };
  const auto bound = std::count_if(molecule.atoms.begin(), molecule.atoms.end(), is_bound);
  if (molecule.charge && *molecule.charge != 0) return *molecule.charge < 0;
  if (molecule.charge) return bound >= 2;
  const bool hydrogen = std::any_of(molecule.atoms.begin(), molecule.atoms.end(), [&](int atom) {
    const auto a = static_cast<std::size_t>(atom);
    if (crystal.species[a] != 6 && crystal.species[a] != 7) return false;
    return std::any_of(neighbors[a].begin(), neighbors[a].end(),
                       [&](int other) { return crystal.species[static_cast<std::size_t>(other)] == 1; });
  });
  return bound > 0 || !(hydrogen || lacks_hydrogen);
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
  drop_bonds_of_corners(crystal, bonds);
  return bonds;
}

std::vector<Bond> find_bonds(const Configuration& configuration) {
  return configuration.size() > 0 ? find_bonds(boxed(configuration)) : std::vector<Bond>{};
}

std::vector<Molecule> finite_molecules(const Crystal& crystal, const std::vector<Bond>& bonds) {
  if (bonds.empty()) return {};
  const auto neighbors = neighbor_lists(crystal.size(), bonds);
  const std::vector<bool> on_metal = bonded_to_metal(crystal);
  std::vector<Molecule> out;
  for (Component& part : components_with_atoms(crystal, bonds)) {
    if (part.molecule.atoms.size() < 2 || part.rank > 0) continue;
    const bool lacks_hydrogen = name_molecule(part.molecule, crystal, neighbors);
    part.molecule.framework = belongs_to_frame(part.molecule, crystal, neighbors, on_metal, lacks_hydrogen);
    out.push_back(std::move(part.molecule));
  }
  return out;
}

std::vector<Molecule> find_molecules(const Crystal& crystal, const std::vector<Bond>& bonds) {
  for (const Component& part : components_with_atoms(crystal, bonds))
    if (part.rank > 0)
      throw Error{
          Error::Kind::bad_input,
          fmt::format(
              "{}: atoms {} and {} belong to an infinite covalent network; only finite molecules are supported here",
              text::printable(crystal.name),
              text::printable(crystal.labels[static_cast<std::size_t>(part.molecule.atoms.front())]),
              text::printable(crystal.labels[static_cast<std::size_t>(part.molecule.atoms.back())]))};
  return finite_molecules(crystal, bonds);
}

std::vector<Molecule> finite_molecules(const Configuration& configuration, const std::vector<Bond>& bonds) {
  return bonds.empty() ? std::vector<Molecule>{} : finite_molecules(boxed(configuration), bonds);
}

std::vector<Eigen::Vector3i> whole_molecule_shifts(const Crystal& crystal) {
  PeriodicComponents graph = components_of(crystal, find_bonds(crystal));
  for (std::size_t i = 0; i < graph.offset.size(); ++i)
    if (graph.rank[static_cast<std::size_t>(graph.component[i])] > 0) graph.offset[i].setZero();
  return std::move(graph.offset);
}

std::vector<bool> in_molecule(const Crystal& crystal) {
  std::vector<bool> out(crystal.species.size(), false);
  for (const Molecule& molecule : finite_molecules(crystal, find_bonds(crystal)))
    if (!molecule.framework)
      for (const int atom : molecule.atoms) out[static_cast<std::size_t>(atom)] = true;
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
