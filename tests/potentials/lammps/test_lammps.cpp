// SPDX-License-Identifier: GPL-2.0-or-later
// LAMMPS through hopflow against closed forms and published values, in several unit systems and cell shapes.
#include <cmath>

#include <fmt/core.h>
#include <catch2/catch.hpp>

#include "structures/core/element.hpp"
#include "structures/core/units.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

Configuration crystal_of(const std::vector<std::pair<int, Eigen::Vector3d>>& basis, double a, int n) {
  Configuration c;
  c.cell = a * n * Eigen::Matrix3d::Identity();
  std::vector<Eigen::Vector3d> positions;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      for (int k = 0; k < n; ++k) {
        for (const auto& [z, x] : basis) {
          positions.push_back(a * (x + Eigen::Vector3d(i, j, k)));
          c.species.push_back(z);
        }
      }
    }
  }
  c.positions.resize(3, static_cast<Eigen::Index>(positions.size()));
  for (std::size_t k = 0; k < positions.size(); ++k) c.positions.col(static_cast<Eigen::Index>(k)) = positions[k];
  return c;
}

Configuration rock_salt(int cation, int anion, double a, int n) {
  std::vector<std::pair<int, Eigen::Vector3d>> basis;
  for (const Eigen::Vector3d& x :
       {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(.5, .5, 0), Eigen::Vector3d(.5, 0, .5), Eigen::Vector3d(0, .5, .5)}) {
    basis.emplace_back(cation, x);
    basis.emplace_back(anion, x + Eigen::Vector3d(.5, 0, 0));
  }
  return crystal_of(basis, a, n);
}

Configuration silicon(double a, int n) {
  std::vector<std::pair<int, Eigen::Vector3d>> basis;
  for (const Eigen::Vector3d& x :
       {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(.5, .5, 0), Eigen::Vector3d(.5, 0, .5), Eigen::Vector3d(0, .5, .5)}) {
    basis.emplace_back(14, x);
    basis.emplace_back(14, x + Eigen::Vector3d(.25, .25, .25));
  }
  return crystal_of(basis, a, n);
}

Configuration pair_of(int a, int b, double distance, double box) {
  Configuration c;
  c.cell *= box;
  c.positions.resize(3, 2);
  c.positions << 1, 1 + distance, 2, 2, 3, 3;
  c.species = {a, b};
  return c;
}

const std::string buckingham_salt =
    "{kind: lammps, units: metal, types: {Na: 1, Cl: 2}, charges: {Na: 1, Cl: -1}, commands: [pair_style "
    "buck/coul/long 7.0, "
    "pair_coeff 1 1 0 1 0, pair_coeff 1 2 1256.31 0.3107 0, pair_coeff 2 2 3485 0.2964 29.06, kspace_style ewald "
    "1e-8]}";

}  // namespace

TEST_CASE("two atoms in a Lennard-Jones well feel its closed form in every unit system", "[potentials][lammps]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  const double epsilon = 0.0103;  // eV
  const double sigma = 3.4;       // A
  const double r = 3.9;
  const double s6 = std::pow(sigma / r, 6);
  const double energy = 4 * epsilon * (s6 * s6 - s6);
  const double force = 24 * epsilon * (2 * s6 * s6 - s6) / r;  // along the bond, positive when repelling
  struct System {
    const char* name;
    double energy, length;
  };
  for (const System& system : {System{"real", units::kcal_per_mol, 1}, System{"metal", 1, 1},
                               System{"electron", units::hartree, units::bohr}, System{"lj", 1, 1}}) {
    INFO(system.name);
    const Configuration c = pair_of(18, 18, r, 30);
    const EngineSpec spec = block_engine(
        fmt::format(
            "{{kind: lammps, units: {}, types: {{Ar: 1}}, commands: [pair_style lj/cut {}, pair_coeff 1 1 {} {}]}}",
            system.name, 12 / system.length, epsilon / system.energy, sigma / system.length),
        c);
    const Evaluation answer = host.evaluate(spec, c);
    CHECK(answer.energy_ev == Approx(energy).epsilon(1e-12));
    CHECK(answer.forces(0, 1) == Approx(force).epsilon(1e-12));
    CHECK(answer.forces(0, 0) == Approx(-force).epsilon(1e-12));
    // Virial of one pair: volume * stress_xx = -r_x F_x.
    REQUIRE(answer.stress);
    CHECK((*answer.stress)(0, 0) * 30 * 30 * 30 == Approx(-r * force).epsilon(1e-6));
    CHECK(std::abs((*answer.stress)(1, 1)) < 1e-12);
  }
}

