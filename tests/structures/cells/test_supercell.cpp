// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>

#include "structures/cells/vacancy.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/error.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

/// Smallest determinant of any integer matrix with entries up to `reach` that keeps images `distance` apart.
int brute_force_determinant(const Eigen::Matrix3d& cell, double distance, int reach) {
  int best = 1000;
  std::vector<Eigen::Vector3i> vectors;
  for (int a = -reach; a <= reach; ++a)
    for (int b = -reach; b <= reach; ++b)
      for (int c = -reach; c <= reach; ++c)
        if ((cell * Eigen::Vector3d(a, b, c)).norm() > distance - 1e-9) vectors.emplace_back(a, b, c);
  for (const auto& x : vectors)
    for (const auto& y : vectors)
      for (const auto& z : vectors) {
        const int det = x.dot(y.cross(z));
        if (det < 1 || det >= best) continue;
        Eigen::Matrix3d matrix;
        matrix << x.cast<double>(), y.cast<double>(), z.cast<double>();
        if (shortest_lattice_vector(cell * matrix) > distance - 1e-9) best = det;
      }
  return best;
}

int determinant(const Supercell& s) { return static_cast<int>(std::lround(s.matrix.cast<double>().determinant())); }

}  // namespace

TEST_CASE("the smallest supercells of the shipped crystals are the ones known", "[structures][supercell]") {
  struct Expected {
    const char* name;
    double distance;
    int atoms;  // after one is taken out
    double image;
  };
  for (const Expected& e :
       {Expected{"prpyr-pbi3", 12, 199, 14.83}, Expected{"prpyr-pbi3", 16, 399, 19.76},
        Expected{"bnzpyr-pbi3", 12, 231, 16.10}, Expected{"bnzpyr-pbi3", 16, 231, 16.10},
        Expected{"mapbi3-orthorhombic", 12, 95, 12.31}, Expected{"mapbi3-orthorhombic", 16, 191, 16.71},
        Expected{"mapbi3-tetragonal", 12, 95, 12.31}, Expected{"mapbi3-tetragonal", 16, 191, 17.39},
        Expected{"mapbi3-pseudocubic", 12, 95, 12.75}, Expected{"mapbi3-pseudocubic", 16, 191, 17.70}}) {
    INFO(e.name << " " << e.distance);
    const Supercell supercell = find_supercell(test::shipped(e.name), e.distance);
    CHECK(supercell.crystal.size() - 1 == e.atoms);
    CHECK(supercell.min_image_distance == Approx(e.image).margin(0.005));
    CHECK(supercell.min_image_distance == Approx(shortest_lattice_vector(supercell.crystal.cell)));
    const ReducedCell reduced = minkowski_reduce(supercell.crystal.cell);
    CHECK(reduced.cell.colwise().norm().sum() == Approx(supercell.crystal.cell.colwise().norm().sum()));
  }
}

TEST_CASE("no integer matrix gives a smaller supercell", "[structures][supercell]") {
  std::mt19937 engine{31};
  for (int trial = 0; trial < 12; ++trial) {
    Configuration one;
    one.cell = test::random_cell(engine);
    one.cell = minkowski_reduce(one.cell).cell;
    one.positions = Eigen::Matrix3Xd::Zero(3, 1);
    one.species = {18};
    const double distance = 1.7 * one.cell.col(0).norm();
    const Supercell found = find_supercell(to_crystal(one, "lattice"), distance);
    CHECK(found.min_image_distance > distance - 1e-6);
    CHECK(determinant(found) == brute_force_determinant(one.cell, distance, 2));
  }
}

TEST_CASE("a supercell asked to keep rotations is carried onto itself by them, and no smaller one is",
          "[structures][supercell]") {
  // Cubic cells of edge 1 keep the three quarter turns only as simple, face-centred or body-centred lattices: n^3, 2
  // n^3 and 4 n^3 cells, shortest vectors n, n sqrt 2 and n sqrt 3.
  Configuration one;
  one.cell = Eigen::Matrix3d::Identity();
  one.positions = Eigen::Matrix3Xd::Zero(3, 1);
  one.species = {18};
  const Crystal cube = to_crystal(one, "cube");
  std::vector<Eigen::Matrix3i> turns(3, Eigen::Matrix3i::Zero());
  turns[0] << 1, 0, 0, 0, 0, -1, 0, 1, 0;
  turns[1] << 0, 0, 1, 0, 1, 0, -1, 0, 0;
  turns[2] << 0, -1, 0, 1, 0, 0, 0, 0, 1;
  const std::vector<std::pair<double, int>> expected{{1, 1}, {1.4, 2}, {1.7, 4}, {2, 8}, {2.5, 16}, {3, 27}, {3.4, 32}};
  for (const auto& [distance, cells] : expected) {
    INFO(distance);
    const Supercell kept = find_supercell(cube, distance, 0, 20000, turns);
    CHECK(determinant(kept) == cells);
    CHECK(kept.min_image_distance > distance - 1e-9);
    CHECK(determinant(find_supercell(cube, distance)) <= cells);
    const Eigen::Matrix3d m = kept.matrix.cast<double>();
    for (const Eigen::Matrix3i& turn : turns) {
      const Eigen::Matrix3d carried = m.inverse() * turn.cast<double>() * m;
      CHECK((carried - carried.array().round().matrix()).norm() < 1e-9);
    }
  }
}

