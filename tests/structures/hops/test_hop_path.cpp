// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

#include "structures/chemistry/radii.hpp"
#include "structures/hops/hop_path.hpp"
#include "structures/hops/hops.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

HopTable cubic_hops(double longest) {
  Configuration cube;
  cube.cell = 6 * Eigen::Matrix3d::Identity();
  cube.positions.resize(3, 5);
  cube.positions << 0, 3, 0, 3, 3, 0, 3, 3, 0, 3, 0, 3, 3, 3, 0;
  cube.species = {55, 82, 53, 53, 53};
  const Crystal crystal = to_crystal(cube, "CsPbI3");
  return find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), 53, longest);
}

}  // namespace

TEST_CASE("the free radius is the distance to the nearest surface, not to the nearest centre", "[structures][hops]") {
  // A small atom 2 A and a large one 2.5 A away from the line: the large one is in the way.
  const std::vector<Bystander> beside{{{2, 2, 0}, 0.5, 7}, {{2, 0, -2.5}, 1.7, 9}, {{-3, 0, 0}, 1.0, 11}};
  const Clearance found = clearance_of({4, 0, 0}, beside);
  CHECK(found.distance == Approx(2));
  CHECK(found.free_radius == Approx(0.8));
  CHECK(found.atom == 9);
}

TEST_CASE("a path bows away from what is in its way, as far as helps", "[structures][hops]") {
  const Eigen::Vector3d path{4, 0, 0};
  const std::vector<Bystander> one{{{2, 1, 0}, 0.5, 0}};
  const PathHint away = bow_path(path, one);
  CHECK(away.bow.y() < -1.4);
  CHECK(std::abs(away.bow.x()) < 1e-12);
  CHECK(std::abs(away.bow.z()) < 0.35);
  CHECK(away.free_radius > 1.2);
  // Between two equal atoms the middle is best: no bow.
  const std::vector<Bystander> gate{
      {{2, 2, 0}, 0.5, 0}, {{2, -2, 0}, 0.5, 1}, {{2, 0, 2}, 0.5, 2}, {{2, 0, -2}, 0.5, 3}};
  CHECK(bow_path(path, gate).bow.norm() == 0);
  CHECK(bow_path(path, gate).free_radius == Approx(1.5));
  CHECK(bow_path(path, {}).bow.norm() == 0);
}

TEST_CASE("the hop along an octahedron's edge is narrow at the metal and bows out of the octahedron",
          "[structures][hops]") {
  const HopTable table = cubic_hops(4.5);
  REQUIRE(table.hops.size() == 1);
  const Hop& hop = table.hops.front();
  CHECK(hop.bottleneck_angstrom == Approx(6 / std::sqrt(8.0)));
  CHECK(hop.free_radius_angstrom == Approx(6 / std::sqrt(8.0) - ionic_radius(82)));
  CHECK(hop.narrowest_atom == 1);
  CHECK(hop.swapped_by == "mirror");
  CHECK(hop.bowed_free_radius_angstrom > hop.free_radius_angstrom + 0.05);
  // Straight on from the metal through the middle of the edge lies the cage of Cs; both are on the bow's line.
  CHECK(hop.bow.norm() > 0.05);
}

TEST_CASE("what swaps the ends of a hop is named as crystallographers do", "[structures][hops]") {
  // One atom in an orthorhombic cell has mirrors between all its images; in a triclinic one only inversion is left.
  Configuration one;
  one.positions = Eigen::Matrix3Xd::Zero(3, 1);
  one.species = {53};
  one.cell = Eigen::Vector3d{4, 5, 6}.asDiagonal();
  const auto swap_in = [&](const Eigen::Matrix3d& cell) {
    one.cell = cell;
    const Crystal crystal = to_crystal(one, "lattice");
    return find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), 53, 4.2).hops.front().swapped_by;
  };
  CHECK(swap_in(one.cell) == "mirror");
  Eigen::Matrix3d skew;
  skew << 4, 0.7, 0.9, 0, 5.0, 1.1, 0, 0, 6.0;
  CHECK(swap_in(skew) == "inversion");
  for (const Hop& hop :
       find_hops(test::shipped("mapbi3-pseudocubic"),
                 find_symmetry(test::shipped("mapbi3-pseudocubic"), SymmetryOf::crystal, 0.01), 53, 5.5)
           .hops)
    CHECK(hop.swapped_by.empty() != hop.reversed_by_symmetry);
}

TEST_CASE("the frame's classes hold every hop of the crystal once", "[structures][hops]") {
  const Crystal crystal = test::shipped("mapbi3-tetragonal");
  const HopTable frame = find_hops(crystal, find_symmetry(crystal, SymmetryOf::frame, 0.5), 53, 5.5);
  const HopTable fine = find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), 53, 5.5);
  const auto merged = merged_classes(frame, fine);
  REQUIRE(merged.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    int members = 0;
    for (const int f : merged[k]) members += fine.hops[static_cast<std::size_t>(f)].multiplicity;
    CHECK(members == frame.hops[k].multiplicity);
  }
}
