// SPDX-License-Identifier: GPL-2.0-or-later
// Metal-halide bonds and how the polyhedra share their halides.
#include "structures/framework/framework.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "structures/chemistry/molecules.hpp"
#include "structures/core/element.hpp"
#include "structures/framework/polyhedra.hpp"
#include "structures/graph/neighbors.hpp"

namespace hopflow {

namespace {

constexpr double longest_bond = 4.0;  // A

double usual_limit(const Crystal& crystal, int a, int b) {
  return 1.25 * (covalent_radius(crystal.species[static_cast<std::size_t>(a)]) +
                 covalent_radius(crystal.species[static_cast<std::size_t>(b)]));
}

/// Elements whose lone pair often pushes three of six neighbours away.
bool has_lone_pair(int z) { return z == 32 || z == 50 || z == 51 || z == 81 || z == 82 || z == 83; }

/// What a metal may be bonded to: halogens, chalcogens, nitrogen.
bool is_donor(int z) { return is_halogen(z) || z == 8 || z == 16 || z == 34 || z == 52 || z == 7; }

/// Of a metal's contacts, nearest first, how many are bonds. The far corner of an octahedron may lie beyond other
/// bonds.
/// @param far  that corner's limit (A)
std::size_t bonds_among(const std::vector<MetalBond>& contacts, std::size_t usual, bool lone_pair, double far) {
  constexpr std::size_t octahedron = 6, most = 8;
  if (!lone_pair || usual >= octahedron || usual < 2) return usual;
  std::size_t out = usual;
  double widest = 0;
  for (std::size_t k = std::max<std::size_t>(usual, 3); k <= std::min(most, contacts.size()); ++k) {
    if (contacts[k - 1].distance >= (k == octahedron ? std::max(far, longest_bond) : longest_bond)) break;
    const double next = k < contacts.size() ? contacts[k].distance : std::numeric_limits<double>::infinity();
    if (const double gap = next - contacts[k - 1].distance; gap > widest + 1e-3) {
      widest = gap;
      out = k;
    }
  }
  return out;
}

/// Atoms that may take part in the frame's bonds: its metals, and donors outside guest molecules.
struct Partners {
  std::vector<bool> metal, donor;
};

Partners partners_of(const Crystal& crystal) {
  Partners out{framework_metals(crystal), std::vector<bool>(crystal.species.size(), false)};
  std::vector<bool> guest(crystal.species.size(), false), anion = guest;
  const std::vector<Bond> bonds = find_bonds(crystal);
  for (const Molecule& molecule : finite_molecules(crystal, bonds))
    for (const int atom : molecule.atoms) (molecule.framework ? anion : guest)[static_cast<std::size_t>(atom)] = true;
  std::vector<int> bonded(crystal.species.size(), 0);
  for (const Bond& bond : bonds) {
    ++bonded[static_cast<std::size_t>(bond.i)];
    ++bonded[static_cast<std::size_t>(bond.j)];
  }
  // In an anion those that have a free pair: the oxygen of sulphate, not its sulphur; the carbon of cyanide.
  const auto gives = [&](std::size_t i) {
    const int z = crystal.species[i];
    return !anion[i] ? is_donor(z) : z == 6 ? bonded[i] == 1 : is_donor(z) && bonded[i] <= 2;
  };
  for (std::size_t i = 0; i < crystal.species.size(); ++i) {
    if (guest[i]) out.metal[i] = false;
    out.donor[i] = !guest[i] && !out.metal[i] && gives(i);
  }
  return out;
}

/// Contacts of some atoms with donors within `reach` (A): for each of those atoms, nearest first.
std::vector<std::vector<MetalBond>> contacts_of(const Crystal& crystal, const std::vector<int>& atoms,
                                                const std::vector<bool>& donor, double reach) {
  std::vector<std::vector<MetalBond>> out(crystal.species.size());
  for (const Neighbor& pair : find_neighbors_of(atoms, crystal.cell, crystal.fractional, reach))
    if (donor[static_cast<std::size_t>(pair.j)])
      out[static_cast<std::size_t>(pair.i)].push_back({pair.i, pair.j, pair.image, pair.distance});
  for (std::vector<MetalBond>& contacts : out)
    std::stable_sort(contacts.begin(), contacts.end(),
                     [](const MetalBond& a, const MetalBond& b) { return a.distance < b.distance; });
  return out;
}

}  // namespace

std::vector<bool> framework_metals(const Crystal& crystal) {
  std::vector<bool> metal;
  bool other = false;
  for (const int z : crystal.species) other = other || (is_metal(z) && !is_alkali(z));
  for (const int z : crystal.species) metal.push_back(is_metal(z) && !(other && is_alkali(z)));
  return metal;
}

std::vector<MetalBond> find_metal_bonds(const Crystal& crystal) {
  constexpr double room = 1.0;  // A, to see how far the next contact is
  const Partners partners = partners_of(crystal);
  std::vector<int> metals;
  bool lone_pairs = false;
  for (int i = 0; i < crystal.size(); ++i)
    if (partners.metal[static_cast<std::size_t>(i)]) {
      metals.push_back(i);
      lone_pairs = lone_pairs || has_lone_pair(crystal.species[static_cast<std::size_t>(i)]);
    }
  std::vector<MetalBond> out;
  for (const std::vector<MetalBond>& contacts :
       contacts_of(crystal, metals, partners.donor, longest_bond + (lone_pairs ? room : 0))) {
    if (contacts.empty()) continue;
    const int metal = contacts.front().metal;
    const auto is_usual = [&](const MetalBond& bond) {
      return bond.distance <= longest_bond && bond.distance < usual_limit(crystal, metal, bond.anion);
    };
    const auto usual = static_cast<std::size_t>(std::count_if(contacts.begin(), contacts.end(), is_usual));
    constexpr double farthest = 4.4, stretched = 1.25;  // A, of the usual limit
    const double far = std::min(farthest, stretched * usual_limit(crystal, metal, contacts.front().anion));
    const std::size_t count =
        bonds_among(contacts, usual, has_lone_pair(crystal.species[static_cast<std::size_t>(metal)]), far);
    for (std::size_t k = 0; k < contacts.size(); ++k)
      if ((count > usual && k < count) || is_usual(contacts[k])) out.push_back(contacts[k]);
  }
  std::sort(out.begin(), out.end(), [](const MetalBond& a, const MetalBond& b) {
    return std::tie(a.metal, a.anion, a.image(0), a.image(1), a.image(2)) <
           std::tie(b.metal, b.anion, b.image(0), b.image(1), b.image(2));
  });
  return out;
}

namespace {

/// Bonds of B, Si, As to what surrounds them, and of a halogen to the oxygen of its oxide: they join the frame.
void add_network_bonds(const Crystal& crystal, std::vector<PeriodicEdge>& edges) {
  constexpr double reach = 3.2, factor = 1.2;  // A
  std::vector<int> centres;
  const auto is_former = [](int z) { return z == 5 || z == 14 || z == 33; };
  const auto is_oxidised = [](int z) { return z == 17 || z == 35 || z == 53; };
  for (int i = 0; i < crystal.size(); ++i)
    if (const int z = crystal.species[static_cast<std::size_t>(i)]; is_former(z) || is_oxidised(z))
      centres.push_back(i);
  for (const Neighbor& pair : find_neighbors_of(centres, crystal.cell, crystal.fractional, reach)) {
    const int a = crystal.species[static_cast<std::size_t>(pair.i)],
              b = crystal.species[static_cast<std::size_t>(pair.j)];
    const double sum = covalent_radius(a) + covalent_radius(b);
    if (is_former(a) ? is_donor(b) && pair.distance < factor * sum : b == 8 && pair.distance < 1.12 * sum)
      edges.push_back({pair.i, pair.j, pair.image});
  }
}

}  // namespace

PeriodicComponents frame_components(const Crystal& crystal, std::span<const MetalBond> bonds) {
  std::vector<PeriodicEdge> edges;
  for (const MetalBond& bond : bonds) edges.push_back({bond.metal, bond.anion, bond.image});
  add_network_bonds(crystal, edges);
  const std::vector<bool> guest = in_molecule(crystal);
  for (const Bond& bond : find_bonds(crystal))
    if (!guest[static_cast<std::size_t>(bond.i)]) edges.push_back({bond.i, bond.j, bond.image});
  return find_components(crystal.size(), edges);
}

std::vector<std::vector<Touching>> cage_contacts(const Crystal& crystal) {
  constexpr double shell = 1.15;  // of the nearest contact
  const Partners partners = partners_of(crystal);
  std::vector<int> atoms;
  for (int i = 0; i < crystal.size(); ++i)
    if (const auto k = static_cast<std::size_t>(i); !partners.metal[k] && is_metal(crystal.species[k]))
      atoms.push_back(i);
  std::vector<std::vector<Touching>> out(crystal.species.size());
  const auto contacts = contacts_of(crystal, atoms, partners.donor, longest_bond);
  for (std::size_t i = 0; i < contacts.size(); ++i)
    for (const MetalBond& contact : contacts[i])
      if (contact.distance < shell * contacts[i].front().distance) out[i].push_back({contact.anion, contact.image});
  return out;
}

bool stays_in_component(const PeriodicComponents& frame, const std::vector<std::vector<Touching>>& touching, int from,
                        int to, const Eigen::Vector3i& image) {
  const std::vector<Touching>& here = touching[static_cast<std::size_t>(from)];
  const std::vector<Touching>& there = touching[static_cast<std::size_t>(to)];
  if (here.empty() || there.empty()) return frame.joined(from, to, image);
  const auto among = [&](const Touching& one, const std::vector<Touching>& others, const Eigen::Vector3i& shift) {
    return std::any_of(others.begin(), others.end(), [&](const Touching& other) {
      return frame.joined(one.atom, other.atom, other.image + shift - one.image);
    });
  };
  return std::all_of(here.begin(), here.end(), [&](const Touching& one) { return among(one, there, image); }) &&
         std::all_of(there.begin(), there.end(), [&](const Touching& one) { return among(one, here, -image); });
}

Framework find_framework(const Crystal& crystal) {
  Framework out;
  const std::vector<bool> organic = in_molecule(crystal);
  const std::vector<MetalBond> bonds = find_metal_bonds(crystal);
  const PeriodicComponents graph = frame_components(crystal, bonds);

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