TEST_CASE("a supercell holds every copy of every atom once, molecules whole", "[structures][supercell]") {
  const Crystal crystal = test::shipped("bnzpyr-pbi3");
  const Supercell supercell = find_supercell(crystal, 12);
  const int det = determinant(supercell);
  CHECK(supercell.crystal.size() == det * crystal.size());
  CHECK(supercell.crystal.cell.determinant() == Approx(det * crystal.cell.determinant()));
  std::map<int, int> copies;
  for (int i = 0; i < supercell.crystal.size(); ++i) {
    const auto slot = static_cast<std::size_t>(i);
    ++copies[supercell.parent[slot]];
    const Eigen::Vector3d expected =
        crystal.cell * (crystal.fractional.col(supercell.parent[slot]) + supercell.copy[slot].cast<double>());
    CHECK((supercell.crystal.cell * supercell.crystal.fractional.col(i) - expected).norm() < 1e-9);
  }
  for (const auto& [parent, count] : copies) CHECK(count == det);
  for (const Bond& bond : find_bonds(supercell.crystal)) CHECK(bond.image.isZero());
}

TEST_CASE("any image of any atom is located in the supercell", "[structures][supercell]") {
  std::mt19937 engine{32};
  const Crystal crystal = test::shipped("mapbi3-orthorhombic");
  const Supercell supercell = find_supercell(crystal, 16);
  for (int trial = 0; trial < 300; ++trial) {
    const int atom = static_cast<int>(engine() % static_cast<unsigned>(crystal.size()));
    const Eigen::Vector3i image(static_cast<int>(engine() % 11) - 5, static_cast<int>(engine() % 11) - 5,
                                static_cast<int>(engine() % 11) - 5);
    const Located found = locate(supercell, atom, image);
    const Eigen::Vector3d expected = crystal.cell * (crystal.fractional.col(atom) + image.cast<double>());
    const Eigen::Vector3d got =
        supercell.crystal.cell * (supercell.crystal.fractional.col(found.atom) + found.shift.cast<double>());
    CHECK((expected - got).norm() < 1e-9);
  }
}

TEST_CASE("the repeat along a chain is reported apart from the nearest image", "[structures][supercell]") {
  const Crystal chain = test::shipped("prpyr-pbi3");
  const Supercell twelve = find_supercell(chain, 12);
  CHECK(chain_repeat(chain, twelve.matrix) == Approx(2 * 8.05));
  CHECK(chain_repeat(chain, Eigen::Matrix3i::Identity()) == Approx(8.05));
  Eigen::Matrix3i staggered;
  staggered << 1, 0, 0, 0, 1, 0, 0, 1, 2;
  CHECK(chain_repeat(chain, staggered) == Approx(2 * 8.05));
  CHECK_FALSE(chain_repeat(test::shipped("mapbi3-tetragonal"), Eigen::Matrix3i::Identity()));
}

TEST_CASE("the repeat along a chain can be asked for, with no more atoms than any matrix needs",
          "[structures][supercell]") {
  const Crystal chain = test::shipped("bnzpyr-pbi3");
  // Staggered images reach 12 A with one period along the chain; 16.1 A along it then needs no more than brute force
  // over all lower triangular matrices of smaller determinants says.
  for (const double along : {8.05, 16.1, 24.15}) {
    const Supercell found = find_supercell(chain, 8, along - 1e-6);
    CHECK(chain_repeat(chain, found.matrix).value() > along - 1e-5);
    CHECK(found.min_image_distance > 8 - 1e-9);
    const int det = determinant(found);
    for (int a = 1; a < det; ++a)
      for (int b = 1; a * b < det; ++b)
        for (int c = 1; a * b * c < det; ++c)
          for (int d = 0; d < b; ++d)
            for (int e = 0; e < c; ++e)
              for (int f = 0; f < c; ++f) {
                Eigen::Matrix3i m;
                m << a, 0, 0, d, b, 0, e, f, c;
                const bool wide = shortest_lattice_vector(chain.cell * m.cast<double>()) > 8 - 1e-9;
                CHECK_FALSE((wide && chain_repeat(chain, m).value() > along - 1e-6));
              }
  }
  // Where there are no chains nothing is asked along them.
  const Crystal cube = test::shipped("mapbi3-pseudocubic");
  CHECK(find_supercell(cube, 12, 50).crystal.size() == find_supercell(cube, 12).crystal.size());
}

