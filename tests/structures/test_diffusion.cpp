// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <random>

#include "samples.hpp"
#include "structures/diffusion.hpp"
#include "structures/error.hpp"
#include "structures/neighbors.hpp"
#include "structures/units.hpp"

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

// Correlation factors: Koiwa and Ishioka, J. Stat. Phys. 30 (1983) 477; Montet, Phys. Rev. B 7 (1973) 650 for two dimensions.
TEST_CASE("a labelled atom's correlation factors of the cubic lattices are the published ones", "[structures][diffusion]") {
  CHECK(correlation(lattice(cube, corner, 4), 0) == Approx(0.653109).margin(1e-4));
  CHECK(correlation(lattice(body_centred, corner, std::sqrt(12.0)), 1) == Approx(0.727194).margin(1e-4));
  CHECK(correlation(lattice(face_centred, corner, std::sqrt(8.0)), 2) == Approx(0.781451).margin(1e-4));
  const std::vector<Eigen::Vector3d> diamond{{0, 0, 0}, {0.25, 0.25, 0.25}};
  CHECK(correlation(lattice(face_centred, diamond, std::sqrt(3.0)), 0) == Approx(0.5).margin(1e-4));
}
