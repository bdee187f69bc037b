// SPDX-License-Identifier: GPL-2.0-or-later
// Molecules that turn between the ends of a path, and the ways of laying one.
#include <catch2/catch.hpp>

#include <algorithm>
#include <numbers>

#include "neb/path/alignment.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/path/turns.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/cell.hpp"
#include "tests/neb/path/methylammonium.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

constexpr double degree = std::numbers::pi / 180;

/// In a skewed cell of 9 A, about the corner, every atom wrapped into the cell.
Configuration across_the_corner(Configuration c) {
  c.cell << 9, 1, 0.5, 0, 9, -0.7, 0, 0, 9;
  c.periodic = {true, true, true};
  Eigen::Matrix3Xd fractional = c.cell.inverse() * c.positions;
  fractional.array() -= fractional.array().floor();
  c.positions = c.cell * fractional;
  return c;
}

Configuration rotated(Configuration c, double degrees, const Eigen::Vector3d& axis) {
  c.positions = Eigen::AngleAxisd(degrees * degree, axis.normalized()).toRotationMatrix() * c.positions;
  return c;
}

/// The largest change of a bond's length along a path, C-N, C-H and N-H (A).
double stretch(const std::vector<Configuration>& path) {
  double most = 0;
  const auto bonds = find_bonds(path.front());
  const auto length = [](const Configuration& c, const Bond& bond) {
    return (c.positions.col(bond.j) + c.cell * bond.image.cast<double>() - c.positions.col(bond.i)).norm();
  };
  for (const Configuration& image : path)
    for (const Bond& bond : bonds) most = std::max(most, std::abs(length(image, bond) - length(path.front(), bond)));
  return most;
}

}  // namespace

TEST_CASE("an NH3 that turns by 100 degrees across the cell's edge keeps its bonds on the way", "[neb][turns]") {
  const Configuration a = across_the_corner(methylammonium()), b = across_the_corner(methylammonium(100));
  REQUIRE(find_bonds(a).size() == 7);
  const Mobile mobile({}, a.size());
  const Configuration end = aligned(a, b, mobile, AtomOrder::kept);
  const auto path = rigid_molecule_path(a, end, mobile, 5);
  CHECK(stretch(path) < 1e-9);
  // Closed form: the NH3 turns evenly against the CH3, by 50 degrees half way. A hydrogen of each, seen along the bond.
  const auto arm = [&](int from, int to) {
    return Eigen::Vector3d(minimum_image(a.cell, path[3].positions.col(to) - path[3].positions.col(from), a.periodic));
  };
  const Eigen::Vector3d bond = arm(0, 1).normalized();
  const auto across = [&](const Eigen::Vector3d& v) { return Eigen::Vector3d((v - bond.dot(v) * bond).normalized()); };
  CHECK(std::acos(across(arm(0, 2)).dot(across(arm(1, 5)))) / degree == Approx(60 + 50));
  // On the straight line the arms of 0.97 A shrink by a factor cos(50 degrees) half way.
  const double radius = 1.03 * std::sin(110 * degree), height = -1.03 * std::cos(110 * degree);
  const double expected = 1.03 - std::hypot(height, radius * std::cos(50 * degree));
  CHECK(stretch(linear_path(a, end, 5)) == Approx(expected).margin(0.02));
}

TEST_CASE("half a turn goes the same way whatever rounding does, at even angles", "[neb][turns]") {
  Configuration a = rotated(methylammonium(), 20, {1, 2, 3});
  a.positions.colwise() -= Eigen::Vector3d(a.positions.rowwise().mean());
  const Eigen::Vector3d axis = Eigen::Vector3d(1, -2, 0.5).normalized();
  const Mobile mobile({}, a.size());
  std::vector<Configuration> first;
  for (const double noise : {0.0, 1e-9, -1e-9}) {
    const Configuration b = rotated(a, 180 + noise, axis);
    const auto path = rigid_molecule_path(a, b, mobile, 5);
    CHECK(stretch(path) < 1e-6);
    if (first.empty()) first = path;
    for (int i = 0; i <= 6; ++i) {
      const auto k = static_cast<std::size_t>(i);
      CHECK((path[k].positions - first[k].positions).cwiseAbs().maxCoeff() < 1e-6);
      // Source of the angles: the rotation by 30 degrees an image, made directly.
      const Eigen::Matrix3Xd up = rotated(a, 30 * i, axis).positions, down = rotated(a, -30 * i, axis).positions;
      CHECK(std::min((path[k].positions - up).norm(), (path[k].positions - down).norm()) < 1e-6);
    }
  }
}

