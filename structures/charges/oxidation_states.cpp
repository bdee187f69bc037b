// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/charges/oxidation_states.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "structures/charges/bond_valence.hpp"
#include "structures/core/element.hpp"
#include "structures/graph/neighbors.hpp"
#include "structures/graph/periodic_graph.hpp"

namespace hopflow {

namespace {

std::size_t at(int k) { return static_cast<std::size_t>(k); }

class Finder {
 public:
  Finder(const Crystal& crystal, const std::vector<Molecule>& molecules)
      : crystal_{crystal}, molecules_{molecules}, molecule_of_(at(crystal.size()), -1), taken_(at(crystal.size())) {
    for (std::size_t m = 0; m < molecules.size(); ++m)
      for (const int atom : molecules[m].atoms) molecule_of_[at(atom)] = static_cast<int>(m);
    around_.resize(at(crystal.size()));
    constexpr double reach = 3.3;  // A, beyond it no bond has a valence worth counting but the longest of large ions
    for (const Neighbor& pair : find_neighbors(crystal.cell, crystal.fractional, reach))
      around_[at(pair.i)].push_back(pair);
  }

  Ions find() {
    out_.molecule_counts.assign(molecules_.size(), true);
    out_.molecule_splits.assign(molecules_.size(), false);
    find_boranes();
    find_phosphorus();
    find_chains();
    check_molecules();
    find_kinds();
    return std::move(out_);
  }

 private:
  int z_of(int atom) const { return crystal_.species[at(atom)]; }
  bool lone(int atom) const { return molecule_of_[at(atom)] < 0 && !taken_[at(atom)]; }

  /// Bonded: below `factor` times the covalent radii.
  bool bonded(const Neighbor& pair, double factor = 1.2) const {
    return pair.distance < factor * (covalent_radius(z_of(pair.i)) + covalent_radius(z_of(pair.j)));
  }
  int count(int atom, double factor, auto&& which) const {
    int out = 0;
    for (const Neighbor& pair : around_[at(atom)]) out += bonded(pair, factor) && which(z_of(pair.j)) ? 1 : 0;
    return out;
  }

  void add_group(std::vector<int> atoms, std::optional<int> charge) {
    for (const int atom : atoms) {
      taken_[at(atom)] = true;
      if (molecule_of_[at(atom)] >= 0) out_.molecule_counts[at(molecule_of_[at(atom)])] = false;
    }
    std::vector<int> species;
    for (const int atom : atoms) species.push_back(z_of(atom));
    out_.groups.push_back({std::move(atoms), charge, formula_of(species)});
  }

  /// Components of atoms that `is_member` names, over the bonds among them. @param charge_of  of a finite one
  void group_by(double factor, auto&& is_member, auto&& charge_of) {
    std::vector<PeriodicEdge> edges;
    for (int i = 0; i < crystal_.size(); ++i)
      if (is_member(i))
        for (const Neighbor& pair : around_[at(i)])
          if (is_member(pair.j) && bonded(pair, factor)) edges.push_back({pair.i, pair.j, pair.image});
    if (edges.empty()) return;
    const PeriodicComponents graph = find_components(crystal_.size(), edges);
    std::map<int, std::vector<int>> parts;
    for (int i = 0; i < crystal_.size(); ++i)
      if (is_member(i)) parts[graph.component[at(i)]].push_back(i);
    for (auto& [component, atoms] : parts)
      if (atoms.size() > 1) add_group(atoms, graph.rank[at(component)] > 0 ? std::nullopt : charge_of(atoms));
  }

