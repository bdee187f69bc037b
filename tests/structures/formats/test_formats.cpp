// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "structures/cells/supercell.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/error.hpp"
#include "structures/formats/extxyz.hpp"
#include "structures/formats/lammps_data.hpp"
#include "structures/formats/poscar.hpp"
#include "structures/formats/structure_file.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

Frame sample_frame() {
  std::mt19937 engine{41};
  Frame frame;
  frame.configuration.cell = test::random_cell(engine);
  frame.configuration.positions.resize(3, 4);
  frame.forces = Eigen::Matrix3Xd(3, 4);
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 3; ++k) {
      frame.configuration.positions(k, i) = test::uniform(engine, -7, 7) / 3;
      (*frame.forces)(k, i) = test::uniform(engine, -1, 1) / 7;
    }
  frame.configuration.species = {82, 53, 7, 1};
  frame.configuration.periodic = {true, true, false};
  frame.energy_ev = -123.45678901234567;
  frame.stress = Eigen::Matrix3d::Random() / 100;
  frame.mobile = Mask{true, false, true, true};
  frame.info = {{"hop", "I1-I2-4.69"}, {"note", "two \"quoted\" words"}};
  return frame;
}

std::string problem_of(const std::string& text) {
  try {
    parse_extxyz(text, "a.xyz");
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::bad_input);
    return error.what();
  }
  return "";
}

/// Distances between all atoms, nearest images, sorted: the same for the same crystal in any basis.
std::vector<double> distances(const Crystal& crystal) {
  std::vector<double> out;
  for (int i = 0; i < crystal.size(); ++i) {
    const Eigen::Vector3d here = crystal.fractional.col(i);
    const Eigen::Matrix3Xd apart = minimum_image(crystal.cell, crystal.cell * (crystal.fractional.colwise() - here));
    for (int j = i + 1; j < crystal.size(); ++j) out.push_back(apart.col(j).norm());
  }
  std::sort(out.begin(), out.end());
  return out;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t k = 0; k < a.size(); ++k) worst = std::max(worst, std::abs(a[k] - b[k]));
  return worst;
}

}  // namespace

TEST_CASE("an extended XYZ frame comes back to the last bit", "[structures][formats]") {
  const Frame frame = sample_frame();
  const std::vector<Frame> again = parse_extxyz(format_extxyz(std::array{frame, frame}), "a.xyz");
  REQUIRE(again.size() == 2);
  for (const Frame& f : again) {
    CHECK(f.configuration.cell == frame.configuration.cell);
    CHECK(f.configuration.positions == frame.configuration.positions);
    CHECK(f.configuration.species == frame.configuration.species);
    CHECK(f.configuration.periodic == frame.configuration.periodic);
    CHECK(f.energy_ev == frame.energy_ev);
    CHECK(*f.forces == *frame.forces);
    CHECK(*f.stress == *frame.stress);
    CHECK(*f.mobile == *frame.mobile);
    CHECK(f.info == frame.info);
  }
}

TEST_CASE("extended XYZ as other programs write it is understood", "[structures][formats]") {
  const auto frames = parse_extxyz(
      "2\nLattice=\"5 0 0 1 6 0 0 0 7\" Properties=species:S:1:pos:R:3:momenta:R:3:move_mask:L:3 energy=-1.5e0 pbc=\"T "
      "T F\" "
      "step=3 flag\nPb 0 0 0 1 2 3 T T T\nI  1.5 -.5 2 0 0 0 F F F\n\n",
      "a.xyz");
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].configuration.cell.col(1) == Eigen::Vector3d(1, 6, 0));
  CHECK(frames[0].configuration.periodic == std::array{true, true, false});
  CHECK(frames[0].energy_ev == -1.5);
  CHECK(*frames[0].mobile == Mask{true, false});
  CHECK(frames[0].info.size() == 2);
  const auto plain = parse_extxyz("1\na comment\nAr 0 0 0 extra\n", "a.xyz");
  CHECK(plain[0].configuration.periodic == std::array{false, false, false});
}