TEST_CASE("where nothing turns the path is the straight one to the last bit", "[neb][turns]") {
  Configuration a = perovskite(2), b = a;
  b.positions.col(9) += Eigen::Vector3d(1.1, 0.4, -0.3);
  b.positions.leftCols(8).colwise() += Eigen::Vector3d(0.3, -0.2, 0.5);
  const Mobile mobile({}, a.size());
  const auto straight = linear_path(a, b, 3);
  const auto path = rigid_molecule_path(a, b, mobile, 3);
  for (std::size_t i = 0; i < path.size(); ++i) CHECK(path[i].positions == straight[i].positions);
}

TEST_CASE("a cation that turns among others turns by itself; partly held ones and changed bonds go straight",
          "[neb][turns]") {
  Configuration a = perovskite(2), b = a;
  const Eigen::Vector3d centre = a.positions.leftCols(8).rowwise().mean();
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(90 * degree, Eigen::Vector3d(1, 1, 0).normalized()).toRotationMatrix();
  b.positions.leftCols(8) = (turn * (a.positions.leftCols(8).colwise() - centre)).colwise() + centre;
  const auto straight = linear_path(a, b, 3);
  const auto path = interpolation_named("rigid-molecules").path(a, b, Mobile({}, a.size()), 3);
  CHECK(stretch(path) < 1e-9);
  CHECK(stretch(straight) > 0.3);
  CHECK(path[2].positions.rightCols(88) == straight[2].positions.rightCols(88));
  CHECK(path[4].positions == b.positions);

  Mask mask(static_cast<std::size_t>(a.size()), true);
  mask[0] = false;  // its carbon atom; the ends put it where it was
  Configuration held = b;
  held.positions.leftCols(8).colwise() -= Eigen::Vector3d(b.positions.col(0) - a.positions.col(0));
  const auto of_held = rigid_molecule_path(a, held, Mobile(mask, a.size()), 3);
  CHECK(of_held[2].positions == linear_path(a, held, 3)[2].positions);
  // A hydrogen that goes from one end to the other: not the same molecule.
  Configuration changed = b;
  changed.positions.col(5) = b.positions.col(1) + 3 * (b.positions.col(5) - b.positions.col(1));
  CHECK(rigid_molecule_path(a, changed, Mobile({}, a.size()), 3)[2].positions ==
        linear_path(a, changed, 3)[2].positions);
}

TEST_CASE("atoms of metals and inert gases are no molecules, however near", "[neb][turns]") {
  Configuration a;
  a.species = {29, 29, 18, 18};
  a.positions.setZero(3, 4);
  a.positions.row(0) << 0, 1.0, 2.0, 3.0;
  a.cell = 20 * Eigen::Matrix3d::Identity();
  Configuration b = rotated(a, 90, {0, 0, 1});
  CHECK(kept_molecules(a, b, Mobile({}, 4)).empty());
}

TEST_CASE("a molecule longer than half the cell arrives in one piece", "[neb][turns]") {
  // Turned over about an end, the other end of a chain of four carbon atoms is nearer to its image than to itself.
  Configuration a;
  a.species = {6, 6, 6, 6, 82, 82, 82, 82, 82, 82};
  a.positions.setZero(3, 10);
  for (int i = 0; i < 4; ++i) a.positions.col(i) = Eigen::Vector3d(1.3 * i, i % 2 ? 0.7 : 0, 0);
  for (int i = 4; i < 10; ++i) a.positions.col(i) = Eigen::Vector3d(1.2 * (i - 4), 4, 1 + 0.3 * i);
  a.cell = Eigen::Vector3d(7.2, 8, 8).asDiagonal();
  Configuration b = a;
  b.positions.leftCols(4) =
      Eigen::AngleAxisd(170 * degree, Eigen::Vector3d::UnitZ()).toRotationMatrix() * a.positions.leftCols(4);
  Configuration wrapped = b;
  for (int i = 0; i < 10; ++i) wrapped.positions(0, i) += 7.2 * (i % 3 - 1);
  Mask mask(10, true);
  mask[9] = false;
  const Mobile mobile(mask, 10);
  wrapped.positions.col(9) = b.positions.col(9);
  const Configuration end = aligned(a, wrapped, mobile, AtomOrder::kept);
  const Eigen::Matrix3Xd off = end.positions.leftCols(4) - b.positions.leftCols(4);
  CHECK((off.colwise() - off.col(0)).norm() < 1e-9);
  CHECK(stretch(rigid_molecule_path(a, end, mobile, 3)) < 1e-9);
}