TEST_CASE("point charges on a rock salt lattice give the Madelung constant", "[potentials][lammps]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  const double a = 5.64;
  const Configuration c = rock_salt(11, 17, a, 2);
  const EngineSpec spec = block_engine(
      "{kind: lammps, units: metal, types: {Na: 1, Cl: 2}, charges: {Na: 1, Cl: -1}, "
      "commands: [pair_style coul/long 7.0, pair_coeff * *, kspace_style ewald 1e-8]}",
      c);
  const double madelung = 1.747564594633182;  // Borwein, Borwein & Taylor, J. Math. Phys. 26, 2999 (1985)
  const double coulomb = 14.399645;           // eV A, the constant of LAMMPS' metal units
  const double expected = -madelung * coulomb / (a / 2) * 32;
  CHECK(host.evaluate(spec, c).energy_ev == Approx(expected).epsilon(1e-6));
}

TEST_CASE("Stillinger-Weber silicon has the cohesive energy it was made for", "[potentials][lammps]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  const Configuration c = silicon(5.431, 2);
  const EngineSpec spec = block_engine(
      "{kind: lammps, units: metal, types: {Si: 1}, files: [Si.sw], commands: [pair_style sw, pair_coeff * * Si.sw "
      "Si]}",
      c);
  const Evaluation answer = host.evaluate(spec, c);
  // Ideal tetrahedra and nearest neighbours at the pair minimum: -2 epsilon, epsilon = 2.1683 eV.
  CHECK(answer.energy_ev / c.size() == Approx(-2 * 2.1683).epsilon(1e-5));
  CHECK(answer.forces.cwiseAbs().maxCoeff() < 1e-10);

  // The same in its two-atom cell, whose vectors meet at 60 degrees: tilts of exactly half a side.
  Configuration primitive;
  primitive.cell << 0, .5, .5, .5, 0, .5, .5, .5, 0;
  primitive.cell *= 5.431;
  primitive.positions.resize(3, 2);
  primitive.positions << 0, .25, 0, .25, 0, .25;
  primitive.positions *= 5.431;
  primitive.species = {14, 14};
  const EngineSpec two = block_engine(
      "{kind: lammps, units: metal, types: {Si: 1}, files: [Si.sw], commands: [pair_style sw, pair_coeff * * Si.sw "
      "Si]}",
      primitive);
  CHECK(host.evaluate(two, primitive).energy_ev / 2 == Approx(answer.energy_ev / c.size()).epsilon(1e-12));
}

TEST_CASE("metals and many-body semiconductors run from the installed potential files", "[potentials][lammps]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  std::vector<std::pair<int, Eigen::Vector3d>> fcc;
  for (const Eigen::Vector3d& x :
       {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(.5, .5, 0), Eigen::Vector3d(.5, 0, .5), Eigen::Vector3d(0, .5, .5)})
    fcc.emplace_back(13, x);
  // Zhou's aluminium was fitted to a cohesive energy of 3.58 eV at 4.05 A.
  const Configuration al = shaken(crystal_of(fcc, 4.05, 2), 0.05, 4);
  const EngineSpec eam = block_engine(
      "{kind: lammps, units: metal, types: {Al: 1}, files: [Al_zhou.eam.alloy], "
      "commands: [pair_style eam/alloy, 'pair_coeff * * Al_zhou.eam.alloy Al']}",
      al);
  const Evaluation metal = host.evaluate(eam, al);
  CHECK(metal.energy_ev / al.size() == Approx(-3.58).margin(0.03));
  CHECK(numerical_force(host, eam, al, 1, 5, 1e-3) == Approx(metal.forces(1, 5)).margin(1e-5));

  // Tersoff's silicon, made for 4.63 eV at 5.432 A (Phys. Rev. B 37, 6991 (1988)).
  const Configuration si = silicon(5.432, 2);
  const EngineSpec tersoff = block_engine(
      "{kind: lammps, units: metal, types: {Si: 1}, files: [Si.tersoff], "
      "commands: [pair_style tersoff, 'pair_coeff * * Si.tersoff Si']}",
      si);
  CHECK(host.evaluate(tersoff, si).energy_ev / si.size() == Approx(-4.63).margin(0.005));
  const Configuration moved = shaken(si, 0.1, 8);
  CHECK(numerical_force(host, tersoff, moved, 2, 9, 1e-4) ==
        Approx(host.evaluate(tersoff, moved).forces(2, 9)).margin(1e-5));
}

