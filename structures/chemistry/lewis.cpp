// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/chemistry/lewis.hpp"

#include <algorithm>
#include <cmath>
#include <queue>
#include <vector>

#include "structures/core/element.hpp"
#include "structures/core/units.hpp"

namespace hopflow {

namespace {

std::size_t at(int k) { return static_cast<std::size_t>(k); }

/// Maximum matching of a general graph that never uncovers a node once covered (Edmonds' blossoms).
class Matching {
 public:
  explicit Matching(int nodes)
      : edges_(at(nodes)), mate_(at(nodes), -1), parent_(at(nodes)), base_(at(nodes)), used_(at(nodes)) {}

  void join(int a, int b) {
    edges_[at(a)].push_back(b);
    edges_[at(b)].push_back(a);
  }
  bool covered(int node) const { return mate_[at(node)] >= 0; }

  /// Covers one more node, others stay covered; false if that is impossible.
  bool cover(int root) {
    if (covered(root)) return true;
    int end = find_path(root);
    if (end < 0) return false;
    while (end >= 0) {
      const int before = parent_[at(end)], next = mate_[at(before)];
      mate_[at(end)] = before;
      mate_[at(before)] = end;
      end = next;
    }
    return true;
  }

 private:
  int common_base(int a, int b) const {
    std::vector<bool> seen(base_.size(), false);
    while (true) {
      a = base_[at(a)];
      seen[at(a)] = true;
      if (mate_[at(a)] < 0) break;
      a = parent_[at(mate_[at(a)])];
    }
    while (!seen[at(base_[at(b)])]) b = parent_[at(mate_[at(base_[at(b)])])];
    return base_[at(b)];
  }

  void mark(int node, int base, int child, std::vector<bool>& blossom) {
    while (base_[at(node)] != base) {
      blossom[at(base_[at(node)])] = blossom[at(base_[at(mate_[at(node)])])] = true;
      parent_[at(node)] = child;
      child = mate_[at(node)];
      node = parent_[at(mate_[at(node)])];
    }
  }

  void contract(int a, int b, std::queue<int>& open) {
    const int base = common_base(a, b);
    std::vector<bool> blossom(base_.size(), false);
    mark(a, base, b, blossom);
    mark(b, base, a, blossom);
    for (std::size_t k = 0; k < base_.size(); ++k) {
      if (!blossom[at(base_[k])]) continue;
      base_[k] = base;
      if (used_[k]) continue;
      used_[k] = true;
      open.push(static_cast<int>(k));
    }
  }

  /// @return the free end of an augmenting path from `root`, -1 if there is none
  int find_path(int root) {
    std::fill(used_.begin(), used_.end(), false);
    std::fill(parent_.begin(), parent_.end(), -1);
    for (std::size_t k = 0; k < base_.size(); ++k) base_[k] = static_cast<int>(k);
    used_[at(root)] = true;
    std::queue<int> open;
    open.push(root);
    while (!open.empty()) {
      const int a = open.front();
      open.pop();
      for (const int b : edges_[at(a)]) {
        if (base_[at(a)] == base_[at(b)] || mate_[at(a)] == b) continue;
        if (b == root || (mate_[at(b)] >= 0 && parent_[at(mate_[at(b)])] >= 0)) {
          contract(a, b, open);
        } else if (parent_[at(b)] < 0) {
          parent_[at(b)] = a;
          if (mate_[at(b)] < 0) return b;
          used_[at(mate_[at(b)])] = true;
          open.push(mate_[at(b)]);
        }
      }
    }
    return -1;
  }

  std::vector<std::vector<int>> edges_;
  std::vector<int> mate_, parent_, base_;
  std::vector<bool> used_;
};

constexpr int hydrogen = 1, carbon = 6, nitrogen = 7, oxygen = 8, phosphorus = 15, sulfur = 16;

/// Open valences of an atom, and the charge it carries whatever is matched.
struct Valence {
  int open = 0, charge = 0;
};

class LewisMolecule {
 public:
  LewisMolecule(std::span<const int> species, const Eigen::Matrix3Xd& positions,
                std::span<const std::pair<int, int>> bonds)
      : species_{species}, positions_{positions}, bonds_{bonds}, neighbors_(species.size()) {
    for (const auto& [a, b] : bonds) {
      neighbors_[at(a)].push_back(b);
      neighbors_[at(b)].push_back(a);
    }
  }

