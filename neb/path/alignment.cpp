// SPDX-License-Identifier: GPL-2.0-or-later
// Endpoints brought into one frame: refusals, lattice vectors, drift, rotation.
#include "neb/path/alignment.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "neb/core/rigid.hpp"
#include "neb/path/atom_order.hpp"
#include "neb/path/turns.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"

namespace hopflow {
namespace {

constexpr double same_cell = 1e-3;  // A: files written with few digits differ by less

[[noreturn]] void refuse(const std::string& what) { throw Error(Error::Kind::bad_input, "endpoints: " + what); }

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
      refuse(fmt::format("atom {} is {} in the initial structure and {} in the final one; write the atoms in one order",
                         i, symbol_of(a.species[k]), symbol_of(b.species[k])));
    }
  }
  if (a.periodic != b.periodic) refuse("the structures are periodic in different directions");
  const bool any = a.periodic[0] || a.periodic[1] || a.periodic[2];
  const double difference = (a.cell - b.cell).cwiseAbs().maxCoeff();
  if (any && difference > same_cell) {
    refuse(
        fmt::format("the cells differ by up to {:.6g} A; a barrier is found at one cell, so give both structures the "
                    "same one",
                    difference));
  }
}

void refuse_other_order(const Configuration& initial, const Configuration& final, const Mobile& mobile) {
  const BetterOrder better = better_order(initial, final, mobile);
  if (!better.traded()) return;
  refuse(
      fmt::format("{} appear to be exchanged: permuted cyclically, their total displacement is {:.2g} A instead of "
                  "{:.2g} A. If the atom order differs between the structures, reorder one file; if the order is "
                  "right, set 'order: given' or give interior points of the path (neb: path)",
                  listed(initial, better.atoms), better.length_share * better.length, better.length));
}

/// An atom of a large molecule that turns may end nearer to an image of its own than to itself: a molecule goes as a
/// whole.
void keep_whole(Eigen::Matrix3Xd& displacement, const Configuration& initial, const Configuration& final,
                const Mobile& mobile, const Eigen::Vector3d& shift) {
  for (const KeptMolecule& molecule : kept_molecules(initial, final, mobile)) {
    const Eigen::Matrix3Xd whole = initial.positions(Eigen::all, molecule.atoms) + molecule.to_whole;
    Eigen::Matrix3Xd way = (molecule.whole - whole).colwise() - shift;
    const Eigen::Vector3d mean = way.rowwise().mean();
    way.colwise() -= Eigen::Vector3d(mean - minimum_image(initial.cell, mean, initial.periodic));
    for (std::size_t k = 0; k < molecule.atoms.size(); ++k) {
      const Eigen::Vector3d there = way.col(static_cast<Eigen::Index>(k));
      if ((there - displacement.col(molecule.atoms[k])).norm() > 1e-6) displacement.col(molecule.atoms[k]) = there;
    }
  }
}

}  // namespace

Eigen::Vector3d common_shift(const Configuration& frame, const Eigen::Matrix3Xd& displacement) {
  constexpr double elsewhere = 0.5;  // A: atoms left further off count alike
  const Eigen::Index n = displacement.cols();
  const Eigen::Index stride = std::max<Eigen::Index>(1, n / 64);
  Eigen::Vector3d best = Eigen::Vector3d::Zero();
  double least = std::numeric_limits<double>::infinity();
  for (Eigen::Index candidate = -1; candidate < n; candidate += candidate < 0 ? 1 : stride) {
    const Eigen::Vector3d shift =
        candidate < 0 ? Eigen::Vector3d(Eigen::Vector3d::Zero()) : Eigen::Vector3d(displacement.col(candidate));
    const Eigen::Matrix3Xd rest = minimum_image(frame.cell, displacement.colwise() - shift, frame.periodic);
    const double left = rest.colwise().norm().cwiseMin(elsewhere).sum();
    if (left < least) {
      least = left;
      best = shift;
    }
  }
  return best;
}

Configuration aligned(const Configuration& initial, const Configuration& final, const Mobile& mobile, AtomOrder order) {
  check_alike(initial, final);
  Eigen::Matrix3Xd displacement = minimum_image(initial.cell, final.positions - initial.positions, initial.periodic);
  for (int i = 0; i < initial.size(); ++i) {
    if (mobile.mask()[static_cast<std::size_t>(i)]) continue;
    if (displacement.col(i).norm() > 0.1) {
      refuse(fmt::format("{} is fixed but stands {:.3g} A apart in the two structures; fixed atoms must not move",
                         listed(initial, {i}), displacement.col(i).norm()));
    }
    displacement.col(i).setZero();
  }
  if (order == AtomOrder::given) refuse_other_order(initial, final, mobile);
  const bool drifts = mobile.everything() && initial.size() > 1;
  Eigen::Vector3d shift = Eigen::Vector3d::Zero();
  if (drifts) {
    shift = common_shift(initial, displacement);
    displacement = minimum_image(initial.cell, displacement.colwise() - shift, initial.periodic);
  }
  keep_whole(displacement, initial, final, mobile, shift);
  if (drifts) {
    displacement.colwise() -= Eigen::Vector3d(displacement.rowwise().mean());
    if (turns_freely(initial)) {
      const Eigen::Matrix3Xd moved = initial.positions + displacement;
      const Eigen::Vector3d centre = initial.positions.rowwise().mean();
      displacement = ((nearest_rotation(initial.positions, moved) * (moved.colwise() - centre)).colwise() + centre) -
                     initial.positions;
    }
  }
  Configuration result = initial;
  result.positions = initial.positions + displacement;
  return result;
}

}  // namespace hopflow
