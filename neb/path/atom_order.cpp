// SPDX-License-Identifier: GPL-2.0-or-later
// Cheapest assignments of final places to atoms, frame by frame.
#include "neb/path/atom_order.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "neb/core/rigid.hpp"
#include "neb/path/alignment.hpp"
#include "neb/path/assignment.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr double far_share = 0.45;   // of length times square: such an order is taken without trying others
constexpr double least_place = 0.5;  // A: an atom nearer to a place than this, or than at_rest, is on it
// Lengths below are shares of the distance of nearest neighbours.
constexpr double one_way = 0.9;        // cosine to the mean direction of atoms that go together
constexpr double at_rest = 0.25;       // what goes less far stands still
constexpr double in_motion = 0.1;      // what goes less far need not be looked at
constexpr double one_structure = 0.4;  // mean square displacement of atoms that all move a little

/// Equal numbers for atoms of either structure that may stand for each other.
/// Neighbourhoods refined until they tell no more atoms apart: Weisfeiler & Leman (1968).
std::vector<int> kinds_of(const Configuration& initial, const Configuration& final) {
  const Configuration* structures[] = {&initial, &final};
  const int n = initial.size();
  std::vector<int> kind;
  std::vector<std::vector<int>> neighbors(at(2 * n));
  for (int side = 0; side < 2; ++side) {
    const std::vector<Bond> bonds = find_bonds(*structures[side]);
    std::vector<bool> finite(at(n), false);
    for (const Molecule& molecule : finite_molecules(*structures[side], bonds))
      for (const int atom : molecule.atoms) finite[at(atom)] = true;
    for (const Bond& bond : bonds) {
      if (!finite[at(bond.i)]) continue;
      neighbors[at(side * n + bond.i)].push_back(side * n + bond.j);
      neighbors[at(side * n + bond.j)].push_back(side * n + bond.i);
    }
    kind.insert(kind.end(), structures[side]->species.begin(), structures[side]->species.end());
  }
  const std::vector<int> species = kind;
  for (std::size_t told_apart = 0;;) {
    std::map<std::pair<int, std::vector<int>>, int> names;
    std::vector<int> finer;
    for (std::size_t i = 0; i < kind.size(); ++i) {
      std::vector<int> around;
      for (const int j : neighbors[i]) around.push_back(kind[at(j)]);
      std::sort(around.begin(), around.end());
      finer.push_back(
          names.emplace(std::pair(kind[i], std::move(around)), static_cast<int>(names.size())).first->second);
    }
    kind = std::move(finer);
    if (names.size() == std::exchange(told_apart, names.size())) break;
  }
  // Where bonds form or break there are not as many of a kind in both: that species has one kind.
  std::map<int, int> surplus;
  for (std::size_t i = 0; i < kind.size(); ++i) surplus[kind[i]] += i < at(n) ? 1 : -1;
  std::map<int, bool> reacts;
  for (std::size_t i = 0; i < kind.size(); ++i) reacts[species[i]] = reacts[species[i]] || surplus[kind[i]] != 0;
  for (std::size_t i = 0; i < kind.size(); ++i)
    if (reacts[species[i]]) kind[i] = -species[i];
  // What hangs on one atom, the same at both ends, stays there: a hydrogen may trade places in its own group only.
  std::map<std::pair<int, int>, int> hanging;
  for (int i = 0; i < n; ++i) {
    const std::vector<int>&before = neighbors[at(i)], &after = neighbors[at(n + i)];
    if (before.size() != 1 || after.size() != 1 || before[0] != after[0] - n) continue;
    const auto group =
        hanging.emplace(std::pair(species[at(i)], before[0]), 2 * n + static_cast<int>(hanging.size())).first;
    kind[at(i)] = kind[at(n + i)] = group->second;
  }
  return kind;
}

