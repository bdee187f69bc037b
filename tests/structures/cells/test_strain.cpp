// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "structures/cells/strain.hpp"
#include "structures/core/cell.hpp"

using namespace hopflow;

namespace {

Configuration stretched(const Configuration& start, const Eigen::Vector3d& stretch) {
  return strained(start, finite_molecules(start, find_bonds(start)), stretch);
}

}  // namespace

TEST_CASE("A strained cell moves molecules whole, across its faces too, and ions with it", "[strain]") {
  Configuration start;
  start.cell << 6, 0.5, 0, 0, 7, 0.25, 0, 0, 8;
  start.species = {53, 7, 7, 82};
  start.positions.resize(3, 4);
  // A nitrogen molecule through the face of a: its second atom is listed a cell away.
  start.positions.col(0) = Eigen::Vector3d{1, 2, 3};
  start.positions.col(1) = Eigen::Vector3d{5.7, 4, 5};
  start.positions.col(2) = Eigen::Vector3d{0.8, 4, 5};
  start.positions.col(3) = Eigen::Vector3d{4, 1, 1};
  const Eigen::Vector3d stretch{1.03, 0.98, 1.01};
  const Configuration out = stretched(start, stretch);
  CHECK(out.cell.isApprox(start.cell * stretch.asDiagonal(), 1e-14));

  const Eigen::Matrix3Xd before = start.cell.inverse() * start.positions, after = out.cell.inverse() * out.positions;
  CHECK((before.col(0) - after.col(0)).norm() == Approx(0).margin(1e-12));
  CHECK((before.col(3) - after.col(3)).norm() == Approx(0).margin(1e-12));

  const auto bond = [](const Configuration& c) {
    return Eigen::Vector3d(
        minimum_image(c.cell, Eigen::Matrix3Xd(c.positions.col(2) - c.positions.col(1)), c.periodic));
  };
  CHECK((bond(start) - bond(out)).norm() == Approx(0).margin(1e-12));
  CHECK(bond(out).norm() == Approx(1.1));
  // The centre of the molecule keeps its fractional coordinates.
  const Eigen::Vector3d centre = start.positions.col(1) + 0.5 * bond(start);
  const Eigen::Vector3d moved = out.positions.col(1) + 0.5 * bond(out);
  CHECK((start.cell.inverse() * centre - out.cell.inverse() * moved).norm() == Approx(0).margin(1e-12));
}

TEST_CASE("An unstrained cell is the same", "[strain]") {
  Configuration start;
  start.cell = 5 * Eigen::Matrix3d::Identity();
  start.species = {6, 8};
  start.positions.resize(3, 2);
  start.positions << 4.9, 6.03, 0, 0, 0, 0;
  const Configuration out = stretched(start, Eigen::Vector3d::Ones());
  CHECK((out.positions - start.positions).norm() == Approx(0).margin(1e-12));
}
