// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <random>

#include "structures/core/error.hpp"
#include "structures/core/units.hpp"
#include "structures/diffusion/diffusion.hpp"
#include "structures/graph/neighbors.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

constexpr double kelvin = 1000;
const double kt = units::boltzmann * kelvin;

/// Sites of one energy and one saddle for every pair of them `length` apart: the textbook lattices.
JumpNetwork lattice(const Eigen::Matrix3d& cell, const std::vector<Eigen::Vector3d>& fractional, double length,
                    double saddle = 0.5) {
  JumpNetwork out;
  out.cell = cell;
  out.fractional = fractional;
  out.energy_ev.assign(fractional.size(), 0);
  Eigen::Matrix3Xd x(3, static_cast<Eigen::Index>(fractional.size()));
  for (std::size_t i = 0; i < fractional.size(); ++i) x.col(static_cast<Eigen::Index>(i)) = fractional[i];
  for (const Neighbor& pair : find_neighbors(cell, x, length * 1.01)) {
    const auto key = [](int i, int j, const Eigen::Vector3i& r) { return std::array{i, j, r(0), r(1), r(2)}; };
    if (key(pair.i, pair.j, pair.image) < key(pair.j, pair.i, -pair.image))
      out.jumps.push_back({pair.i, pair.j, pair.image, saddle});
  }
  return out;
}

}  // namespace

namespace {

double correlation(const JumpNetwork& network, int axis) {
  const auto tracer = tracer_diffusivity(network, kelvin, 1);
  REQUIRE(tracer);
  CHECK(tracer->error < 1e-3);
  return tracer->per_vacancy_fraction(axis, axis) / vacancy_diffusivity(network, kelvin, 1)(axis, axis);
}

const Eigen::Matrix3d cube = Eigen::Matrix3d::Identity() * 4.0;
const std::vector<Eigen::Vector3d> corner{{0.1, 0.2, 0.3}};

Eigen::Matrix3d columns(const Eigen::Vector3d& a, const Eigen::Vector3d& b, const Eigen::Vector3d& c) {
  Eigen::Matrix3d out;
  out << a, b, c;
  return out;
}

const Eigen::Matrix3d face_centred = 2 * columns({0, 1, 1}, {1, 0, 1}, {1, 1, 0});
const Eigen::Matrix3d body_centred = 2 * columns({-1, 1, 1}, {1, -1, 1}, {1, 1, -1});

}  // namespace

// Correlation factors: Koiwa and Ishioka, J. Stat. Phys. 30 (1983) 477; Montet, Phys. Rev. B 7 (1973) 650 for two
// dimensions.
TEST_CASE("a labelled atom's correlation factors of the cubic lattices are the published ones",
          "[structures][diffusion]") {
  CHECK(correlation(lattice(cube, corner, 4), 0) == Approx(0.653109).margin(1e-4));
  CHECK(correlation(lattice(body_centred, corner, std::sqrt(12.0)), 1) == Approx(0.727194).margin(1e-4));
  CHECK(correlation(lattice(face_centred, corner, std::sqrt(8.0)), 2) == Approx(0.781451).margin(1e-4));
  const std::vector<Eigen::Vector3d> diamond{{0, 0, 0}, {0.25, 0.25, 0.25}};
  CHECK(correlation(lattice(face_centred, diamond, std::sqrt(3.0)), 0) == Approx(0.5).margin(1e-4));
}

TEST_CASE("a labelled atom moves alike in hexagonal close packing, a little less easily in the plane",
          "[structures][diffusion]") {
  const double c = std::sqrt(8.0 / 3.0);
  const Eigen::Matrix3d cell = 3 * columns({1, 0, 0}, {-0.5, std::sqrt(0.75), 0}, {0, 0, c});
  const JumpNetwork hcp = lattice(cell, {{1 / 3.0, 2 / 3.0, 0.25}, {2 / 3.0, 1 / 3.0, 0.75}}, 3);
  REQUIRE(hcp.jumps.size() == 12);
  CHECK(correlation(hcp, 0) == Approx(0.7812).margin(1e-4));
  CHECK(correlation(hcp, 1) == Approx(0.7812).margin(1e-4));
  CHECK(correlation(hcp, 2) == Approx(0.7815).margin(1e-4));
}