TEST_CASE("a broken XYZ file is refused with its line", "[structures][formats]") {
  CHECK(problem_of("").find("no frame") != std::string::npos);
  CHECK(problem_of("two\n\n").find("a.xyz:1: 'two'") == 0);
  CHECK(problem_of("-1\n\n").find("a.xyz:1:") == 0);
  CHECK(problem_of("999999999\n\n").find("a.xyz:1:") == 0);
  CHECK(problem_of("2\nc\nAr 0 0 0\n").find("ends after 1 of 2 atoms") != std::string::npos);
  CHECK(problem_of("1\nc\nXx 0 0 0\n").find("a.xyz:3: 'Xx' is not a chemical element") == 0);
  CHECK(problem_of("1\nc\nAr 0 nan 0\n").find("a.xyz:3: 'nan'") == 0);
  CHECK(problem_of("1\nLattice=\"1 0 0 0 1 0\"\nAr 0 0 0\n").find("Lattice holds 6 numbers") != std::string::npos);
  CHECK(problem_of("1\nLattice=\"1 0 0 0 1 0 0 0 0\"\nAr 0 0 0\n").find("span no volume") != std::string::npos);
  CHECK(problem_of("1\nProperties=species:S:1\nAr\n").find("pos:R:3") != std::string::npos);
  CHECK(problem_of("1\nProperties=species:S:1:pos:R:3 energy=inf\nAr 0 0 0\n").find("energy") != std::string::npos);
  CHECK(problem_of("1\nProperties=species:S:1:pos:R:3\nAr 0 0 0 0\n").find("5 columns, expected 4") !=
        std::string::npos);
  CHECK(problem_of("1\na=\"open\nAr 0 0 0\n").find("not closed") != std::string::npos);
}

TEST_CASE("POSCAR and LAMMPS data hold the same crystal as the CIF", "[structures][formats]") {
  for (const char* name : {"bnzpyr-pbi3", "mapbi3-tetragonal"}) {
    const Crystal crystal = find_supercell(test::shipped(name), 9).crystal;
    const Crystal poscar = parse_poscar(format_poscar(crystal), "POSCAR");
    const Crystal lammps = parse_lammps_data(format_lammps_data(crystal), "a.lmp");
    INFO(name);
    for (const Crystal* other : {&poscar, &lammps}) {
      CHECK(formula_of(other->species) == formula_of(crystal.species));
      CHECK(largest_difference(distances(*other), distances(crystal)) < 1e-9);
      CHECK(other->model);
    }
    // LAMMPS' restricted box: upper triangular, no tilt above half an edge.
    CHECK(std::abs(lammps.cell(1, 0)) + std::abs(lammps.cell(2, 0)) + std::abs(lammps.cell(2, 1)) == 0);
    CHECK(std::abs(lammps.cell(0, 1)) <= 0.5 * lammps.cell(0, 0) + 1e-9);
    CHECK(std::abs(lammps.cell(0, 2)) <= 0.5 * lammps.cell(0, 0) + 1e-9);
    CHECK(std::abs(lammps.cell(1, 2)) <= 0.5 * lammps.cell(1, 1) + 1e-9);
  }
}

TEST_CASE("POSCAR variants are read, broken ones refused with their line", "[structures][formats]") {
  const Crystal cartesian = parse_poscar(
      "title\n2.0\n3 0 0\n0 3 0\n0 0 3\nPb_d I\n1 1\nSelective dynamics\nCartesian\n0 0 0 T T F\n1.5 1.5 1.5 F F F\n",
      "P");
  CHECK(cartesian.cell(0, 0) == 6);
  CHECK(cartesian.fractional.col(1).isApprox(Eigen::Vector3d(0.5, 0.5, 0.5)));
  CHECK(cartesian.warnings.size() == 1);
  const Crystal volume = parse_poscar("t\n-216\n3 0 0\n0 3 0\n0 0 3\nPb\n1\nDirect\n0 0 0\n", "P");
  CHECK(volume.cell(0, 0) == Approx(6));
  CHECK_THROWS_WITH(parse_poscar("t\n1\n3 0 0\n0 3 0\n0 0 3\n1 1\nDirect\n0 0 0\n", "P"), Catch::Contains("P:6:"));
  CHECK_THROWS_WITH(parse_poscar("t\n1\n3 0 0\n0 3 0\n0 0 x\n", "P"), Catch::Contains("P:5:"));
  CHECK_THROWS_WITH(parse_poscar("t\n1\n3 0 0\n0 3 0\n3 0 0\nPb\n1\nD\n0 0 0\n", "P"), Catch::Contains("volume"));
  CHECK_THROWS_AS(parse_poscar("t\n1\n3 0 0\n0 3 0\n0 0 3\nPb\n2\nDirect\n0 0 0\n", "P"), Error);
}

TEST_CASE("LAMMPS styles are told by name or by columns", "[structures][formats]") {
  const std::string head =
      "c\n2 atoms\n2 atom types\n1 7 xlo xhi\n0 6 ylo yhi\n0 6 zlo zhi\n\nMasses\n\n1 207.2\n2 126.9\n\n";
  const Crystal full =
      parse_lammps_data(head + "Atoms # full\n\n2 1 2 -1.0 4 3 3 0 0 1\n1 1 1 2.0 1 0 0 0 0 0\n", "a.lmp");
  CHECK(full.species == std::vector<int>{82, 53});
  CHECK(full.fractional.col(1).isApprox(Eigen::Vector3d(0.5, 0.5, 1.5)));
  const Crystal charge = parse_lammps_data(head + "Atoms\n\n1 1 2.0 1 0 0\n2 2 -1.0 4 3 3\n", "a.lmp");
  CHECK(charge.fractional.col(1).isApprox(Eigen::Vector3d(0.5, 0.5, 0.5)));
  CHECK_THROWS_WITH(parse_lammps_data(head + "Atoms # body\n\n1 1 2.0 1 0 0\n2 2 -1.0 4 3 3\n", "a.lmp"),
                    Catch::Contains("atomic, charge, molecular and full"));
  CHECK_THROWS_WITH(parse_lammps_data(head + "Atoms # atomic\n\n1 1 1 0 0\n1 2 4 3 3\n", "a.lmp"),
                    Catch::Contains("is listed twice"));
}