TEST_CASE("a primitive or conventional cell is the same crystal", "[structures][supercell]") {
  std::mt19937 engine{33};
  for (const std::string& name : test::shipped_names) {
    INFO(name);
    const Crystal crystal = test::shipped(name);
    Eigen::Matrix3i doubled = Eigen::Matrix3i::Identity();
    doubled(0, 0) = 2;
    doubled(1, 0) = 1;
    const Crystal large = test::disguised(make_supercell(crystal, doubled).crystal, engine, true);
    const Symmetry symmetry = find_symmetry(crystal, SymmetryOf::crystal, 0.01);
    const std::size_t molecules = find_molecules(crystal, find_bonds(crystal)).size();
    for (const OtherCell& other : {primitive_cell(large, 0.01), conventional_cell(large, 0.01)}) {
      CHECK(other.crystal.size() == crystal.size());  // none of them is centred
      CHECK((other.crystal.cell - large.cell * other.matrix).norm() < 1e-9);
      CHECK(other.crystal.cell.determinant() == Approx(crystal.cell.determinant()));
      CHECK(formula_of(other.crystal.species) == formula_of(crystal.species));
      CHECK(find_symmetry(other.crystal, SymmetryOf::crystal, 0.01).number == symmetry.number);
      CHECK(find_molecules(other.crystal, find_bonds(other.crystal)).size() == molecules);
      const std::vector<Bond> bonds = find_bonds(other.crystal);
      CHECK(std::all_of(bonds.begin(), bonds.end(), [](const Bond& b) { return b.image.isZero(); }));
    }
    // In the standard setting spglib has nothing to change.
    const Crystal standard = conventional_cell(large, 0.01).crystal;
    const StandardCells again = find_standard_cells(standard, 0.01);
    CHECK((again.conventional - again.given).isZero());
  }
  // A face-centred cube of four atoms is primitive with one.
  Configuration cube;
  cube.cell = 4.0 * Eigen::Matrix3d::Identity();
  cube.positions.resize(3, 4);
  cube.positions << 0, 0, 2, 2, 0, 2, 0, 2, 0, 2, 2, 0;
  cube.species = {29, 29, 29, 29};
  const OtherCell one = primitive_cell(to_crystal(cube, "fcc"), 1e-3);
  CHECK(one.crystal.size() == 1);
  CHECK(one.crystal.cell.determinant() == Approx(16));
  CHECK(shortest_lattice_vector(one.crystal.cell) == Approx(std::sqrt(8.0)));
  const OtherCell four = conventional_cell(one.crystal, 1e-3);
  CHECK(four.crystal.size() == 4);
  CHECK(parameters_of(four.crystal.cell).alpha == Approx(90));
  CHECK(parameters_of(four.crystal.cell).a == Approx(4));
}

TEST_CASE("matrices and distances that make no supercell are refused", "[structures][supercell]") {
  const Crystal crystal = test::shipped("mapbi3-pseudocubic");
  CHECK_THROWS_AS(make_supercell(crystal, Eigen::Matrix3i::Zero()), Error);
  CHECK_THROWS_AS(make_supercell(crystal, -Eigen::Matrix3i::Identity()), Error);
  CHECK_THROWS_AS(make_supercell(crystal, 100 * Eigen::Matrix3i::Identity()), Error);
  CHECK_THROWS_AS(find_supercell(crystal, 0), Error);
  CHECK_THROWS_WITH(find_supercell(crystal, 30, 0, 200), Catch::Contains("ask for a smaller distance"));
}