TEST_CASE("a labelled atom in a layer comes to the published correlation factors, in a chain to nothing",
          "[structures][diffusion]") {
  Eigen::Matrix3d cell = Eigen::Vector3d{3, 3, 20}.asDiagonal();
  CHECK(correlation(lattice(cell, corner, 3), 0) == Approx(0.466942).margin(1e-4));
  cell = columns({3, 0, 0}, {-1.5, 3 * std::sqrt(0.75), 0}, {0, 0, 20});
  CHECK(correlation(lattice(cell, corner, 3), 1) == Approx(0.560057).margin(1e-4));
  CHECK(correlation(lattice(cell, {{1 / 3.0, 2 / 3.0, 0}, {2 / 3.0, 1 / 3.0, 0}}, std::sqrt(3.0)), 0) ==
        Approx(1 / 3.0).margin(1e-4));
  cell = Eigen::Vector3d{3, 20, 20}.asDiagonal();
  CHECK(tracer_diffusivity(lattice(cell, corner, 3), kelvin, 1)->per_vacancy_fraction.isZero());
}

TEST_CASE("layers whose exchange dies out come to the correlation factor of one layer", "[structures][diffusion]") {
  JumpNetwork layers = lattice(cube, corner, 4);
  for (Jump& jump : layers.jumps)
    if (jump.image(2) != 0) jump.saddle_ev += 30 * kt;  // 1e13 times rarer
  CHECK(correlation(layers, 0) == Approx(0.466942).margin(3e-4));
  CHECK(correlation(layers, 1) == Approx(0.466942).margin(3e-4));
}

TEST_CASE("passing between fast layers, a labelled atom is undone by one way in eight", "[structures][diffusion]") {
  // Square layers, and between them sites that are reached rarely, by four jumps from either side. A vacancy that took
  // the atom off such a site leaves it, unless first back, by eight ways of equal rate, when it has long mixed in its
  // layer.
  for (const double rarer : {12.0, 18.0, 24.0}) {
    JumpNetwork network;
    network.cell = cube;
    network.energy_ev = {0, 0};
    network.fractional = {{0, 0, 0}, {0.5, 0.5, 0.5}};
    network.jumps = {{0, 0, {1, 0, 0}, 0.5}, {0, 0, {0, 1, 0}, 0.5}};
    for (int i = 0; i < 8; ++i)
      network.jumps.push_back({0, 1, {-(i & 1), -((i >> 1) & 1), -((i >> 2) & 1)}, 0.5 + rarer * kt});
    CHECK(correlation(network, 2) == Approx(7 / 8.0).margin(1e-4));
    CHECK(correlation(network, 0) == Approx(0.466942).margin(1e-4));
  }
}