  /// Closed cages of boron, with carbon in some corners, one hydrogen at each corner: Wade, J. Chem. Soc. D 1971, 792.
  void find_boranes() {
    std::vector<bool> corner(at(crystal_.size()), false);
    for (int i = 0; i < crystal_.size(); ++i)
      corner[at(i)] = (z_of(i) == 5 || z_of(i) == 6) && count(i, 1.2, [](int z) { return z == 5; }) >= 3;
    const auto is_member = [&](int i) {
      if (corner[at(i)]) return true;
      if (z_of(i) != 1) return false;
      return std::any_of(around_[at(i)].begin(), around_[at(i)].end(),
                         [&](const Neighbor& pair) { return corner[at(pair.j)] && bonded(pair); });
    };
    group_by(1.2, is_member, [&](const std::vector<int>& atoms) -> std::optional<int> {
      const auto number = [&](int z) {
        return std::count_if(atoms.begin(), atoms.end(), [&](int i) { return z_of(i) == z; });
      };
      if (number(5) < 6 || number(1) != number(5) + number(6)) return std::nullopt;
      return static_cast<int>(number(6)) - 2;
    });
  }

  /// Phosphorus bonded to phosphorus alone among the organic elements, and to Se or halogens outside: P2 of P2Se6.
  void find_phosphorus() {
    for (std::size_t m = 0; m < molecules_.size(); ++m) {
      const std::vector<int>& atoms = molecules_[m].atoms;
      if (!std::all_of(atoms.begin(), atoms.end(), [&](int i) { return z_of(i) == 15; })) continue;
      int charge = 0;
      bool outside = false;
      for (const int atom : atoms) {
        const int own = count(atom, 1.2, [](int z) { return z == 15; });
        const int others = count(atom, 1.2, [](int z) { return electron_pull(z) > electron_pull(15); });
        outside = outside || others > 0;
        charge += own + others == 4 ? 5 - own : 3 - own - 2 * (others == 0 ? 3 - own : 0);
      }
      if (outside) add_group(atoms, charge);
    }
  }

  /// I3-, I2, Se2(2-), Te chains: halogens and chalcogens bonded among themselves.
  void find_chains() {
    constexpr double factor = 1.15;
    const auto is_halide = [&](int i) { return lone(i) && is_halogen(z_of(i)) && z_of(i) != 9; };
    group_by(factor, is_halide, [](const std::vector<int>& atoms) -> std::optional<int> {
      return atoms.size() % 2 == 1 ? -1 : atoms.size() == 2 ? 0 : -2;
    });
    const auto is_chalcogen = [&](int i) { return lone(i) && (z_of(i) == 34 || z_of(i) == 52); };
    group_by(factor, is_chalcogen, [](const std::vector<int>&) -> std::optional<int> { return -2; });
  }

  /// A molecule's own charge says nothing where one of its P, S or N is bonded to a halogen, Se or Te outside; without
  /// carbon and hydrogen its atoms are ions of their own then, as in PS3Se(3-).
  void check_molecules() {
    for (std::size_t m = 0; m < molecules_.size(); ++m)
      for (const int atom : molecules_[m].atoms) {
        const int z = z_of(atom);
        if (z != 7 && z != 15 && z != 16) continue;
        for (const Neighbor& pair : around_[at(atom)]) {
          const int other = z_of(pair.j);
          if (molecule_of_[at(pair.j)] != static_cast<int>(m) && bonded(pair, 1.1) &&
              (is_halogen(other) || other == 34 || other == 52))
            out_.molecule_counts[m] = false;
        }
      }
    for (std::size_t m = 0; m < molecules_.size(); ++m) {
      const std::vector<int>& atoms = molecules_[m].atoms;
      if (out_.molecule_counts[m] ||
          std::any_of(atoms.begin(), atoms.end(), [&](int i) { return taken_[at(i)] || z_of(i) == 1 || z_of(i) == 6; }))
        continue;
      out_.molecule_splits[m] = true;
      for (const int atom : atoms) molecule_of_[at(atom)] = -1;
    }
  }