TEST_CASE("turning the crystal turns the forces and the stress, whole lattice vectors change nothing",
          "[potentials][lammps]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  Configuration c = rock_salt(11, 17, 5.64, 2);
  Eigen::Matrix3d strain;
  strain << 1.01, 0.05, -0.03, 0.02, 0.98, 0.04, 0.01, -0.02, 1.0;
  c.cell = (strain * c.cell).eval();
  c.positions = (strain * c.positions).eval();
  c = shaken(c, 0.15, 2);
  const EngineSpec spec = block_engine(buckingham_salt, c);
  const Evaluation straight = host.evaluate(spec, c);
  const auto same = [&](const Configuration& other, const Eigen::Matrix3d& turn) {
    const Evaluation answer = host.evaluate(spec, other);
    CHECK(answer.energy_ev == Approx(straight.energy_ev).epsilon(1e-9));
    CHECK((answer.forces - turn * straight.forces).cwiseAbs().maxCoeff() < 1e-6);
    CHECK((*answer.stress - turn * *straight.stress * turn.transpose()).cwiseAbs().maxCoeff() < 1e-7);
  };

  SECTION("turned") {
    const Eigen::Matrix3d turn = (Eigen::AngleAxisd(0.7, Eigen::Vector3d(1, 2, 3).normalized()) *
                                  Eigen::AngleAxisd(2.1, Eigen::Vector3d::UnitZ()))
                                     .toRotationMatrix();
    Configuration other = c;
    other.cell = turn * c.cell;
    other.positions = turn * c.positions;
    same(other, turn);
  }
  SECTION("mirrored: a left-handed cell") {
    const Eigen::Matrix3d mirror = Eigen::Vector3d(1, -1, 1).asDiagonal();
    Configuration other = c;
    other.cell = mirror * c.cell;
    other.positions = mirror * c.positions;
    same(other, mirror);
  }
  SECTION("the same lattice by long, skewed vectors") {
    Configuration other = c;
    Eigen::Matrix3d skew;
    skew << 1, 3, -2, 0, 1, 4, 0, 0, 1;
    other.cell = c.cell * skew;
    same(other, Eigen::Matrix3d::Identity());
  }
  SECTION("atoms moved by whole vectors") {
    Configuration other = c;
    for (int k = 0; k < c.size(); ++k)
      other.positions.col(k) += c.cell * Eigen::Vector3d(k % 5 - 2, k % 3 - 1, k % 7 * 100);
    same(other, Eigen::Matrix3d::Identity());
  }
}

TEST_CASE("forces and stress are derivatives of the energy in a triclinic ionic crystal", "[potentials][lammps]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  Configuration c = rock_salt(11, 17, 5.64, 2);
  Eigen::Matrix3d shear;
  shear << 1, 0.07, -0.04, 0, 1.02, 0.06, 0, 0, 0.97;
  c.cell = (shear * c.cell).eval();
  c.positions = (shear * c.positions).eval();
  c = shaken(c, 0.2, 6);
  const EngineSpec spec = block_engine(buckingham_salt, c);
  const Evaluation answer = host.evaluate(spec, c);
  for (const auto& [axis, atom] : {std::pair{0, 3}, std::pair{1, 17}, std::pair{2, 40}}) {
    CHECK(numerical_force(host, spec, c, axis, atom, 1e-3) == Approx(answer.forces(axis, atom)).margin(1e-5));
  }
  REQUIRE(answer.stress);
  const double volume = c.cell.determinant();
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      double energy[2];
      const double h = 2e-5;
      for (const int side : {0, 1}) {
        Eigen::Matrix3d deform = Eigen::Matrix3d::Identity();
        deform(i, j) += side == 0 ? -h : h;
        Configuration strained = c;
        strained.cell = deform * c.cell;
        strained.positions = deform * c.positions;
        energy[side] = host.evaluate(spec, strained).energy_ev;
      }
      INFO(i << j);
      CHECK((*answer.stress)(i, j) == Approx((energy[1] - energy[0]) / (2 * h * volume)).margin(2e-4));
    }
  }
}