/// Median distance to the nearest neighbour, of up to 64 atoms.
double spacing_of(const Configuration& c) {
  std::vector<double> nearest;
  for (int i = 0; i < c.size(); i += std::max(1, c.size() / 64)) {
    Eigen::RowVectorXd apart =
        minimum_image(c.cell, c.positions.colwise() - c.positions.col(i), c.periodic).colwise().norm();
    apart[i] = apart.maxCoeff();
    nearest.push_back(apart.minCoeff());
  }
  std::nth_element(nearest.begin(), nearest.begin() + static_cast<std::ptrdiff_t>(nearest.size() / 2), nearest.end());
  return nearest[nearest.size() / 2];
}

class Orders {
 public:
  Orders(const Configuration& initial, const Configuration& final, const Mobile& mobile)
      : initial_{initial}, mobile_{mobile}, spacing_{spacing_of(initial)} {
    const std::vector<int> kinds = kinds_of(initial, final);
    kind_.assign(kinds.begin(), kinds.begin() + initial.size());
    final_kind_.assign(kinds.begin() + initial.size(), kinds.end());
  }

  /// How far each atom goes. @param placed  3xN, the final structure in some frame
  Eigen::RowVectorXd way(const Eigen::Matrix3Xd& placed) const {
    return minimum_image(initial_.cell, placed - initial_.positions, initial_.periodic).colwise().norm();
  }

  bool mostly_at_rest(const Eigen::RowVectorXd& way) const {
    return 2 * (way.array() < at_rest * spacing_).count() >= way.size() ||
           way.squaredNorm() < std::pow(one_structure * spacing_, 2) * double(way.size());
  }

  /// For each atom the one whose final place it should have. Atoms that hardly move keep theirs.
  std::vector<int> best(const Eigen::Matrix3Xd& placed) const {
    const Eigen::RowVectorXd going = way(placed);
    std::vector<int> order(at(initial_.size()));
    std::iota(order.begin(), order.end(), 0);
    std::map<int, std::pair<std::vector<int>, std::vector<int>>> groups;  // by kind: atoms, and places
    for (const int i : mobile_.atoms()) {
      if (going[i] < in_motion * spacing_ && kind_[at(i)] == final_kind_[at(i)]) continue;
      groups[kind_[at(i)]].first.push_back(i);
      groups[final_kind_[at(i)]].second.push_back(i);
    }
    for (const auto& [kind, group] : groups) {
      const auto& [atoms, places] = group;
      if (atoms.size() != places.size()) continue;
      const auto n = static_cast<Eigen::Index>(atoms.size());
      Eigen::MatrixXd cost(n, n);
      for (Eigen::Index i = 0; i < n; ++i) {
        const Eigen::Matrix3Xd apart =
            placed(Eigen::all, places).colwise() - initial_.positions.col(atoms[std::size_t(i)]);
        cost.row(i) = minimum_image(initial_.cell, apart, initial_.periodic).colwise().norm();
      }
      const std::vector<int> column = cheapest_assignment(cost);
      for (std::size_t i = 0; i < atoms.size(); ++i) order[at(atoms[i])] = places[at(column[i])];
    }
    return order;
  }

  /// The ring of a permutation that is spared most of its squared way, or all of it together.
  /// @param given, better  distances of atoms in the order given and in `order`
  BetterOrder spared(const Eigen::RowVectorXd& given, const Eigen::RowVectorXd& better, const std::vector<int>& order,
                     bool ring_by_ring) const {
    const double on_place = std::max(least_place, at_rest * spacing_);
    std::vector<BetterOrder> rings(ring_by_ring ? 0 : 1);
    std::vector<bool> seen(order.size(), false);
    for (int start = 0; start < static_cast<int>(order.size()); ++start) {
      if (seen[at(start)] || order[at(start)] == start) continue;
      if (ring_by_ring) rings.emplace_back();
      for (int i = start; !seen[at(i)]; i = order[at(i)]) {
        seen[at(i)] = true;
        rings.back().atoms.push_back(i);
      }
    }
    BetterOrder best;
    for (BetterOrder& ring : rings) {
      if (ring.atoms.empty()) continue;
      const Eigen::RowVectorXd before = ring_by_ring ? given(ring.atoms) : given;
      const Eigen::RowVectorXd after = ring_by_ring ? better(ring.atoms) : better;
      ring.length = before.sum();
      ring.in_place = static_cast<std::size_t>((after.array() < on_place).count());
      ring.length_share = after.sum() / before.sum();
      ring.square_share = after.squaredNorm() / before.squaredNorm();
      const bool more =
          ring.far_better() != best.far_better() ? ring.far_better() : ring.square_share < best.square_share;
      if (ring.length_share < 1 - 1e-6 && (best.atoms.empty() || more)) best = ring;
    }
    return best;
  }