TEST_CASE("both ends of a hop have one atom order and differ by the hop", "[structures][vacancy]") {
  for (const std::string& name : test::shipped_names) {
    const Crystal crystal = test::shipped(name);
    const HopTable table = find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), 53, 5.5);
    const Supercell supercell = find_supercell(crystal, 12);
    const Configuration host = to_configuration(supercell.crystal);
    for (const Hop& hop : table.hops) {
      INFO(name << " " << hop.id);
      const SitePair& pair = hop.representative;
      const HopCell cell = make_hop(supercell, host, pair);
      CHECK(cell.before.size() == host.size() - 1);
      CHECK(cell.after.species == cell.before.species);
      const Eigen::Matrix3Xd moved = cell.after.positions - cell.before.positions;
      for (int i = 0; i < cell.after.size(); ++i)
        if (i != cell.ion) CHECK(moved.col(i).isZero());
      CHECK(moved.col(cell.ion).norm() == Approx(hop.length_angstrom));
      // The ion comes to rest on the vacant site, and leaves its own empty.
      CHECK(cell.vacant_before == locate(supercell, pair.from, Eigen::Vector3i::Zero()).atom);
      CHECK(cell.vacant_after == locate(supercell, pair.to, pair.image).atom);
      REQUIRE(empty_sites(host, cell.before, 53) == std::vector<int>{cell.vacant_before});
      REQUIRE(empty_sites(host, cell.after, 53) == std::vector<int>{cell.vacant_after});
      const Eigen::Vector3d rest =
          minimum_image(host.cell, cell.after.positions.col(cell.ion) - host.positions.col(cell.vacant_before)).col(0);
      CHECK(rest.norm() < 1e-9);
    }
  }
}

TEST_CASE("a hop has the atom order and frame of its reverse, and the vacancies at both its sites fit into it",
          "[structures][vacancy]") {
  const Crystal crystal = test::shipped("prpyr-pbi3");
  const HopTable table = find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), 53, 5.5);
  const Supercell supercell = find_supercell(crystal, 12);
  const Configuration host = to_configuration(supercell.crystal);
  int of_one_cell = 0;
  for (const Hop& entry : table.hops) {
    const SitePair& pair = entry.representative;
    const HopCell hop = make_hop(supercell, host, pair);
    for (const int vacant : {hop.vacant_before, hop.vacant_after}) {
      // Each vacancy as it is cut by itself, its atoms a little moved and one of them across the edge.
      VacancyCell cut = make_vacancy(host, vacant);
      const int ion = hop.other(vacant) - (hop.other(vacant) > vacant ? 1 : 0);
      const Eigen::Vector3d drift(0.1, -0.2, 0.15);
      cut.configuration.positions.col(ion) += drift + host.cell * Eigen::Vector3d(1, 0, -1);
      const Configuration placed = in_order_of(hop, cut.configuration, vacant);
      const Configuration& wanted = vacant == hop.vacant_before ? hop.before : hop.after;
      CHECK(placed.species == wanted.species);
      Eigen::Matrix3Xd apart = placed.positions - wanted.positions;
      CHECK((apart.col(hop.ion) - drift).norm() < 1e-9);
      apart.col(hop.ion).setZero();
      CHECK(apart.isZero(1e-12));
      const Configuration moved = with_ion_moved(hop, placed, vacant);
      CHECK(empty_sites(host, moved, 53) == std::vector<int>{hop.other(vacant)});
      for (int i = 0; i < placed.size(); ++i) CHECK(hop.on_site(hop.site_of(i, vacant), vacant) == i);
    }
    CHECK_THROWS_AS(in_order_of(hop, hop.before, hop.vacant_before == 0 ? 1 : 0), Error);
    if (!pair.image.isZero()) continue;
    ++of_one_cell;
    const HopCell back = make_hop(supercell, host, {pair.to, pair.from, pair.image});
    CHECK(back.ion == hop.ion);
    CHECK(back.before.positions == hop.after.positions);
    CHECK(back.after.positions == hop.before.positions);
  }
  CHECK(of_one_cell > 0);
}

TEST_CASE("a hop onto an image of its own vacancy and a vacancy outside the host are refused",
          "[structures][vacancy]") {
  const Crystal crystal = test::shipped("mapbi3-pseudocubic");
  const Supercell supercell = make_supercell(crystal, 2 * Eigen::Matrix3i::Identity());
  const Configuration host = to_configuration(supercell.crystal);
  const auto iodide = std::ranges::find(crystal.species, 53) - crystal.species.begin();
  const SitePair own_image{static_cast<int>(iodide), static_cast<int>(iodide), Eigen::Vector3i(2, 0, 0)};
  CHECK_THROWS_WITH(make_hop(supercell, host, own_image), Catch::Contains("too small"));
  CHECK_THROWS_WITH(make_vacancy(host, host.size()), Catch::Contains("the host has 96"));
}

TEST_CASE("the closest contact is the nearest atom across the edge", "[structures][vacancy]") {
  Configuration two;
  two.cell = Eigen::Matrix3d::Identity() * 10;
  two.positions.resize(3, 3);
  two.positions << 0.5, 9.7, 4, 0, 0, 4, 0, 0, 4;
  two.species = {53, 1, 6};
  const auto contact = closest_contact(two, 0);
  REQUIRE(contact);
  CHECK(contact->j == 1);
  CHECK(contact->distance == Approx(0.8));
  two.periodic = {false, false, false};
  CHECK(closest_contact(two, 0)->j == 2);
}
