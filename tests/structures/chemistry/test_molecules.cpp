// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "structures/cells/supercell.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/framework/framework.hpp"
#include "structures/graph/periodic_graph.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

Crystal made(const Eigen::Matrix3d& cell, const std::vector<std::pair<std::string, Eigen::Vector3d>>& atoms) {
  Configuration configuration;
  configuration.cell = cell;
  configuration.positions.resize(3, static_cast<Eigen::Index>(atoms.size()));
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    configuration.species.push_back(*atomic_number(atoms[i].first));
    configuration.positions.col(static_cast<Eigen::Index>(i)) = cell * atoms[i].second;
  }
  return to_crystal(configuration, "made");
}

Eigen::Matrix3d cube(double a) { return Eigen::Matrix3d::Identity() * a; }

}  // namespace

TEST_CASE("the cations of the shipped crystals are recognised, whole and singly charged", "[structures][molecules]") {
  struct Expected {
    const char* file;
    std::size_t count;
    std::size_t atoms;
    const char* name;
  };
  for (const Expected& e :
       {Expected{"prpyr-pbi3", 4, 21, "propylpyridinium"}, Expected{"bnzpyr-pbi3", 2, 25, "benzylpyridinium"},
        Expected{"mapbi3-orthorhombic", 4, 8, "methylammonium"}, Expected{"mapbi3-tetragonal", 4, 8, "methylammonium"},
        Expected{"mapbi3-pseudocubic", 1, 8, "methylammonium"}}) {
    INFO(e.file);
    const Crystal crystal = test::shipped(e.file);
    const std::vector<Bond> bonds = find_bonds(crystal);
    const std::vector<Molecule> molecules = find_molecules(crystal, bonds);
    REQUIRE(molecules.size() == e.count);
    const Crystal whole = with_whole_molecules(crystal, molecules);
    for (const Molecule& molecule : molecules) {
      CHECK(molecule.atoms.size() == e.atoms);
      CHECK(molecule.name == e.name);
      CHECK(molecule.charge == 1);
    }
    // Whole: every bond is short without any image.
    for (const Bond& bond : bonds)
      CHECK((whole.cell * (whole.fractional.col(bond.j) - whole.fractional.col(bond.i))).norm() < 1.7);
  }
}

TEST_CASE("isomers are told apart by their nitrogen", "[structures][molecules]") {
  // Dimethylammonium and ethylammonium, both C2H8N+.
  const double a = 12;
  const auto at = [&](double x, double y, double z) { return Eigen::Vector3d(x / a, y / a, z / a); };
  const Crystal dimethyl = made(cube(a), {{"N", at(0, 0, 0)},
                                          {"C", at(1.2, 0.86, 0)},
                                          {"C", at(-1.2, 0.86, 0)},
                                          {"H", at(0, -0.6, 0.84)},
                                          {"H", at(0, -0.6, -0.84)},
                                          {"H", at(2.1, 0.24, 0)},
                                          {"H", at(1.2, 1.5, 0.89)},
                                          {"H", at(1.2, 1.5, -0.89)},
                                          {"H", at(-2.1, 0.24, 0)},
                                          {"H", at(-1.2, 1.5, 0.89)},
                                          {"H", at(-1.2, 1.5, -0.89)}});
  const auto molecules = find_molecules(dimethyl, find_bonds(dimethyl));
  REQUIRE(molecules.size() == 1);
  CHECK(molecules[0].formula == "C2H8N");
  CHECK(molecules[0].name == "dimethylammonium");
  CHECK(molecules[0].shifts[0].isZero());
}

TEST_CASE("a covalent network without end is no molecule", "[structures][molecules]") {
  const Crystal chain = made(Eigen::Matrix3d(Eigen::Vector3d(1.4, 10, 10).asDiagonal()), {{"C", {0, 0, 0}}});
  CHECK_THROWS_WITH(find_molecules(chain, find_bonds(chain)), Catch::Contains("infinite covalent network"));
  CHECK(in_molecule(chain) == std::vector<bool>{false});
}

