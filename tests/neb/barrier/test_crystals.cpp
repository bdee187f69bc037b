// SPDX-License-Identifier: GPL-2.0-or-later
// Vacancy and adatom hops in real crystals with LAMMPS and its published potential files.
#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <random>
#include <string>

#include "neb/barrier/barrier.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/relax/relax.hpp"
#include "potentials/engine_block.hpp"
#include "potentials/registry.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/yaml.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;
using hopflow::testing::drive;

namespace {

namespace fs = std::filesystem;

struct Site {
  int species;
  Eigen::Vector3d at;  ///< in units of the cube's edge
};

/// n^3 cubes of edge a (A).
Configuration cubes(const std::vector<Site>& basis, double a, int n) {
  Configuration c;
  c.cell = a * n * Eigen::Matrix3d::Identity();
  c.positions.resize(3, static_cast<Eigen::Index>(basis.size()) * n * n * n);
  for (int k = 0; k < n * n * n; ++k) {
    const Eigen::Vector3d corner(k % n, (k / n) % n, k / (n * n));
    for (const Site& site : basis) {
      c.positions.col(c.size()) = a * (corner + site.at);
      c.species.push_back(site.species);
    }
  }
  return c;
}

const std::vector<Eigen::Vector3d> fcc{{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};

std::vector<Site> rocksalt(int cation, int anion) {
  std::vector<Site> basis;
  for (const auto& r : fcc) basis.push_back({cation, r});
  for (const auto& r : fcc) basis.push_back({anion, r + Eigen::Vector3d(0.5, 0, 0)});
  return basis;
}

struct Ends {
  Configuration initial, final;
};

/// Atom `vacant` removed; its first nearest neighbour of its kind hops in.
Ends vacancy_hop(const Configuration& host, int vacant) {
  const Eigen::Matrix3Xd v =
      minimum_image(host.cell, host.positions.colwise() - host.positions.col(vacant), host.periodic);
  int mover = -1;
  for (int i = 0; i < host.size(); ++i) {
    if (i == vacant || host.species[static_cast<std::size_t>(i)] != host.species[static_cast<std::size_t>(vacant)])
      continue;
    if (mover < 0 || v.col(i).norm() < v.col(mover).norm() - 1e-6) mover = i;
  }
  Ends ends;
  for (int i = 0; i < host.size(); ++i) {
    if (i != vacant) ends.initial.species.push_back(host.species[static_cast<std::size_t>(i)]);
  }
  ends.initial.cell = host.cell;
  ends.initial.positions.resize(3, host.size() - 1);
  for (int i = 0, j = 0; i < host.size(); ++i) {
    if (i != vacant) ends.initial.positions.col(j++) = host.positions.col(i);
  }
  ends.final = ends.initial;
  ends.final.positions.col(mover > vacant ? mover - 1 : mover) -= v.col(mover);
  return ends;
}

std::unique_ptr<Potential> lammps(const std::string& block, const Configuration& atoms) {
  const EngineSpec spec = engine_from_block(yaml::parse(block, "test"), atoms, fs::temp_directory_path());
  const fs::path folder = fs::temp_directory_path() / "hopflow-test-neb";
  fs::create_directories(folder);
  return make_potential(spec, folder);
}

const char* const copper = R"(kind: lammps
units: metal
types: {Cu: 1}
files: [Cu_mishin1.eam.alloy]
commands: ["pair_style eam/alloy", "pair_coeff * * Cu_mishin1.eam.alloy Cu"]
)";

// Lewis & Catlow, J. Phys. C 18, 1149 (1985).
const char* const magnesia = R"(kind: lammps
units: metal
types: {Mg: 1, O: 2}
charges: {Mg: 2.0, O: -2.0}
commands: ["pair_style buck/coul/long 8.0", "pair_coeff 1 1 0.0 1.0 0.0",
  "pair_coeff 1 2 1428.5 0.2945 0.0", "pair_coeff 2 2 22764.3 0.149 27.88", "kspace_style ewald 1.0e-6"]
)";

const char* const silicon = R"(kind: lammps
units: metal
types: {Si: 1}
files: [Si.sw]
commands: ["pair_style sw", "pair_coeff * * Si.sw Si"]
)";

const char* const iron = R"(kind: lammps
units: metal
types: {Fe: 1}
files: [Fe_mm.eam.fs]
commands: ["pair_style eam/fs", "pair_coeff * * Fe_mm.eam.fs Fe"]
)";

BarrierResult barrier(const Ends& ends, const char* block, double fmax) {
  auto potential = lammps(block, ends.initial);
  BarrierOptions options;
  options.fmax = fmax;
  return drive(find_barrier(ends.initial, ends.final, {}, options), *potential);
}

}  // namespace