TEST_CASE("open directions see no images", "[potentials][lammps]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  Configuration c = pair_of(18, 18, 3.9, 8);
  c.positions.row(1).array() += 40;  // far outside the cell along an open direction
  const EngineSpec spec = block_engine(
      "{kind: lammps, units: metal, types: {Ar: 1}, commands: [pair_style lj/cut 12.0, pair_coeff 1 1 0.0103 3.4]}", c);
  const double periodic = host.evaluate(spec, c).energy_ev;
  c.periodic = {false, false, false};
  const Evaluation alone = host.evaluate(spec, c);
  const double s6 = std::pow(3.4 / 3.9, 6);
  CHECK(alone.energy_ev == Approx(4 * 0.0103 * (s6 * s6 - s6)).epsilon(1e-12));
  CHECK_FALSE(alone.stress);
  CHECK(std::abs(periodic - alone.energy_ev) > 1e-3);

  c.periodic = {false, true, false};
  double chain = 0;  // images along b only
  for (int n = -2; n <= 2; ++n) {
    for (const double x : {0.0, 3.9}) {
      const double r = std::hypot(x, 8.0 * n);
      if (r == 0 || r > 12) continue;
      const double t6 = std::pow(3.4 / r, 6);
      chain += 4 * 0.0103 * (t6 * t6 - t6);  // per cell: half of both atoms' sums
    }
  }
  CHECK(host.evaluate(spec, c).energy_ev == Approx(chain).epsilon(1e-12));
}

TEST_CASE("a slab with a slanting open direction, turned in space, is the slab it was", "[potentials][lammps]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  Configuration c;
  c.cell << 8, 2, 3, 0, 9, 1, 0, 0, 7;
  c.positions.resize(3, 3);
  c.positions << 0, 3.9, 1, 0, 0.3, 4, 0, 1, 5;
  c.species = {18, 18, 18};
  c.periodic = {true, true, false};
  const EngineSpec spec = block_engine(
      "{kind: lammps, units: metal, types: {Ar: 1}, commands: [pair_style lj/cut 12.0, pair_coeff 1 1 0.0103 3.4]}", c);
  double expected = 0;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int a = -4; a <= 4; ++a) {
        for (int b = -4; b <= 4; ++b) {
          const double r = (c.positions.col(j) - c.positions.col(i) + c.cell * Eigen::Vector3d(a, b, 0)).norm();
          if (r == 0 || r > 12) continue;
          const double s6 = std::pow(3.4 / r, 6);
          expected += 0.5 * 4 * 0.0103 * (s6 * s6 - s6);
        }
      }
    }
  }
  CHECK(host.evaluate(spec, c).energy_ev == Approx(expected).epsilon(1e-12));
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(1.1, Eigen::Vector3d(1, 2, 3).normalized()).toRotationMatrix();
  c.cell = (turn * c.cell).eval();
  c.positions = (turn * c.positions).eval();
  CHECK(host.evaluate(spec, c).energy_ev == Approx(expected).epsilon(1e-12));
  c.positions.colwise() += turn * Eigen::Vector3d(1, 1, 500);
  CHECK(host.evaluate(spec, c).energy_ev == Approx(expected).epsilon(1e-11));
}

TEST_CASE("one ion in a box with its neutralising background has the lattice-sum energy", "[potentials][lammps]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  Configuration c;
  const double box = 12.5;
  const double q = 1.13;
  c.cell *= box;
  c.positions = Eigen::Vector3d(3, 4, 5);
  c.species = {53};
  const EngineSpec spec = block_engine(
      "{kind: lammps, units: real, types: {I: 1}, charges: {I: 1.13}, "
      "commands: [pair_style coul/long 10.0, pair_coeff * *, kspace_style ewald 1e-8]}",
      c);
  CHECK(spec.charge == "+1.13 e by fixed ionic charges, background neutralised");
  const double coulomb = 332.06371 * units::kcal_per_mol;  // eV A, the constant of LAMMPS' real units
  CHECK(host.evaluate(spec, c).energy_ev == Approx(-2.837297 * q * q / (2 * box) * coulomb).margin(1e-6));
}
