// SPDX-License-Identifier: GPL-2.0-or-later
// Endpoints brought into one frame: refusals, lattice vectors, drift, traded places.
#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "neb/interpolation.hpp"
#include "neb/rigid.hpp"
#include "structures/cell.hpp"
#include "structures/element.hpp"
#include "structures/error.hpp"

namespace hopflow {
namespace {

constexpr double turned_share = 0.5;  // of the displacements: less is left of a structure that only turned

[[noreturn]] void refuse(const std::string& what) { throw Error(Error::Kind::bad_input, "endpoints: " + what); }

std::string name_of(const Configuration& c, int i) {
  return fmt::format("{} (index {})", symbol_of(c.species[static_cast<std::size_t>(i)]), i);
}

void check_alike(const Configuration& a, const Configuration& b) {
  if (a.size() != b.size()) {
    refuse(fmt::format("the initial structure has {} atoms, the final one {}; both must hold the same atoms", a.size(),
                       b.size()));
  }
  for (const Configuration* c : {&a, &b}) {
    if (c->positions.cols() != c->size()) {
      refuse(fmt::format("found {} positions for {} species", c->positions.cols(), c->size()));
    }
    if (!c->positions.allFinite() || !c->cell.allFinite()) refuse("a position or cell vector is not a finite number");
  }
  for (int i = 0; i < a.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (a.species[k] != b.species[k]) {
      refuse(fmt::format("atom {} is {} in the initial structure and {} in the final one; write the atoms in one order", i,
                         symbol_of(a.species[k]), symbol_of(b.species[k])));
    }
  }
  if (a.periodic != b.periodic) refuse("the structures are periodic in different directions");
  const bool any = a.periodic[0] || a.periodic[1] || a.periodic[2];
  const double difference = (a.cell - b.cell).cwiseAbs().maxCoeff();
  if (any && difference > 1e-4) {
    refuse(fmt::format("the cells differ by up to {:.6g} A; a barrier is found at one cell, so give both structures the "
                       "same one",
                       difference));
  }
}

/// The shift most displacements share. Tried on up to 64 atoms, so one hop or a few cannot decide it.
Eigen::Vector3d common_shift(const Configuration& frame, const Eigen::Matrix3Xd& displacement) {
  const Eigen::Index n = displacement.cols();
  const Eigen::Index stride = std::max<Eigen::Index>(1, n / 64);
  Eigen::Vector3d best = Eigen::Vector3d::Zero();
  Eigen::Index best_count = -1;
  for (Eigen::Index candidate = -1; candidate < n; candidate += candidate < 0 ? 1 : stride) {
    const Eigen::Vector3d shift =
        candidate < 0 ? Eigen::Vector3d(Eigen::Vector3d::Zero()) : Eigen::Vector3d(displacement.col(candidate));
    const Eigen::Matrix3Xd rest = minimum_image(frame.cell, displacement.colwise() - shift, frame.periodic);
    const Eigen::Index count = (rest.colwise().norm().array() < 0.5).count();
    if (count > best_count) {
      best_count = count;
      best = shift;
    }
  }
  return best;
}

/// Follows "i ends where j began" among atoms of one species; closed rings, or long chains, mean another order.
void refuse_traded_places(const Configuration& initial, const Eigen::Matrix3Xd& displacement) {
  std::vector<int> movers;
  for (int i = 0; i < initial.size(); ++i) {
    if (displacement.col(i).norm() > 0.8) movers.push_back(i);
  }
  std::vector<int> next(static_cast<std::size_t>(initial.size()), -1);
  for (int i : movers) {
    Eigen::Matrix3Xd gap(3, static_cast<Eigen::Index>(movers.size()));
    const Eigen::Vector3d end = initial.positions.col(i) + displacement.col(i);
    for (std::size_t m = 0; m < movers.size(); ++m) {
      gap.col(static_cast<Eigen::Index>(m)) = initial.positions.col(movers[m]) - end;
    }
    gap = minimum_image(initial.cell, gap, initial.periodic);
    for (std::size_t m = 0; m < movers.size(); ++m) {
      const int j = movers[m];
      const bool same = initial.species[static_cast<std::size_t>(i)] == initial.species[static_cast<std::size_t>(j)];
      if (j != i && same && gap.col(static_cast<Eigen::Index>(m)).norm() < 0.5) next[static_cast<std::size_t>(i)] = j;
    }
  }
  for (int start : movers) {
    int length = 0, at = start;
    while (next[static_cast<std::size_t>(at)] >= 0 && length <= initial.size()) {
      at = next[static_cast<std::size_t>(at)];
      ++length;
      if (at == start) {
        refuse(fmt::format("{} and {} other atom(s) of its kind have traded places, the first of them {}: the order of "
                           "atoms differs between the structures; give each atom the same index in both",
                           name_of(initial, start), length - 1, name_of(initial, next[static_cast<std::size_t>(start)])));
      }
    }
    if (length >= 4) {
      refuse(fmt::format("a chain of {} atoms each ends where the next began, from {}: this looks like a different order "
                         "of atoms, not a hop; give each atom the same index in both structures",
                         length + 1, name_of(initial, start)));
    }
  }
}

}  // namespace

Configuration aligned(const Configuration& initial, const Configuration& final, const Mobile& mobile) {
  check_alike(initial, final);
  Eigen::Matrix3Xd displacement =
      minimum_image(initial.cell, final.positions - initial.positions, initial.periodic);
  if (mobile.everything()) {
    if (initial.size() > 1) {
      const Eigen::Vector3d shift = common_shift(initial, displacement);
      displacement = minimum_image(initial.cell, displacement.colwise() - shift, initial.periodic);
      const Eigen::Matrix3Xd shifted = displacement;
      const Eigen::Vector3d mean = displacement.rowwise().mean();
      displacement.colwise() -= mean;
      const double unturned = displacement.norm();
      if (turns_freely(initial)) {
        const Eigen::Matrix3Xd moved = initial.positions + displacement;
        const Eigen::Vector3d centre = initial.positions.rowwise().mean();
        displacement = ((nearest_rotation(initial.positions, moved) * (moved.colwise() - centre)).colwise() + centre) -
                       initial.positions;
      }
      // In another order neither the mean is a drift nor the rotation a turn: they would hide that atoms end where others
      // began. A cluster that turned comes to rest.
      if (displacement.norm() > turned_share * unturned) refuse_traded_places(initial, shifted);
    }
  } else {
    std::vector<bool> free(static_cast<std::size_t>(initial.size()), false);
    for (int i : mobile.atoms()) free[static_cast<std::size_t>(i)] = true;
    for (int i = 0; i < initial.size(); ++i) {
      if (free[static_cast<std::size_t>(i)]) continue;
      if (displacement.col(i).norm() > 0.1) {
        refuse(fmt::format("{} is fixed but stands {:.3g} A apart in the two structures; fixed atoms must not move",
                           name_of(initial, i), displacement.col(i).norm()));
      }
      displacement.col(i).setZero();
    }
  }
  refuse_traded_places(initial, displacement);
  Configuration result = initial;
  result.positions = initial.positions + displacement;
  return result;
}

}  // namespace hopflow