// References: ASE 3.22 NEB (improved tangent, 7-9 images, FIRE to 0.005 eV/A on all images, ends to 0.001 eV/A) with
// the same LAMMPS release driven from Python, started with random noise where the straight path is symmetric.
TEST_CASE("a vacancy hop in copper has the barrier of a tighter band", "[neb][crystals]") {
  std::vector<Site> basis;
  for (const auto& r : fcc) basis.push_back({29, r});
  const Ends ends = vacancy_hop(cubes(basis, 3.615, 3), 0);
  for (const double fmax : {0.05, 0.01}) {
    const BarrierResult result = barrier(ends, copper, fmax);
    INFO(result.reason);
    CHECK(result.converged());
    CHECK(result.forward_ev == Approx(0.68897).margin(0.001));
    CHECK(result.reverse_ev == Approx(result.forward_ev).margin(0.0005));
    CHECK(result.evaluations_certificate <= 60);
    CHECK(result.evaluations < 150);
  }
}

TEST_CASE("an oxygen vacancy in magnesia leaves the symmetric second-order saddle", "[neb][crystals]") {
  const Configuration host = cubes(rocksalt(12, 8), 4.212, 2);
  const BarrierResult result = barrier(vacancy_hop(host, 4), magnesia, 0.01);
  INFO(result.reason);
  CHECK(result.converged());
  REQUIRE(result.negative_modes);
  CHECK(*result.negative_modes == 1);
  // The straight band stops 0.017 eV higher.
  CHECK(result.forward_ev == Approx(2.29379).margin(0.001));
  CHECK(result.reverse_ev == Approx(2.29379).margin(0.001));
}

TEST_CASE("the shallow minimum on the way of a vacancy in iron is found and named", "[neb][crystals]") {
  const Configuration host = cubes({{26, {0, 0, 0}}, {26, {0.5, 0.5, 0.5}}}, 2.855, 4);
  const BarrierResult result = barrier(vacancy_hop(host, 0), iron, 0.01);
  INFO(result.reason);
  CHECK(result.converged());
  CHECK(result.forward_ev == Approx(0.63492).margin(0.001));
  REQUIRE_FALSE(result.warnings.empty());
  CHECK_THAT(result.warnings.front(), Catch::Contains("another minimum"));
}

TEST_CASE("a symmetric silicon vacancy is not left 0.08 eV too high, and its deeper state is told", "[neb][crystals]") {
  std::vector<Site> basis;
  for (const auto& r : fcc) basis.push_back({14, r});
  for (const auto& r : fcc) basis.push_back({14, r + Eigen::Vector3d::Constant(0.25)});
  const BarrierResult result = barrier(vacancy_hop(cubes(basis, 5.431, 3), 0), silicon, 0.01);
  INFO(result.reason);
  REQUIRE(result.negative_modes);
  CHECK(*result.negative_modes == 1);
  // A band kept symmetric reads 0.2224 eV at a point with three negative modes; the split vacancy lies 1.64 eV lower.
  CHECK(result.forward_ev < 0.15);
  CHECK(result.forward_ev > 0.05);
  bool told = false;
  for (const auto& warning : result.warnings) told = told || warning.find("below both endpoints") != std::string::npos;
  CHECK(told);
}

namespace {

constexpr double golden = 1.618033988749895;
const char* const argon = R"(kind: lammps
units: lj
types: {Ar: 1}
commands: ["pair_style lj/cut 6.0", "pair_coeff * * 1.0 1.0", "pair_modify shift yes"]
)";

/// Thirteen atoms in an icosahedron and one in a hollow of its shell.
Configuration icosahedron_with_atom(const Eigen::Vector3d& towards) {
  const double shell = 1.08 / std::sqrt(1 + golden * golden);
  std::vector<Eigen::Vector3d> points{{0, 0, 0}};
  for (const double a : {-1.0, 1.0}) {
    for (const double b : {-golden, golden}) {
      points.push_back(shell * Eigen::Vector3d(0, a, b));
      points.push_back(shell * Eigen::Vector3d(a, b, 0));
      points.push_back(shell * Eigen::Vector3d(b, 0, a));
    }
  }
  Configuration c;
  c.cell = 20 * Eigen::Matrix3d::Identity();
  c.periodic = {false, false, false};
  c.species.assign(14, 18);
  c.positions.resize(3, 14);
  for (int i = 0; i < 13; ++i) c.positions.col(i) = points[static_cast<std::size_t>(i)];
  c.positions.col(13) = 1.75 * towards.normalized();
  c.positions.colwise() += Eigen::Vector3d::Constant(10);
  return c;
}

}  // namespace