TEST_CASE("endings choose the format, unknown ones are named", "[structures][formats]") {
  const auto folder = std::filesystem::temp_directory_path() / "hopflow-test-formats";
  std::filesystem::create_directories(folder);
  const Crystal crystal = test::shipped("prpyr-pbi3");
  for (const char* file : {"a.cif", "a.extxyz", "a.xyz", "POSCAR_a", "a.vasp", "a.lmp", "a.data"}) {
    INFO(file);
    write_structure(folder / file, crystal);
    const Crystal again = read_structure(folder / file);
    CHECK(formula_of(again.species) == formula_of(crystal.species));
    CHECK(largest_difference(distances(again), distances(crystal)) < 1e-9);
    CHECK(again.model);
  }
  std::filesystem::remove_all(folder);
  CHECK_THROWS_WITH(write_structure("a.pdb", crystal), Catch::Contains(".extxyz"));
  CHECK_THROWS_WITH(read_structure("a.pdb"), Catch::Contains("POSCAR"));
}

TEST_CASE("dialects of POSCAR and LAMMPS data give the same crystal", "[structures][formats]") {
  const std::string places = "Direct ! mode\n0 0 0\n.5 .5 0\n.5 0 .5\n0 .5 .5\n.5 .5 .5\n0 0 .5\n0 .5 0\n.5 0 0\n";
  const Crystal plain = parse_poscar("t\n1\n5.64 0 0\n0 5.64 0\n0 0 5.64\nNa Cl\n4 4\n" + places, "P");
  for (const std::string& text :
       {"t\n1.0 ! scale\n5.64 0 0 ! vec\n0 5.64 0\n0 0 5.64\nNa Cl ! els\n4 4 ! counts\n" + places,
        "t\n1.0D0\n5.64D+00 0.0D0 0\n0 5.64d0 0\n0 0 5.64\nNa Cl\n4 4\n" + places,
        "t\n1 2 .5\n5.64 0 0\n0 2.82 0\n0 0 11.28\nNa Cl\n4 4\n" + places,
        "Na Cl\n1.0\n5.64 0 0\n0 5.64 0\n0 0 5.64\n4 4\n" + places}) {
    const Crystal read = parse_poscar(text, "P");
    CHECK((read.cell - plain.cell).norm() < 1e-12);
    CHECK(read.species == plain.species);
    CHECK((read.fractional - plain.fractional).norm() < 1e-12);
  }
  const std::string head = "t\n1\n4.2 0 0\n0 4.2 0\n0 0 4.2\nMg O\n1 1\n";
  const auto frames = parse_poscar_frames(
      head + "Direct configuration= 1\n0 0 0\n.5 .5 .5\n" + head + "Direct configuration= 2\n0 0 .1\n.5 .5 .5\n",
      "XDATCAR");
  REQUIRE(frames.size() == 2);
  CHECK(frames[1].fractional(2, 0) == Approx(0.1));

  const std::string atoms = "\nAtoms # atomic\n\n1 Na 0 0 0\n2 Cl 2 2 2\n";
  const Crystal labelled = parse_lammps_data(
      "t\n\n2 atoms\n2 atom types\n0 4 xlo xhi\n0 4 ylo yhi\n0 4 zlo zhi\n\nAtom Type Labels\n\n1 Na\n2 Cl\n\n"
      "Masses\n\nNa 22.98977\nCl 35.453\n" +
          atoms,
      "labels.data");
  CHECK(labelled.species == std::vector<int>{11, 17});
  const Crystal triclinic = parse_lammps_data(
      "t\n\n2 atoms\n2 atom types\n4 0 0 avec\n1 4 0 bvec\n0 1 4 cvec\n0 0 0 abc origin\n\nMasses\n\n1 22.98977\n2 "
      "35.453\n\nAtoms # atomic\n\n1 1 0 0 0\n2 2 2.5 2.5 2\n",
      "triclinic.data");
  CHECK((triclinic.cell.col(1) - Eigen::Vector3d(1, 4, 0)).norm() < 1e-12);
  CHECK((triclinic.fractional.col(1) - Eigen::Vector3d(.5, .5, .5)).norm() < 1e-12);
}