  LewisCharge solve() {
    if (species_.size() == 2 && species_[0] == oxygen && species_[1] == oxygen) return dioxygen();
    std::vector<Valence> valences;
    for (int atom = 0; atom < static_cast<int>(species_.size()); ++atom) {
      const std::optional<Valence> one = valence_of(atom);
      if (!one) return {std::nullopt, lacks_};
      valences.push_back(*one);
    }
    if (lacks_) return {std::nullopt, true};
    const std::optional<int> charge = matched(valences);
    int electrons = charge ? -*charge : 0;
    for (const int z : species_) electrons += z;
    return {electrons % 2 == 0 ? charge : std::nullopt, false};
  }

 private:
  double distance(int a, int b) const { return (positions_.col(a) - positions_.col(b)).norm(); }
  const std::vector<int>& around(int atom) const { return neighbors_[at(atom)]; }
  int count(int atom) const { return static_cast<int>(around(atom).size()); }

  double angle_deg(int atom) const {
    const Eigen::Vector3d u = (positions_.col(around(atom)[0]) - positions_.col(atom)).normalized();
    const Eigen::Vector3d v = (positions_.col(around(atom)[1]) - positions_.col(atom)).normalized();
    return std::acos(std::clamp(u.dot(v), -1.0, 1.0)) * 180 / units::pi;
  }
  /// How far an atom with three neighbours lies from their plane (A).
  double off_plane(int atom) const {
    const Eigen::Vector3d a = positions_.col(around(atom)[0]), b = positions_.col(around(atom)[1]),
                          c = positions_.col(around(atom)[2]);
    return std::abs((b - a).cross(c - a).normalized().dot(positions_.col(atom) - a));
  }
  /// Neighbours that are O or S bonded to nothing else.
  int terminal_chalcogens(int atom) const {
    return static_cast<int>(std::count_if(around(atom).begin(), around(atom).end(), [&](int other) {
      return (species_[at(other)] == oxygen || species_[at(other)] == sulfur) && count(other) == 1;
    }));
  }

  LewisCharge dioxygen() const {
    constexpr double superoxide = 1.25, peroxide = 1.40;  // A, between O2 1.21, KO2 1.28 and Li2O2 1.55
    const double length = distance(0, 1);
    return {length < superoxide ? 0 : length < peroxide ? -1 : -2, false};
  }

  std::optional<Valence> carbon_valence(int atom) {
    constexpr double triple = 1.28, linear = 150, planar = 0.3;  // A, degrees, A
    switch (count(atom)) {
      case 1:
        if (distance(atom, around(atom)[0]) > triple) lacks_ = true;
        return Valence{2, -1};  // of a triple bond's three pairs two come on top of the first
      case 2:
        if (angle_deg(atom) < linear) lacks_ = true;
        return Valence{2, 0};
      case 3:
        if (off_plane(atom) > planar) lacks_ = true;
        return Valence{1, 0};
      case 4: return Valence{0, 0};
      default: return std::nullopt;
    }
  }

  std::optional<Valence> nitrogen_valence(int atom) {
    constexpr double single = 1.30, linear = 160;  // A, degrees
    const auto saturated = [&](int other) { return species_[at(other)] == carbon && count(other) == 4; };
    switch (count(atom)) {
      case 1:
        if (species_[at(around(atom)[0])] == carbon && distance(atom, around(atom)[0]) > single) lacks_ = true;
        return Valence{2, 0};
      case 2:
        if (std::all_of(around(atom).begin(), around(atom).end(), saturated)) lacks_ = true;
        return angle_deg(atom) > linear ? Valence{2, 1} : Valence{1, 0};
      case 3: return terminal_chalcogens(atom) > 0 ? Valence{1, 1} : Valence{0, 0};
      case 4: return Valence{0, 1};
      default: return std::nullopt;
    }
  }

  std::optional<Valence> oxygen_valence(int atom) const {
    if (count(atom) == 1) {
      const int other = around(atom)[0];
      return species_[at(other)] == carbon && count(other) == 1 ? Valence{2, 1} : Valence{1, 0};  // carbon monoxide
    }
    if (count(atom) == 2) return Valence{0, 0};
    return count(atom) == 3 ? std::optional{Valence{0, 1}} : std::nullopt;
  }

  std::optional<Valence> sulfur_valence(int atom) const {
    const int terminal = terminal_chalcogens(atom);
    switch (count(atom)) {
      case 1: return Valence{1, 0};
      case 2: {
        const auto is_oxide = [&](int other) { return species_[at(other)] == oxygen && count(other) == 1; };
        return Valence{std::any_of(around(atom).begin(), around(atom).end(), is_oxide) ? 2 : 0, 0};
      }
      case 3: return terminal > 0 ? Valence{1, 0} : Valence{0, 1};
      case 4: return Valence{2, 0};
      default: return std::nullopt;
    }
  }

