// SPDX-License-Identifier: GPL-2.0-or-later
// Cells into LAMMPS' form and back.
#include <cmath>

#include <catch2/catch.hpp>

#include "potentials/lammps/box.hpp"
#include "structures/core/cell.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

void check_box(const LammpsBox& box) {
  const Eigen::Matrix3d& b = box.box;
  CHECK(b(1, 0) == 0);
  CHECK(b(2, 0) == 0);
  CHECK(b(2, 1) == 0);
  CHECK(b.diagonal().minCoeff() > 0);
  CHECK((box.rotation * box.rotation.transpose() - Eigen::Matrix3d::Identity()).norm() < 1e-14);
  CHECK(box.rotation.determinant() == Approx(1));
  CHECK((box.rotation * box.given - b).norm() < 1e-13 * b.norm());
  CHECK(std::abs(b(0, 1)) <= 0.5 * b(0, 0) * (1 + 1e-8));
  CHECK(std::abs(b(0, 2)) <= 0.5 * b(0, 0) * (1 + 1e-8));
  CHECK(std::abs(b(1, 2)) <= 0.5 * b(1, 1) * (1 + 1e-8));
}

}  // namespace

TEST_CASE("a cell in LAMMPS' form is taken as it stands", "[potentials][box]") {
  Eigen::Matrix3d cell;
  cell << 8, 1, -2, 0, 7, 3, 0, 0, 6;
  const LammpsBox box = make_lammps_box(cell, {true, true, true});
  CHECK(box.box == cell);
  CHECK(box.rotation == Eigen::Matrix3d::Identity());
}

TEST_CASE("turned, left-handed and skewed cells keep their lattice", "[potentials][box]") {
  Scatter scatter{5};
  for (int round = 0; round < 200; ++round) {
    Eigen::Matrix3d cell;
    for (double& x : cell.reshaped()) x = 10 * scatter.next();
    if (std::abs(cell.determinant()) < 50) continue;
    const LammpsBox box = make_lammps_box(cell, {true, true, true});
    check_box(box);
    CHECK(box.given.determinant() == Approx(std::abs(cell.determinant())).epsilon(1e-10));
    const Eigen::Matrix3d whole = cell.inverse() * box.given;
    CHECK((whole - whole.array().round().matrix()).norm() < 1e-9);

    // Wrapping moves atoms by whole lattice vectors into the box and nothing else.
    Eigen::Matrix3Xd x(3, 5);
    for (double& value : x.reshaped()) value = 40 * scatter.next();
    const Eigen::Matrix3Xd inside = box.to_box(x);
    const Eigen::Matrix3Xd fractional = box.box.inverse() * inside;
    CHECK(fractional.minCoeff() > -1e-12);
    CHECK(fractional.maxCoeff() < 1 + 1e-12);
    const Eigen::Matrix3Xd moved = cell.inverse() * (x - box.from_box(inside));
    CHECK((moved - moved.array().round().matrix()).norm() < 1e-9);
  }
}

TEST_CASE("open directions come last and are not wrapped", "[potentials][box]") {
  Eigen::Matrix3d cell;
  cell << 9, 0, 4, 1, 8, 0, 0, 0, 30;
  for (const std::array<bool, 3> periodic :
       {std::array{false, true, true}, std::array{true, false, true}, std::array{true, true, false},
        std::array{false, false, true}, std::array{false, true, false}, std::array{false, false, false}}) {
    const LammpsBox box = make_lammps_box(cell, periodic);
    check_box(box);
    int repeats = 0;
    for (const bool p : periodic) repeats += p ? 1 : 0;
    for (int k = 0; k < 3; ++k) CHECK(box.periodic[static_cast<std::size_t>(k)] == (k < repeats));
    Eigen::Matrix3Xd x(3, 2);
    x << 0, 100, 0, -50, 0, 70;
    const Eigen::Vector3d step = box.from_box(box.to_box(x)).col(1) - box.from_box(box.to_box(x)).col(0);
    const Eigen::Vector3d moved = cell.inverse() * (step - (x.col(1) - x.col(0)));
    for (int k = 0; k < 3; ++k) {
      if (periodic[static_cast<std::size_t>(k)]) {
        CHECK(std::abs(moved(k) - std::round(moved(k))) < 1e-10);
      } else {
        CHECK(std::abs(moved(k)) < 1e-10);
      }
    }
  }
}