  BetterOrder in_frame(const Eigen::Matrix3Xd& placed) const {
    const std::vector<int> order = best(placed);
    BetterOrder found = spared(way(placed), way(placed(Eigen::all, order)), order, true);
    found.together = go_together(placed, found.atoms);
    return found;
  }

  /// Whether atoms all go in one direction.
  bool go_together(const Eigen::Matrix3Xd& placed, const std::vector<int>& atoms) const {
    if (atoms.size() < 5) return false;  // a row of three that closes on itself is a mistake more often than a slide
    const Eigen::Matrix3Xd steps = minimum_image(
        initial_.cell, placed(Eigen::all, atoms) - initial_.positions(Eigen::all, atoms), initial_.periodic);
    const Eigen::Vector3d mean = steps.rowwise().mean();
    for (Eigen::Index i = 0; i < steps.cols(); ++i)
      if (!(steps.col(i).dot(mean) > one_way * steps.col(i).norm() * mean.norm())) return false;
    return true;
  }

  /// From a frame downhill: assignment and superposition in turn, until neither spares anything.
  BetterOrder by_superposition(const Eigen::RowVectorXd& given, Eigen::Matrix3Xd placed) const {
    BetterOrder found;
    std::vector<int> inverse(at(initial_.size()));
    for (double least = given.sum();;) {
      const std::vector<int> order = best(placed);
      const Eigen::Matrix3Xd ordered = placed_upon(initial_.positions, placed(Eigen::all, order));
      const Eigen::RowVectorXd better = way(ordered);
      if (!(better.sum() < least * (1 - 1e-6))) return found;
      least = better.sum();
      found = spared(given, better, order, false);
      for (std::size_t i = 0; i < order.size(); ++i) inverse[at(order[i])] = static_cast<int>(i);
      placed = ordered(Eigen::all, inverse);
    }
  }

  BetterOrder turned(const Eigen::Matrix3Xd& final) const;
  BetterOrder shifted(const Eigen::Matrix3Xd& final) const;

 private:
  std::vector<Eigen::Vector3d> shifts(const Eigen::Matrix3Xd& final) const;

  const Configuration& initial_;
  const Mobile& mobile_;
  std::vector<int> kind_, final_kind_;
  double spacing_;
};

void keep_better(BetterOrder& best, const BetterOrder& other) {
  if (!other.atoms.empty() && (best.atoms.empty() || other.square_share < best.square_share)) best = other;
}

/// Rotations spread evenly over all there are. Source: Alexa, CVPR 2022, 8291 (super-Fibonacci spirals).
Eigen::Quaterniond spread_rotation(int i, int count) {
  constexpr double phi = std::numbers::sqrt2, psi = 1.533751168755204288118041;  // psi^4 = psi + 4
  const double s = i + 0.5, t = s / count, d = 2 * std::numbers::pi * s;
  const double r = std::sqrt(t), rest = std::sqrt(1 - t);
  return {rest * std::cos(d / psi), r * std::sin(d / phi), r * std::cos(d / phi), rest * std::sin(d / psi)};
}

/// Nothing is periodic and nothing is fixed.
BetterOrder Orders::turned(const Eigen::Matrix3Xd& final) const {
  const Eigen::Matrix3Xd upon = placed_upon(initial_.positions, final);
  const Eigen::RowVectorXd given = way(upon);
  BetterOrder best = in_frame(upon);
  if (best.far_better()) return best;
  keep_better(best, by_superposition(given, upon));
  if (best.far_better() || mostly_at_rest(given)) return best;
  const Eigen::Vector3d centre = initial_.positions.rowwise().mean();
  const Eigen::Matrix3Xd arms = final.colwise() - final.rowwise().mean();
  keep_better(best, by_superposition(given, arms.colwise() + centre));
  const int starts = std::clamp(200000 / (initial_.size() * initial_.size()), 4, 60);
  for (int i = 0; i < starts && !best.far_better(); ++i)
    keep_better(best,
                by_superposition(given, (spread_rotation(i, starts).toRotationMatrix() * arms).colwise() + centre));
  return best;
}

