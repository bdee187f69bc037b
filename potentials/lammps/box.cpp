// SPDX-License-Identifier: GPL-2.0-or-later
// The turn into LAMMPS' frame by orthogonalisation.
#include "potentials/lammps/box.hpp"

#include <cmath>
#include <vector>

#include "structures/core/cell.hpp"

namespace hopflow {

namespace {

// A right angle stays one: LAMMPS refuses the smallest tilt along open directions, and is slower with one elsewhere.
void drop_rounding(Eigen::Matrix3d& box) {
  constexpr double rounding = 1e-12;
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 3; ++k) {
      if (i != k && (i > k || std::abs(box(i, k)) < rounding * box(i, i))) box(i, k) = 0;
    }
  }
}

// Upper triangle R with positive diagonal of given = rotation^T R.
void turn(LammpsBox& result) {
  const TurnedCell turned = turn_cell(result.given);
  result.box = turned.cell;
  result.rotation = turned.rotation;
}

bool tilts_little(const Eigen::Matrix3d& box) {
  constexpr double half = 0.5 + 1e-9;
  return std::abs(box(0, 1)) <= half * box(0, 0) && std::abs(box(0, 2)) <= half * box(0, 0) &&
         std::abs(box(1, 2)) <= half * box(1, 1);
}

// Whole vectors taken off c and b until no tilt exceeds half a side.
void straighten(Eigen::Matrix3d& given, const Eigen::Matrix3d& box) {
  Eigen::Matrix3d now = box;
  const auto subtract = [&](int from, int what, double times) {
    now.col(from) -= times * now.col(what);
    given.col(from) -= times * given.col(what);
  };
  subtract(2, 1, std::round(now(1, 2) / now(1, 1)));
  subtract(2, 0, std::round(now(0, 2) / now(0, 0)));
  subtract(1, 0, std::round(now(0, 1) / now(0, 0)));
}

}  // namespace

TurnedCell turn_cell(const Eigen::Matrix3d& b) {
  TurnedCell result{b, Eigen::Matrix3d::Identity()};
  const bool in_form = b(1, 0) == 0 && b(2, 0) == 0 && b(2, 1) == 0 && b(0, 0) > 0 && b(1, 1) > 0 && b(2, 2) > 0;
  if (!in_form) {
    const Eigen::Vector3d x = b.col(0).normalized();
    const Eigen::Vector3d z = b.col(0).cross(b.col(1)).normalized();
    const Eigen::Vector3d y = z.cross(x).normalized();
    result.rotation.row(0) = x;
    result.rotation.row(1) = y;
    result.rotation.row(2) = z.dot(b.col(2)) < 0 ? Eigen::Vector3d(-z) : z;
    result.cell = result.rotation * b;
  }
  drop_rounding(result.cell);
  return result;
}

LammpsBox make_lammps_box(const Eigen::Matrix3d& cell, const std::array<bool, 3>& periodic) {
  LammpsBox result;
  std::vector<int> order;
  for (int k = 0; k < 3; ++k) {
    if (periodic[static_cast<std::size_t>(k)]) order.push_back(k);
  }
  const auto repeats = order.size();
  for (int k = 0; k < 3; ++k) {
    if (!periodic[static_cast<std::size_t>(k)]) order.push_back(k);
  }
  for (int k = 0; k < 3; ++k) result.given.col(k) = cell.col(order[static_cast<std::size_t>(k)]);
  for (std::size_t k = 0; k < 3; ++k) result.periodic[k] = k < repeats;

  if (repeats == 3) {
    if (result.given.determinant() > 0) turn(result);
    if (!(result.given.determinant() > 0) || !tilts_little(result.box)) {
      result.given = minkowski_reduce(cell).cell;
      turn(result);
      straighten(result.given, result.box);
      turn(result);
    }
    return result;
  }

  // Lengths along open directions only have to keep the vectors independent; the atoms decide how long the box is.
  Eigen::Matrix3d& b = result.given;
  if (repeats == 0) b.setIdentity();
  if (repeats == 1) {
    const Eigen::Vector3d x = b.col(0).normalized();
    int least = 0;
    x.cwiseAbs().minCoeff(&least);
    b.col(1) = x.cross(Eigen::Vector3d::Unit(least)).normalized();
    b.col(2) = x.cross(b.col(1)).normalized();
  }
  if (repeats == 2) {
    b.col(2) = b.col(0).cross(b.col(1)).normalized();
    turn(result);
    const double times = std::round(result.box(0, 1) / result.box(0, 0));
    b.col(1) -= times * b.col(0);
  }
  turn(result);
  return result;
}

Eigen::Matrix3Xd LammpsBox::to_box(const Eigen::Matrix3Xd& positions) const {
  Eigen::Matrix3Xd whole = (given.inverse() * positions).array().floor().matrix();
  for (int k = 0; k < 3; ++k) {
    if (!periodic[static_cast<std::size_t>(k)]) whole.row(k).setZero();
  }
  return rotation * (positions - given * whole);
}

Eigen::Matrix3Xd LammpsBox::from_box(const Eigen::Matrix3Xd& vectors) const { return rotation.transpose() * vectors; }

}  // namespace hopflow