TEST_CASE("an atom walks over a free cluster, whose turning is no mode", "[neb][crystals]") {
  // To the hollow beside it: faces that share the edge between the corners (0, 1, phi) and (0, -1, phi).
  const BarrierResult result =
      barrier({icosahedron_with_atom({golden, 0, 2 * golden + 1}), icosahedron_with_atom({-golden, 0, 2 * golden + 1})},
              argon, 0.01);
  INFO(result.reason);
  CHECK(result.converged());
  // ASE 3.29 (improved tangent, ODE and FIRE alike) with the same LAMMPS library.
  CHECK(result.forward_ev == Approx(0.75298).margin(0.0005));
  CHECK(result.reverse_ev == Approx(result.forward_ev).margin(1e-4));
  CHECK(*result.negative_modes == 1);
  CHECK(result.evaluations_certificate <= 60);
  CHECK(result.evaluations_band < 100);
}

TEST_CASE("a free cluster that turns on a way of several steps goes it from any noisy first path", "[neb][crystals]") {
  // Over one face between: each step of the atom turns the cluster under it, so the ends lie askew to what is between.
  const Ends ends{icosahedron_with_atom({golden, 0, 2 * golden + 1}),
                  icosahedron_with_atom({0, 2 * golden + 1, golden})};
  std::mt19937 random(1);
  for (int start = 0; start < 6; ++start) {
    BarrierOptions options;
    options.fmax = 0.01;
    options.via = linear_path(ends.initial, ends.final, 5);
    options.via.erase(options.via.begin());
    options.via.pop_back();
    for (Configuration& image : options.via) {
      for (double& x : image.positions.reshaped())
        x += 0.17 * (2 * (random() / 4294967296.0) - 1);  // 0.1 A on the mean square
    }
    auto potential = lammps(argon, ends.initial);
    const BarrierResult result = drive(find_barrier(ends.initial, ends.final, {}, options), *potential);
    INFO("start " << start << ": " << result.reason << " after " << result.evaluations);
    CHECK(result.converged());
    CHECK(result.forward_ev == Approx(0.75298).margin(0.0005));
    CHECK(result.evaluations < 250);
  }
}

TEST_CASE("wrapping, drift and a lattice vector leave the barrier as it is", "[neb][crystals]") {
  std::vector<Site> basis;
  for (const auto& r : fcc) basis.push_back({29, r});
  const Ends ends = vacancy_hop(cubes(basis, 3.615, 3), 0);
  const BarrierResult plain = barrier(ends, copper, 0.01);
  Ends moved = ends;
  moved.final.positions.colwise() += Eigen::Vector3d(3.615 * 3, 0, 0);
  for (int i = 0; i < moved.final.size(); i += 2) moved.final.positions.col(i) += moved.final.cell.col(i % 3);
  CHECK(barrier(moved, copper, 0.01).forward_ev == Approx(plain.forward_ev).margin(1e-6));
  Ends drifted = ends;
  drifted.final.positions.colwise() += Eigen::Vector3d(0.37, -0.21, 1.4);
  CHECK(barrier(drifted, copper, 0.01).forward_ev == Approx(plain.forward_ev).margin(1e-6));
}

TEST_CASE("fixed atoms stay, and their forces hold nothing up", "[neb][crystals]") {
  std::vector<Site> basis;
  for (const auto& r : fcc) basis.push_back({29, r});
  const Ends ends = vacancy_hop(cubes(basis, 3.615, 3), 0);
  Mask mask(static_cast<std::size_t>(ends.initial.size()), true);
  const Eigen::Matrix3Xd v =
      minimum_image(ends.initial.cell, Eigen::Matrix3Xd(ends.initial.positions), ends.initial.periodic);
  for (int i = 0; i < ends.initial.size(); ++i) mask[static_cast<std::size_t>(i)] = v.col(i).norm() < 4.2;
  auto potential = lammps(copper, ends.initial);
  const BarrierResult result = drive(find_barrier(ends.initial, ends.final, mask, BarrierOptions{}), *potential);
  INFO(result.reason);
  CHECK(result.converged());
  CHECK(result.forward_ev > 0.68897);  // fewer atoms can make way
  CHECK(result.forward_ev < 1.0);
  for (const Configuration& image : result.path) {
    for (int i = 0; i < image.size(); ++i) {
      if (!mask[static_cast<std::size_t>(i)]) CHECK(image.positions.col(i) == ends.initial.positions.col(i));
    }
  }
}