namespace {

/// A network with random site energies and saddles on a random cell: connected in three dimensions.
JumpNetwork random_network(std::mt19937& engine, int sites, double spread) {
  JumpNetwork out;
  out.cell = test::random_cell(engine);
  for (int i = 0; i < sites; ++i) {
    out.fractional.emplace_back(test::uniform(engine, 0, 1), test::uniform(engine, 0, 1), test::uniform(engine, 0, 1));
    out.energy_ev.push_back(test::uniform(engine, 0, spread));
  }
  for (int i = 0; i < sites; ++i)
    for (int axis = 0; axis < 3; ++axis)
      out.jumps.push_back(
          {i, (i + 1 + axis) % sites, Eigen::Vector3i::Unit(axis), test::uniform(engine, spread, 2 * spread)});
  for (int i = 0; i + 1 < sites; ++i)
    out.jumps.push_back({i, i + 1, Eigen::Vector3i::Zero(), test::uniform(engine, spread, 2 * spread)});
  return out;
}

/// The definition, with displacements between the sites and a pseudo-inverse: fit for mild rates only.
Eigen::Matrix3d textbook_diffusivity(const JumpNetwork& n) {
  const Eigen::Index size = n.size();
  double partition = 0;
  for (const double e : n.energy_ev) partition += std::exp(-e / kt);
  Eigen::MatrixXd rate = Eigen::MatrixXd::Zero(size, size);
  Eigen::MatrixX3d bias = Eigen::MatrixX3d::Zero(size, 3);
  Eigen::Matrix3d plain = Eigen::Matrix3d::Zero();
  for (const Jump& jump : n.jumps) {
    const double flux = std::exp(-jump.saddle_ev / kt) / partition;
    const Eigen::Vector3d d = n.cell * (n.fractional[static_cast<std::size_t>(jump.to)] + jump.image.cast<double>() -
                                        n.fractional[static_cast<std::size_t>(jump.from)]);
    rate(jump.from, jump.from) += flux;
    rate(jump.to, jump.to) += flux;
    rate(jump.from, jump.to) -= flux;
    rate(jump.to, jump.from) -= flux;
    bias.row(jump.from) += flux * d;
    bias.row(jump.to) -= flux * d;
    plain += flux * d * d.transpose();
  }
  return plain - bias.transpose() * rate.completeOrthogonalDecomposition().solve(bias);
}

/// The same network on a larger cell: every site and jump once for each of `n` cells along each axis.
JumpNetwork repeated(const JumpNetwork& small, const Eigen::Vector3i& n) {
  JumpNetwork out;
  out.cell = small.cell * n.cast<double>().asDiagonal();
  const auto copy_of = [&](const Eigen::Vector3i& at) { return (at(0) * n(1) + at(1)) * n(2) + at(2); };
  for (int copy = 0; copy < n.prod(); ++copy) {
    const Eigen::Vector3i at{copy / (n(1) * n(2)), copy / n(2) % n(1), copy % n(2)};
    for (int i = 0; i < small.size(); ++i) {
      out.fractional.emplace_back(
          (small.fractional[static_cast<std::size_t>(i)] + at.cast<double>()).cwiseQuotient(n.cast<double>()));
      out.energy_ev.push_back(small.energy_ev[static_cast<std::size_t>(i)]);
    }
    for (const Jump& jump : small.jumps) {
      Eigen::Vector3i cells, rest;
      for (int k = 0; k < 3; ++k) {
        const int to = at(k) + jump.image(k);
        cells(k) = static_cast<int>(std::floor(static_cast<double>(to) / n(k)));
        rest(k) = to - cells(k) * n(k);
      }
      out.jumps.push_back(
          {copy * small.size() + jump.from, copy_of(rest) * small.size() + jump.to, cells, jump.saddle_ev});
    }
  }
  return out;
}

bool close(const Eigen::Matrix3d& a, const Eigen::Matrix3d& b, double relative) {
  return (a - b).cwiseAbs().maxCoeff() <= relative * b.cwiseAbs().maxCoeff();
}

}  // namespace

TEST_CASE("a vacancy in a simple cubic lattice spreads with the square of the jump length", "[structures][diffusion]") {
  const Eigen::Matrix3d d = vacancy_diffusivity(lattice(cube, corner, 4, 0.5), kelvin, 2);
  CHECK(close(d, Eigen::Matrix3d::Identity() * 2 * std::exp(-0.5 / kt) * 16, 1e-12));
  // A quarter of the sites' worth of deep traps, one beside each site: the share of time spent free slows it down.
  JumpNetwork traps = lattice(cube, corner, 4, 0.5);
  traps.energy_ev.push_back(-1.2);
  traps.fractional.emplace_back(0.5, 0.5, 0.5);
  traps.jumps.push_back({0, 1, Eigen::Vector3i::Zero(), 0.1});
  const double cold = 150, k = units::boltzmann * cold;
  CHECK(close(vacancy_diffusivity(traps, cold, 1),
              Eigen::Matrix3d::Identity() * 16 * std::exp(-1.7 / k) / (1 + std::exp(-1.2 / k)), 1e-10));
}