  std::optional<Valence> phosphorus_valence(int atom) const {
    const int terminal = terminal_chalcogens(atom);
    switch (count(atom)) {
      case 1:
      case 2: return Valence{3 - count(atom), 0};
      case 3: return Valence{terminal > 0 ? 2 : 0, 0};
      case 4: {
        const bool carbons = std::all_of(around(atom).begin(), around(atom).end(),
                                         [&](int other) { return species_[at(other)] == carbon; });
        return carbons ? Valence{0, 1} : Valence{1, 0};
      }
      default: return std::nullopt;
    }
  }

  std::optional<Valence> valence_of(int atom) {
    switch (species_[at(atom)]) {
      case hydrogen: return count(atom) == 1 ? std::optional{Valence{0, 0}} : std::nullopt;
      case carbon: return carbon_valence(atom);
      case nitrogen: return nitrogen_valence(atom);
      case oxygen: return oxygen_valence(atom);
      case sulfur: return sulfur_valence(atom);
      case phosphorus: return phosphorus_valence(atom);
      default: return count(atom) == 1 ? std::optional{Valence{0, 0}} : std::nullopt;
    }
  }

  /// Long bonds of two atoms of the third row, and of oxygen to oxygen, are single.
  bool may_be_double(int a, int b) const {
    const int x = std::min(species_[at(a)], species_[at(b)]), y = std::max(species_[at(a)], species_[at(b)]);
    if (x == oxygen && y == oxygen) return distance(a, b) < 1.28;
    if (x == sulfur && y == sulfur) return distance(a, b) < 1.95 || count(a) > 2 || count(b) > 2;
    return !(x == phosphorus && y == phosphorus) && !(x == carbon && y == phosphorus);
  }

  /// Matches open valences: carbon first, since it bears no charge willingly, oxygen last.
  std::optional<int> matched(const std::vector<Valence>& valences) const {
    std::vector<std::pair<int, int>> copies;  // of an atom's open valences: rank of its element, atom
    std::vector<std::vector<int>> nodes(species_.size());
    for (int atom = 0; atom < static_cast<int>(species_.size()); ++atom)
      for (int k = 0; k < valences[at(atom)].open; ++k) {
        const int z = species_[at(atom)];
        const int rank = z == carbon                      ? 0
                         : z == phosphorus                ? 1
                         : z == sulfur && count(atom) > 1 ? 2
                         : z == nitrogen                  ? 3
                                                          : 4;
        nodes[at(atom)].push_back(static_cast<int>(copies.size()));
        copies.emplace_back(rank, atom);
      }
    Matching matching{static_cast<int>(copies.size())};
    for (const auto& [a, b] : bonds_)
      if (may_be_double(a, b))
        for (const int x : nodes[at(a)])
          for (const int y : nodes[at(b)]) matching.join(x, y);
    int charge = 0;
    for (const Valence& valence : valences) charge += valence.charge;
    for (int rank = 0; rank <= 4; ++rank)
      for (std::size_t node = 0; node < copies.size(); ++node)
        if (copies[node].first == rank) matching.cover(static_cast<int>(node));
    for (std::size_t node = 0; node < copies.size(); ++node) {
      if (matching.covered(static_cast<int>(node))) continue;
      const int atom = copies[node].second;
      if (species_[at(atom)] != carbon || count(atom) == 1) {
        --charge;
      } else if (donates(valences)) {
        ++charge;
      } else {
        return std::nullopt;
      }
    }
    return charge;
  }

  /// Whether a nitrogen with a free pair can take over the charge of a carbon.
  bool donates(const std::vector<Valence>& valences) const {
    for (int atom = 0; atom < static_cast<int>(species_.size()); ++atom)
      if (species_[at(atom)] == nitrogen && count(atom) == 3 && valences[at(atom)].charge == 0) return true;
    return false;
  }

  std::span<const int> species_;
  const Eigen::Matrix3Xd& positions_;
  std::span<const std::pair<int, int>> bonds_;
  std::vector<std::vector<int>> neighbors_;
  bool lacks_ = false;
};

}  // namespace

LewisCharge lewis_charge(std::span<const int> species, const Eigen::Matrix3Xd& positions,
                         std::span<const std::pair<int, int>> bonds) {
  return LewisMolecule{species, positions, bonds}.solve();
}

}  // namespace hopflow