  std::vector<int> hydrogen_states(int atom) const {
    const Neighbor* nearest = nullptr;
    for (const Neighbor& pair : around_[at(atom)])
      if (z_of(pair.j) != 1 && (nearest == nullptr || pair.distance < nearest->distance)) nearest = &pair;
    if (nearest == nullptr) return {1};
    return {electron_pull(z_of(nearest->j)) > electron_pull(1) ? 1 : -1};
  }

  std::vector<int> states_of(int atom) const {
    const int z = z_of(atom), anion = anion_state(z);
    if (z == 1) return hydrogen_states(atom);
    if (is_halogen(z)) {
      const int oxygens = z == 9 ? 0 : count(atom, 1.12, [](int other) { return other == 8; });
      return {oxygens == 0 ? -1 : std::min(2 * oxygens - 1, 7)};
    }
    if (z == 8) return {-2};
    if (anion == 0)
      return z == 5 && count(atom, 1.2, [](int other) { return electron_pull(other) > electron_pull(5); }) == 0
                 ? std::vector<int>{}
                 : cation_states(z);
    const int alike = count(atom, 1.15, [&](int other) { return other == z; });
    if (z == 15 && alike > 0 && alike < 4 &&
        count(atom, 1.2, [](int other) { return electron_pull(other) > electron_pull(15); }) == 4 - alike)
      return {5 - alike};
    if (!is_metal(z) && alike > 0) return {};  // bonded among themselves without end
    if (count(atom, 1.25, [&](int other) { return electron_pull(other) > electron_pull(z); }) > 0) {
      if (z == 6 && count(atom, 1.2, [](int other) { return other == 1; }) > 0) return {};
      return cation_states(z);
    }
    return {anion};
  }

  /// Sum of the valences of the bonds to what draws electrons.
  std::optional<double> valence_of(int atom) const {
    const int z = z_of(atom);
    double sum = 0;
    for (const Neighbor& pair : around_[at(atom)]) {
      const int other = z_of(pair.j);
      if (electron_pull(other) < electron_pull(33) || electron_pull(other) <= electron_pull(z) ||
          (other == 1 && !lone(pair.j)))
        continue;
      const std::optional<double> one = bond_valence(z, other, pair.distance);
      if (!one) return std::nullopt;
      sum += *one;
    }
    return sum > 0 ? std::optional{sum} : std::nullopt;
  }

  void find_kinds() {
    std::map<std::pair<int, std::vector<int>>, IonKind> kinds;
    for (int atom = 0; atom < crystal_.size(); ++atom) {
      if (!lone(atom)) continue;
      std::vector<int> states = states_of(atom);
      IonKind& kind =
          kinds.try_emplace({z_of(atom), states}, IonKind{z_of(atom), {}, states, std::nullopt}).first->second;
      kind.atoms.push_back(atom);
    }
    for (auto& [key, kind] : kinds) {
      double sum = 0;
      bool all = kind.states.size() > 1;
      for (const int atom : kind.atoms) {
        if (!all) break;
        const std::optional<double> one = valence_of(atom);
        all = one.has_value();
        sum += one.value_or(0);
      }
      if (all) kind.valence = sum / static_cast<double>(kind.atoms.size());
      out_.kinds.push_back(std::move(kind));
    }
  }