TEST_CASE("a chain of any sites and saddles has its resistances in series, however fast some are",
          "[structures][diffusion]") {
  std::mt19937 engine{7};
  for (const double temperature : {100.0, 300.0, 1500.0}) {
    JumpNetwork chain;
    chain.cell = Eigen::Vector3d{9, 30, 30}.asDiagonal();
    double partition = 0, resistance = 0;
    const double k = units::boltzmann * temperature;
    for (int i = 0; i < 7; ++i) {
      chain.energy_ev.push_back(test::uniform(engine, 0, 0.4));
      chain.fractional.emplace_back(i / 7.0, 0.3, 0);
      const double saddle = i % 2 == 0 ? test::uniform(engine, 0.8, 1.2) : 0.41;  // 1e17 times faster at 100 K
      chain.jumps.push_back({i, (i + 1) % 7, i == 6 ? Eigen::Vector3i{1, 0, 0} : Eigen::Vector3i{0, 0, 0}, saddle});
      partition += std::exp(-chain.energy_ev.back() / k);
      resistance += std::exp(saddle / k);
    }
    const Eigen::Matrix3d d = vacancy_diffusivity(chain, temperature, 1);
    CHECK(d(0, 0) == Approx(81 / (partition * resistance)).epsilon(1e-9));
    CHECK(std::abs(d(1, 1)) < 1e-12 * d(0, 0));
  }
}

TEST_CASE("rattling that leads nowhere is no diffusion", "[structures][diffusion]") {
  // Triangles of easy jumps, joined along x by rare ones between their first corners: the rest of the triangle is dead
  // ends.
  JumpNetwork triangles;
  triangles.cell = Eigen::Vector3d{4, 20, 20}.asDiagonal();
  triangles.energy_ev = {0, 0, 0};
  triangles.fractional = {{0, 0, 0}, {0, 0.2, 0}, {0, 0, 0.2}};
  for (int i = 0; i < 3; ++i) triangles.jumps.push_back({i, (i + 1) % 3, Eigen::Vector3i::Zero(), 0.1});
  const double k = units::boltzmann * 200;
  CHECK(vacancy_diffusivity(triangles, 200, 1).isZero());
  triangles.jumps.push_back({0, 0, Eigen::Vector3i{1, 0, 0}, 1.3});
  CHECK(vacancy_diffusivity(triangles, 200, 1)(0, 0) == Approx(16 * std::exp(-1.3 / k) / 3).epsilon(1e-12));
}

TEST_CASE("the diffusion tensor of any network is that of the textbook formula", "[structures][diffusion]") {
  std::mt19937 engine{11};
  for (int trial = 0; trial < 20; ++trial) {
    const JumpNetwork network = random_network(engine, 4 + trial % 5, 3 * kt);
    CHECK(close(vacancy_diffusivity(network, kelvin, 1), textbook_diffusivity(network), 1e-9));
  }
}

TEST_CASE("neither tensor depends on the cell the network is written in", "[structures][diffusion]") {
  std::mt19937 engine{13};
  const JumpNetwork small = random_network(engine, 4, 2 * kt);
  const JumpNetwork large = repeated(small, {2, 1, 3});
  CHECK(close(vacancy_diffusivity(large, kelvin, 1), vacancy_diffusivity(small, kelvin, 1), 1e-10));
  const auto one = tracer_diffusivity(small, kelvin, 1), many = tracer_diffusivity(large, kelvin, 1);
  REQUIRE((one && many));
  CHECK(close(many->per_vacancy_fraction, one->per_vacancy_fraction, 1e-4));
}

TEST_CASE("networks that do not meet count by the vacancies they hold", "[structures][diffusion]") {
  JumpNetwork two;
  two.cell = cube;
  two.energy_ev = {0, kt};
  two.fractional = {{0, 0, 0}, {0.5, 0.5, 0.5}};
  two.jumps = {{0, 0, Eigen::Vector3i{1, 0, 0}, 0.5}, {1, 1, Eigen::Vector3i{0, 1, 0}, 0.5}};
  const double share = 16 * std::exp(-0.5 / kt) / (1 + std::exp(-1));
  CHECK(close(vacancy_diffusivity(two, kelvin, 1), Eigen::Vector3d{share, share, 0}.asDiagonal(), 1e-12));
}
