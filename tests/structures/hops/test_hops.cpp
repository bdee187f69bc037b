// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "structures/cells/supercell.hpp"
#include "structures/core/error.hpp"
#include "structures/hops/hops.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

constexpr int iodine = 53;

HopTable table_of(const Crystal& crystal, SymmetryOf of = SymmetryOf::crystal, double symprec = 0.01,
                  double longest = 5.5) {
  return find_hops(crystal, find_symmetry(crystal, of, symprec), iodine, longest);
}

struct Row {
  double length;
  int multiplicity;
  int shared;
  bool intra;
};

void check_rows(const HopTable& table, const std::vector<Row>& rows) {
  REQUIRE(table.hops.size() == rows.size());
  for (std::size_t k = 0; k < rows.size(); ++k) {
    INFO(table.hops[k].id);
    CHECK(table.hops[k].length_angstrom == Approx(rows[k].length).margin(6e-5));
    CHECK(table.hops[k].multiplicity == rows[k].multiplicity);
    CHECK(table.hops[k].members.size() == static_cast<std::size_t>(rows[k].multiplicity));
    CHECK(table.hops[k].shared_metal == rows[k].shared);
    CHECK(table.hops[k].intra == rows[k].intra);
  }
}

/// What stays the same under any disguise: per class length, members per atom, chemistry.
std::vector<std::tuple<long, double, int, bool, bool, long>> fingerprint(const HopTable& table, int atoms) {
  std::vector<std::tuple<long, double, int, bool, bool, long>> out;
  for (const Hop& hop : table.hops)
    out.emplace_back(std::lround(hop.length_angstrom * 1e3), hop.multiplicity / static_cast<double>(atoms),
                     hop.shared_metal, hop.intra, hop.reversed_by_symmetry, std::lround(hop.bottleneck_angstrom * 1e3));
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

// Lengths and multiplicities: a plain search in Python with spglib's operations over ASE's reading of the same files.

TEST_CASE("hops of the propylpyridinium chain model", "[structures][hops]") {
  const HopTable table = table_of(test::shipped("prpyr-pbi3"));
  CHECK(table.sites.size() == 3);
  CHECK(table.dimension == 3);
  check_rows(table, {{4.3565, 4, 2, true},
                     {4.3620, 4, 2, true},
                     {4.3802, 4, 2, true},
                     {4.7024, 8, 1, true},
                     {4.7538, 8, 1, true},
                     {4.7946, 8, 1, true},
                     {5.0572, 4, 0, false}});
}

TEST_CASE("hops of the benzylpyridinium chain model", "[structures][hops]") {
  const HopTable table = table_of(test::shipped("bnzpyr-pbi3"));
  CHECK(table.sites.size() == 3);
  CHECK(table.dimension == 2);
  // The hop between chains joins lattice images of one chain, and is shorter than the hops along it.
  check_rows(table, {{4.3112, 2, 2, true},
                     {4.3373, 2, 2, true},
                     {4.3881, 2, 2, true},
                     {4.5607, 2, 0, false},
                     {4.7408, 4, 1, true},
                     {4.7422, 4, 1, true},
                     {4.7461, 4, 1, true}});
}

TEST_CASE("hops of the three perovskite cells", "[structures][hops]") {
  const HopTable orthorhombic = table_of(test::shipped("mapbi3-orthorhombic"));
  check_rows(orthorhombic, {{4.2522, 8, 1, true},
                            {4.3017, 8, 1, true},
                            {4.4683, 8, 1, true},
                            {4.5283, 8, 1, true},
                            {4.6874, 4, 0, true},
                            {4.6886, 8, 1, true},
                            {4.7400, 8, 1, true}});
  for (const Hop& hop : orthorhombic.hops) CHECK(hop.reversed_by_symmetry == (hop.shared_metal == 0));
  check_rows(table_of(test::shipped("mapbi3-pseudocubic")), {{4.0938, 1, 1, true},
                                                             {4.2418, 2, 1, true},
                                                             {4.3383, 2, 1, true},
                                                             {4.3992, 1, 1, true},
                                                             {4.6108, 2, 1, true},
                                                             {4.6773, 1, 1, true},
                                                             {4.6817, 2, 1, true},
                                                             {4.7659, 1, 1, true}});
}

TEST_CASE("ordered cations split what the frame keeps together", "[structures][hops]") {
  const Crystal crystal = test::shipped("mapbi3-tetragonal");
  CHECK(table_of(crystal).hops.size() == 52);
  const HopTable frame = table_of(crystal, SymmetryOf::frame, 0.5);
  check_rows(frame, {{4.2978, 32, 1, true}, {4.3669, 16, 1, true}, {4.6485, 4, 0, true}});
  CHECK(frame.sites.size() == 2);
  CHECK(find_symmetry(crystal, SymmetryOf::frame, 0.5).symbol == "I4/mcm");
}

TEST_CASE("the hop table does not depend on origin, order of atoms or choice of cell", "[structures][hops]") {
  std::mt19937 engine{21};
  for (const std::string& name : test::shipped_names) {
    const Crystal crystal = test::shipped(name);
    const auto expected = fingerprint(table_of(crystal), crystal.size());
    for (int trial = 0; trial < 4; ++trial) {
      const Crystal other = test::disguised(crystal, engine, trial % 2 == 1);
      INFO(name << " trial " << trial);
      const auto found = fingerprint(table_of(other), other.size());
      CHECK(found == expected);
    }
  }
}

TEST_CASE("a supercell has the same hops per atom", "[structures][hops]") {
  for (const char* name : {"prpyr-pbi3", "bnzpyr-pbi3", "mapbi3-orthorhombic"}) {
    const Crystal crystal = test::shipped(name);
    Eigen::Matrix3i matrix;
    matrix << 1, 0, 0, 1, 2, 0, 0, 0, 1;
    const Supercell supercell = make_supercell(crystal, matrix);
    INFO(name);
    CHECK(fingerprint(table_of(supercell.crystal), supercell.crystal.size()) ==
          fingerprint(table_of(crystal), crystal.size()));
  }
}

TEST_CASE("members of a class are hops of its length from its first site", "[structures][hops]") {
  for (const std::string& name : test::shipped_names) {
    const Crystal crystal = test::shipped(name);
    const HopTable table = table_of(crystal);
    std::map<std::string, int> ids;
    for (const Hop& hop : table.hops) {
      CHECK(++ids[hop.id] == 1);
      for (const SitePair& member : hop.members) {
        CHECK(table.site_of_atom[static_cast<std::size_t>(member.from)] == hop.from_site);
        CHECK(table.site_of_atom[static_cast<std::size_t>(member.to)] == hop.to_site);
        const Eigen::Vector3d path = crystal.cell * (crystal.fractional.col(member.to) + member.image.cast<double>() -
                                                     crystal.fractional.col(member.from));
        CHECK(path.norm() == Approx(hop.length_angstrom).epsilon(1e-4));
      }
    }
  }
}

TEST_CASE("an element that is not there, or only in molecules, is named", "[structures][hops]") {
  const Crystal crystal = test::shipped("mapbi3-tetragonal");
  CHECK_THROWS_WITH(find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), 35, 5),
                    Catch::Contains("no Br atom"));
  CHECK_THROWS_AS(find_hops(crystal, find_symmetry(crystal, SymmetryOf::frame, 0.5), 7, 5), Error);
  CHECK_THROWS_AS(find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), iodine, 0), Error);
}