  const Crystal& crystal_;
  const std::vector<Molecule>& molecules_;
  std::vector<int> molecule_of_;  // per atom, -1 for none
  std::vector<bool> taken_;       // per atom: in a group
  std::vector<std::vector<Neighbor>> around_;
  Ions out_;
};

/// Oxidation states of cations, the commonest first; alkali and alkaline earth metals have one.
const std::map<std::string_view, std::vector<int>>& states_by_symbol() {
  static const std::map<std::string_view, std::vector<int>> table{
      {"B", {3}},
      {"C", {4}},
      {"N", {5, 3}},
      {"Al", {3}},
      {"Si", {4}},
      {"P", {5, 3}},
      {"S", {4, 6}},
      {"Sc", {3}},
      {"Ti", {4, 3, 2}},
      {"V", {5, 4, 3, 2}},
      {"Cr", {3, 6, 2, 4, 5}},
      {"Mn", {2, 3, 4, 7, 6}},
      {"Fe", {2, 3, 4}},
      {"Co", {2, 3, 4}},
      {"Ni", {2, 3, 4}},
      {"Cu", {1, 2, 3}},
      {"Zn", {2}},
      {"Ga", {3}},
      {"Ge", {2, 4}},
      {"As", {5, 3}},
      {"Se", {4, 6}},
      {"Y", {3}},
      {"Zr", {4}},
      {"Nb", {5, 4, 3}},
      {"Mo", {6, 4, 5, 3, 2}},
      {"Tc", {7, 4}},
      {"Ru", {4, 3, 5}},
      {"Rh", {3, 4}},
      {"Pd", {2, 4}},
      {"Ag", {1, 2}},
      {"Cd", {2}},
      {"In", {3, 1}},
      {"Sn", {2, 4}},
      {"Sb", {3, 5}},
      {"Te", {4, 6}},
      {"Ce", {3, 4}},
      {"Pr", {3, 4}},
      {"Sm", {3, 2}},
      {"Eu", {3, 2}},
      {"Tb", {3, 4}},
      {"Tm", {3, 2}},
      {"Yb", {3, 2}},
      {"Hf", {4}},
      {"Ta", {5, 4, 3}},
      {"W", {6, 5, 4}},
      {"Re", {7, 6, 5, 4}},
      {"Os", {4, 6, 8}},
      {"Ir", {4, 3, 5}},
      {"Pt", {2, 4}},
      {"Au", {3, 1}},
      {"Hg", {2, 1}},
      {"Tl", {1, 3}},
      {"Pb", {2, 4}},
      {"Bi", {3, 5}},
      {"Th", {4}},
      {"Pa", {5, 4}},
      {"U", {6, 4, 5}},
      {"Np", {4, 3}},
      {"Pu", {4, 3}},
  };
  return table;
}

}  // namespace

std::vector<int> cation_states(int z) {
  if (is_alkali(z)) return {1};
  if (is_alkaline_earth(z)) return {2};
  if (z < 1 || z > 118) return {};
  const auto found = states_by_symbol().find(symbol_of(z));
  if (found != states_by_symbol().end()) return found->second;
  return z >= 57 && z <= 71 ? std::vector<int>{3} : std::vector<int>{};
}

int anion_state(int z) {
  if (is_halogen(z)) return -1;
  switch (z) {
    case 8:
    case 16:
    case 34:
    case 52: return -2;
    case 7:
    case 15:
    case 33:
    case 51:
    case 83: return -3;
    case 6:
    case 14:
    case 32:
    case 50: return -4;
    default: return 0;
  }
}

int electron_pull(int z) {
  constexpr int order[] = {83, 50, 32, 14, 51, 5, 33, 52, 15, 1, 34, 6, 53, 16, 35, 17, 7, 8, 9};
  const auto* it = std::find(std::begin(order), std::end(order), z);
  return it == std::end(order) ? 0 : 1 + static_cast<int>(it - std::begin(order));
}

Ions find_ions(const Crystal& crystal, const std::vector<Molecule>& molecules) {
  return Finder{crystal, molecules}.find();
}

bool is_mixed_valent(int z) {
  return (z >= 22 && z <= 29) || (z >= 41 && z <= 46) || z == 49 || z == 51 || z == 58 || z == 59 || z == 63 ||
         z == 65 || z == 70 || (z >= 73 && z <= 81) || z == 92;
}

bool is_rare_state(int z, int state) {
  switch (z) {
    case 82: return state == 4;
    case 83: return state == 5;
    case 26:
    case 27:
    case 28: return state == 4;
    case 29: return state == 3;
    case 47: return state == 2;
    default: return false;
  }
}

}  // namespace hopflow