/// Shifts that bring many atoms onto others of their kind, the best few first.
std::vector<Eigen::Vector3d> Orders::shifts(const Eigen::Matrix3Xd& final) const {
  std::map<int, std::vector<int>> atoms_of, places_of;
  for (int i = 0; i < initial_.size(); ++i) {
    atoms_of[kind_[at(i)]].push_back(i);
    places_of[final_kind_[at(i)]].push_back(i);
  }
  const auto rarest = std::min_element(atoms_of.begin(), atoms_of.end(),
                                       [](const auto& p, const auto& q) { return p.second.size() < q.second.size(); });
  std::vector<std::pair<Eigen::Index, Eigen::Vector3d>> scored;
  const int stride = std::max(1, initial_.size() / 32);
  for (const int first : {rarest->second.front(), rarest->second.back()}) {
    for (const int j : places_of[rarest->first]) {
      const Eigen::Vector3d shift = final.col(j) - initial_.positions.col(first);
      Eigen::Index score = 0;
      for (int i = 0; i < initial_.size(); i += stride) {
        const std::vector<int>& places = places_of[kind_[at(i)]];
        const Eigen::Matrix3Xd apart = final(Eigen::all, places).colwise() - (initial_.positions.col(i) + shift);
        score +=
            minimum_image(initial_.cell, apart, initial_.periodic).colwise().norm().minCoeff() < at_rest * spacing_;
      }
      scored.emplace_back(score, shift);
    }
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& p, const auto& q) { return p.first > q.first; });
  std::vector<Eigen::Vector3d> out;
  for (std::size_t i = 0; i < std::min<std::size_t>(scored.size(), 3); ++i) out.push_back(scored[i].second);
  return out;
}

/// Something is periodic and nothing is fixed.
BetterOrder Orders::shifted(const Eigen::Matrix3Xd& final) const {
  const Eigen::Vector3d drift =
      common_shift(initial_, minimum_image(initial_.cell, final - initial_.positions, initial_.periodic));
  const Eigen::Matrix3Xd placed = final.colwise() - drift;
  const Eigen::RowVectorXd given = way(placed);
  BetterOrder best = in_frame(placed);
  if (best.far_better() || mostly_at_rest(given)) return best;
  for (const Eigen::Vector3d& shift : shifts(final)) {
    const Eigen::Matrix3Xd there = final.colwise() - shift;
    const std::vector<int> order = this->best(there);
    keep_better(best, spared(given, way(there(Eigen::all, order)), order, false));
  }
  return best;
}

}  // namespace

bool BetterOrder::far_better() const { return square_share < 1 && length_share * square_share < far_share; }

BetterOrder better_order(const Configuration& initial, const Configuration& final, const Mobile& mobile) {
  if (initial.size() < 2) return {};
  const Orders orders(initial, final, mobile);
  if (!mobile.everything()) return orders.in_frame(final.positions);
  const auto& periodic = initial.periodic;
  const bool free = std::none_of(periodic.begin(), periodic.end(), [](bool p) { return p; });
  return free ? orders.turned(final.positions) : orders.shifted(final.positions);
}

std::string listed(const Configuration& configuration, const std::vector<int>& atoms) {
  constexpr std::size_t named = 4;  // atoms named; the rest is counted
  std::string out;
  for (std::size_t k = 0; k < std::min(atoms.size(), named); ++k)
    out += fmt::format("{}{} (index {})", k == 0 ? "" : ", ", symbol_of(configuration.species[at(atoms[k])]), atoms[k]);
  if (atoms.size() > named) out += fmt::format(" and {} more", atoms.size() - named);
  return out;
}

}  // namespace hopflow