TEST_CASE("a supercell has the hops of its cell, as many times as it holds it", "[structures][hops]") {
  // 4x4x4 cubic cells: 3072 operations, of which products of translations are not listed.
  Crystal cubic;
  cubic.name = "cubic";
  cubic.cell = Eigen::Matrix3d::Identity() * 6.29;
  cubic.fractional = Eigen::Matrix3Xd(3, 5);
  cubic.fractional << .5, 0, .5, 0, 0, .5, 0, 0, .5, 0, .5, 0, 0, 0, .5;
  cubic.species = {55, 82, 53, 53, 53};
  cubic.labels = {"Cs", "Pb", "I", "I", "I"};
  const HopTable one = table_of(cubic, SymmetryOf::crystal, 0.01, 7);
  for (const Eigen::Vector3i& diagonal : {Eigen::Vector3i{4, 4, 4}, Eigen::Vector3i{5, 5, 4}}) {
    const Supercell large = make_supercell(cubic, diagonal.asDiagonal());
    const HopTable many = table_of(large.crystal, SymmetryOf::crystal, 0.01, 7);
    CHECK(many.sites.size() == 1);
    CHECK(many.dimension == one.dimension);
    // Classes of one length may stand in another order.
    CHECK(fingerprint(many, large.crystal.size()) == fingerprint(one, cubic.size()));
    for (const Hop& hop : many.hops)
      CHECK(std::any_of(one.hops.begin(), one.hops.end(), [&](const Hop& small) {
        return small.multiplicity * diagonal.prod() == hop.multiplicity && small.swapped_by == hop.swapped_by &&
               std::abs(small.free_radius_angstrom - hop.free_radius_angstrom) < 1e-6;
      }));
  }
}

TEST_CASE("symmetry left open is that of the frame where there are molecules", "[structures][hops]") {
  const Symmetry frame = find_symmetry(test::shipped("mapbi3-tetragonal"), SymmetryChoice{});
  CHECK(frame.of == SymmetryOf::frame);
  CHECK(frame.symprec == 0.5);
  CHECK(frame.symbol == "I4/mcm");
  Crystal salt;
  salt.name = "salt";
  salt.cell = Eigen::Matrix3d::Identity() * 4;
  salt.fractional = Eigen::Matrix3Xd(3, 2);
  salt.fractional << 0, .52, 0, .5, 0, .5;  // 0.08 A off its cubic place
  salt.species = {55, 17};
  salt.labels = {"Cs", "Cl"};
  const Symmetry crystal = find_symmetry(salt, SymmetryChoice{});
  CHECK(crystal.of == SymmetryOf::crystal);
  CHECK(crystal.number == 99);
  CHECK(find_symmetry(salt, SymmetryChoice{{}, 0.5}).number == 221);
  CHECK(find_symmetry(test::shipped("mapbi3-tetragonal"), SymmetryChoice{SymmetryOf::crystal}).number == 1);
}
