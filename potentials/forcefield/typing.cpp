// SPDX-License-Identifier: GPL-2.0-or-later
// Typing, and the walk over bonds, angles, dihedrals and impropers.
#include "potentials/forcefield/typing.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr double charge_tolerance = 1e-6;  // e, per molecule

class Builder {
 public:
  Builder(const ForceFieldTable& table, const Crystal& crystal) : table_{table}, crystal_{crystal} {}

  Topology build() {
    const std::vector<Bond> bonds = find_bonds(crystal_);
    const std::vector<Molecule> molecules = find_molecules(crystal_, bonds);
    make_graph(bonds);
    assign_types();
    topology_.molecule.assign(static_cast<std::size_t>(crystal_.size()), 0);
    int number = 0;
    for (const Molecule& molecule : molecules) {
      ++number;
      for (const int atom : molecule.atoms) topology_.molecule[static_cast<std::size_t>(atom)] = number;
      check_charge(molecule);
    }
    list_parameters();
    walk_bonds();
    walk_angles();
    walk_dihedrals();
    walk_impropers();
    return std::move(topology_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(Error::Kind::bad_input, fmt::format("{}: {} ({})", table_.name, what, table_.file));
  }

  std::string atom_name(int atom) const {
    const auto a = static_cast<std::size_t>(atom);
    const std::string symbol = symbol_of(crystal_.species[a]);
    return crystal_.labels.size() > a
               ? fmt::format("atom {} ({}, label {})", atom, symbol, text::printable(crystal_.labels[a]))
               : fmt::format("atom {} ({})", atom, symbol);
  }

  std::string neighbors_text(int atom) const {
    const auto& list = graph_.neighbors[static_cast<std::size_t>(atom)];
    if (list.empty()) return "bonded to nothing";
    std::vector<std::string> symbols;
    for (const int other : list) symbols.push_back(symbol_of(crystal_.species[static_cast<std::size_t>(other)]));
    std::sort(symbols.begin(), symbols.end());
    return "bonded to " + text::join(symbols, ", ");
  }

  void make_graph(const std::vector<Bond>& bonds) {
    graph_.species = crystal_.species;
    graph_.neighbors.resize(static_cast<std::size_t>(crystal_.size()));
    std::set<std::pair<int, int>> seen;
    for (const Bond& bond : bonds) {
      if (bond.i == bond.j || !seen.insert(std::minmax(bond.i, bond.j)).second) {
        fail(fmt::format("{} is bonded to two images of {}; take a larger cell", atom_name(bond.i), atom_name(bond.j)));
      }
      graph_.neighbors[static_cast<std::size_t>(bond.i)].push_back(bond.j);
      graph_.neighbors[static_cast<std::size_t>(bond.j)].push_back(bond.i);
    }
    for (auto& list : graph_.neighbors) std::sort(list.begin(), list.end());
  }

  void assign_types() {
    for (int atom = 0; atom < crystal_.size(); ++atom) {
      std::vector<int> fitting;
      std::vector<std::string> candidates;
      for (std::size_t k = 0; k < table_.types.size(); ++k) {
        const AtomType& type = table_.types[k];
        if (type.element != crystal_.species[static_cast<std::size_t>(atom)]) continue;
        candidates.push_back(type.name);
        const bool fits = std::any_of(type.patterns.begin(), type.patterns.end(),
                                      [&](const Pattern& pattern) { return pattern.fits(graph_, atom); });
        if (fits) fitting.push_back(static_cast<int>(k));
      }
      if (fitting.empty()) {
        fail(fmt::format("no type fits {}, {}; {}", atom_name(atom), neighbors_text(atom),
                         candidates.empty()
                             ? "the table has none for this element"
                             : fmt::format("the table's types for the element are {}", text::join(candidates, ", "))));
      }
      if (fitting.size() > 1) {
        fail(fmt::format("the types {} and {} both fit {}, {}; make one pattern narrower",
                         table_.types[static_cast<std::size_t>(fitting[0])].name,
                         table_.types[static_cast<std::size_t>(fitting[1])].name, atom_name(atom),
                         neighbors_text(atom)));
      }
      topology_.type.push_back(fitting[0]);
    }
  }

  const AtomType& type(int atom) const {
    return table_.types[static_cast<std::size_t>(topology_.type[static_cast<std::size_t>(atom)])];
  }

  void check_charge(const Molecule& molecule) const {
    double sum = 0;
    for (const int atom : molecule.atoms) sum += type(atom).charge;
    std::optional<double> declared;
    for (const std::string& name : {molecule.name, molecule.formula}) {
      if (const auto entry = table_.net_charge.find(name); !declared && entry != table_.net_charge.end()) {
        declared = entry->second;
      }
    }
    if (!declared && molecule.charge) declared = *molecule.charge;
    const std::string who =
        fmt::format("the molecule {} ({}) at {}", molecule.name, molecule.formula, atom_name(molecule.atoms.front()));
    if (!declared) {
      fail(fmt::format(
          "{} has no declared charge; the charges of its atom types sum to {:+.6f} e, add this to 'net_charge'", who,
          sum));
    }
    if (std::abs(sum - *declared * table_.cation_scale) > charge_tolerance) {
      fail(
          fmt::format("the charges of the atom types of {} sum to {:+.6f} e instead of {:+.6f} e; use a table made for "
                      "this molecule",
                      who, sum, *declared * table_.cation_scale));
    }
  }

  // Parameters in the order of the table; indices found again by key.
  void list_parameters() {
    for (const auto& [key, term] : table_.bonds) topology_.bond_terms.push_back(term);
    for (const auto& [key, term] : table_.angles) topology_.angle_terms.push_back(term);
    for (const auto& [key, term] : table_.dihedrals) topology_.dihedral_terms.push_back(term);
    for (const auto& [key, term] : table_.impropers) topology_.improper_terms.push_back(term);
  }

  template <std::size_t N, class Map>
  int find(const Map& map, const std::array<int, N>& atoms, const char* what) const {
    std::array<std::string, N> names;
    for (std::size_t k = 0; k < N; ++k) names[k] = type(atoms[k]).bond_class;
    const auto found = map.find(either_way(names));
    if (found != map.end()) return static_cast<int>(std::distance(map.begin(), found));
    std::vector<std::string> words(names.begin(), names.end());
    std::vector<std::string> where;
    for (const int atom : atoms) where.push_back(atom_name(atom));
    fail(fmt::format("no {} parameters for {}, met at {}", what, text::join(words, "-"), text::join(where, ", ")));
  }

  const std::vector<int>& around(int atom) const { return graph_.neighbors[static_cast<std::size_t>(atom)]; }

  void walk_bonds() {
    for (int i = 0; i < crystal_.size(); ++i) {
      for (const int j : around(i)) {
        if (j < i) continue;
        topology_.bonds.push_back({{i, j}, find(table_.bonds, std::array{i, j}, "bond")});
      }
    }
  }

  void walk_angles() {
    for (int j = 0; j < crystal_.size(); ++j) {
      for (const int i : around(j)) {
        for (const int k : around(j)) {
          if (k <= i) continue;
          topology_.angles.push_back({{i, j, k}, find(table_.angles, std::array{i, j, k}, "angle")});
        }
      }
    }
  }

  void walk_dihedrals() {
    for (int j = 0; j < crystal_.size(); ++j) {
      for (const int k : around(j)) {
        if (k < j) continue;
        for (const int i : around(j)) {
          for (const int l : around(k)) {
            if (i == k || l == j || i == l) continue;
            const int term = find(table_.dihedrals, std::array{i, j, k, l}, "dihedral");
            if (topology_.dihedral_terms[static_cast<std::size_t>(term)].is_zero()) continue;
            topology_.dihedrals.push_back({{i, j, k, l}, term});
          }
        }
      }
    }
  }

  // An improper keeps an atom with three bonds in the plane of its neighbours. The neighbour outside the centre's ring
  // stands last, the others by type and then by index: one order for all atoms in like surroundings.
  void walk_impropers() {
    for (int centre = 0; centre < crystal_.size(); ++centre) {
      const auto entry = table_.impropers.find(type(centre).bond_class);
      if (entry == table_.impropers.end() || around(centre).size() != 3) continue;
      std::vector<int> others = around(centre);
      std::stable_sort(others.begin(), others.end(), [&](int a, int b) {
        const bool ring_a = graph_.in_ring(a, 6) && around(a).size() == 3;
        const bool ring_b = graph_.in_ring(b, 6) && around(b).size() == 3;
        if (ring_a != ring_b) return ring_a;
        return topology_.type[static_cast<std::size_t>(a)] < topology_.type[static_cast<std::size_t>(b)];
      });
      topology_.impropers.push_back({{others[0], others[1], centre, others[2]},
                                     static_cast<int>(std::distance(table_.impropers.begin(), entry))});
    }
  }

  const ForceFieldTable& table_;
  const Crystal& crystal_;
  BondGraph graph_;
  Topology topology_;
};

}  // namespace

Topology make_topology(const ForceFieldTable& table, const Crystal& crystal) { return Builder{table, crystal}.build(); }

}  // namespace hopflow