TEST_CASE("frameworks have the dimension and sharing chemists name", "[structures][framework]") {
  CHECK(find_framework(test::shipped("prpyr-pbi3")).dimension == 1);
  CHECK(find_framework(test::shipped("prpyr-pbi3")).sharing == "face");
  CHECK(find_framework(test::shipped("bnzpyr-pbi3")).dimension == 1);
  CHECK(find_framework(test::shipped("bnzpyr-pbi3")).sharing == "face");
  for (const char* name : {"mapbi3-orthorhombic", "mapbi3-tetragonal", "mapbi3-pseudocubic"}) {
    CHECK(find_framework(test::shipped(name)).dimension == 3);
    CHECK(find_framework(test::shipped(name)).sharing == "corner");
  }
  // Caesium sits in a cage and is no part of the frame; PbI2 layers share edges; rock salt has alkali metal alone.
  const Crystal perovskite =
      made(cube(6.29),
           {{"Cs", {0, 0, 0}}, {"Pb", {.5, .5, .5}}, {"I", {.5, .5, 0}}, {"I", {.5, 0, .5}}, {"I", {0, .5, .5}}});
  CHECK(find_framework(perovskite).dimension == 3);
  CHECK(find_framework(perovskite).sharing == "corner");
  const Crystal layers = made(cell_from_parameters({4.56, 4.56, 6.99, 90, 90, 120}),
                              {{"Pb", {0, 0, 0}}, {"I", {1. / 3, 2. / 3, .265}}, {"I", {2. / 3, 1. / 3, -.265}}});
  CHECK(find_framework(layers).dimension == 2);
  CHECK(find_framework(layers).sharing == "edge");
  Eigen::Matrix3d fcc;
  fcc << 0, 2.82, 2.82, 2.82, 0, 2.82, 2.82, 2.82, 0;
  CHECK(find_framework(made(fcc, {{"Na", {0, 0, 0}}, {"Cl", {.5, .5, .5}}})).dimension == 3);
}

TEST_CASE("chains in one cell are counted apart", "[structures][framework]") {
  const Framework pnma = find_framework(test::shipped("prpyr-pbi3"));
  CHECK(*std::max_element(pnma.component.begin(), pnma.component.end()) == 1);
  const Framework p21m = find_framework(test::shipped("bnzpyr-pbi3"));
  CHECK(*std::max_element(p21m.component.begin(), p21m.component.end()) == 0);
}

TEST_CASE("the lattice of cycle translations knows its members", "[structures][network]") {
  std::mt19937 engine{5};
  for (int trial = 0; trial < 200; ++trial) {
    Eigen::Matrix3i basis = Eigen::Matrix3i::Zero();
    std::vector<Eigen::Vector3i> vectors;
    for (int k = 0; k < 3; ++k) {
      vectors.emplace_back(static_cast<int>(engine() % 9) - 4, static_cast<int>(engine() % 9) - 4,
                           static_cast<int>(engine() % 9) - 4);
      basis = add_to_lattice(basis, vectors.back());
    }
    const Eigen::Vector3i member = 3 * vectors[0] - 2 * vectors[1] + 5 * vectors[2];
    CHECK(in_lattice(basis, member));
    // The volume of a full lattice is the determinant, whichever way it is reduced.
    Eigen::Matrix3d columns;
    for (int k = 0; k < 3; ++k) columns.col(k) = vectors[static_cast<std::size_t>(k)].cast<double>();
    const double volume = std::abs(columns.determinant());
    CHECK(basis.diagonal().cast<double>().prod() == Approx(volume).margin(1e-9));
    if (volume > 1.5) {
      int inside = 0;
      const int edge = static_cast<int>(std::lround(volume));
      if (edge > 12) continue;
      for (int a = 0; a < edge; ++a)
        for (int b = 0; b < edge; ++b)
          for (int c = 0; c < edge; ++c) inside += in_lattice(basis, {a, b, c}) ? 1 : 0;
      CHECK(inside == edge * edge);  // edge^3 points of which one in `volume` belongs
    }
  }
}
