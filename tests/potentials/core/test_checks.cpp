// SPDX-License-Identifier: GPL-2.0-or-later
// Guards round an engine, against brute force.
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "potentials/core/checks.hpp"
#include "structures/core/element.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

// Deepest pair by trying every image up to four cells away.
std::optional<ClosePair> brute_force(const Configuration& c, const std::vector<double>& limit) {
  std::optional<ClosePair> worst;
  double depth = 1;
  const auto range = [&](std::size_t k) { return c.periodic[k] ? 4 : 0; };
  for (int i = 0; i < c.size(); ++i) {
    for (int j = i; j < c.size(); ++j) {
      const double allowed = limit[static_cast<std::size_t>(i)] + limit[static_cast<std::size_t>(j)];
      for (int a = -range(0); a <= range(0); ++a) {
        for (int b = -range(1); b <= range(1); ++b) {
          for (int d = -range(2); d <= range(2); ++d) {
            if (i == j && a == 0 && b == 0 && d == 0) continue;
            const Eigen::Vector3d step = c.positions.col(j) - c.positions.col(i) + c.cell * Eigen::Vector3d(a, b, d);
            if (step.norm() >= allowed * depth) continue;
            worst = ClosePair{i, j, step.norm()};
            depth = step.norm() / allowed;
          }
        }
      }
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("the closest contact is the one brute force over images finds, in cells of any shape",
          "[potentials][checks]") {
  Scatter scatter{11};
  int found = 0;
  for (int round = 0; round < 300; ++round) {
    Configuration c;
    const double size = 4 + 4 * std::abs(scatter.next());
    for (double& x : c.cell.reshaped()) x = 0.4 * size * scatter.next();
    c.cell.diagonal().array() += size;
    if (c.cell.determinant() < 0.2 * size * size * size) continue;
    c.periodic = {round % 2 == 0, round % 3 != 0, round % 5 != 0};
    const int n = 1 + round % 14;
    c.positions.resize(3, n);
    // Within one cell, so that four images each way are enough for the brute force.
    for (double& x : c.positions.reshaped()) x = 0.5 + 0.5 * scatter.next();
    c.positions = (c.cell * c.positions).eval();
    std::vector<double> limit;
    for (int i = 0; i < n; ++i) {
      c.species.push_back(1 + i);
      limit.push_back(0.2 + 0.8 * std::abs(scatter.next()));
    }
    const auto expected = brute_force(c, limit);
    const auto got = too_close(c, limit);
    REQUIRE(got.has_value() == expected.has_value());
    if (!got) continue;
    ++found;
    CHECK(got->i == expected->i);
    CHECK(got->j == expected->j);
    CHECK(got->distance == Approx(expected->distance).epsilon(1e-12));
  }
  CHECK(found > 50);
}

TEST_CASE("an atom too near its own image in a thin cell is found", "[potentials][checks]") {
  Configuration c;
  c.cell = Eigen::Vector3d(0.9, 10, 10).asDiagonal();
  c.positions = Eigen::Matrix3Xd::Zero(3, 1);
  c.species = {14};
  const auto pair = too_close(c, contact_limits(c.species));
  REQUIRE(pair);
  CHECK(pair->i == 0);
  CHECK(pair->j == 0);
  CHECK(pair->distance == Approx(0.9));
  c.periodic[0] = false;
  CHECK_FALSE(too_close(c, contact_limits(c.species)));
}

TEST_CASE("a question is refused for what is wrong with it", "[potentials][checks]") {
  Configuration c;
  c.cell *= 10;
  c.positions.resize(3, 3);
  c.positions << 0, 3, 6, 0, 0, 0, 0, 0, 0;
  c.species = {82, 53, 53};
  const std::vector<int> species = c.species;
  const std::vector<double> limit = contact_limits(species);
  const auto refused = [&] { return error_of([&] { check_question(c, species, limit); }); };
  CHECK_NOTHROW(check_question(c, species, limit));

  SECTION("two ions on almost one point: both are named, and how far apart they are") {
    c.positions.col(2) = c.positions.col(1) + Eigen::Vector3d(-10, 0.58, 0);
    const Caught error = refused();
    CHECK(error.kind == Error::Kind::geometry);
    CHECK(contains(error.what, "atom 1 (I) and atom 2 (I) are 0.5800 A apart"));
  }
  SECTION("the limit is 0.6 of the sum of covalent radii") {
    const double allowed = 0.6 * 2 * covalent_radius(53);
    c.positions(0, 2) = 3 + allowed * 1.001;
    CHECK_NOTHROW(check_question(c, species, limit));
    c.positions(0, 2) = 3 + allowed * 0.999;
    CHECK(refused().kind == Error::Kind::geometry);
  }
  SECTION("not a number, infinite") {
    c.positions(1, 1) = std::numeric_limits<double>::quiet_NaN();
    CHECK(refused().kind == Error::Kind::engine);
    CHECK(contains(refused().what, "atom 1 (I)"));
    c.positions(1, 1) = std::numeric_limits<double>::infinity();
    CHECK(contains(refused().what, "not finite"));
  }
  SECTION("another number of atoms, another order, a flat cell") {
    c.species[0] = 53;
    CHECK(refused().kind == Error::Kind::bad_input);
    CHECK(contains(refused().what, "atom 0 is I, the engine was set up with Pb"));
    c.species = {82, 53};
    CHECK(contains(refused().what, "set up for 3 atoms"));
    c.species = species;
    c.cell.col(2) = c.cell.col(1);
    CHECK(contains(refused().what, "flat"));
  }
}

TEST_CASE("an answer no energy surface gives is refused", "[potentials][checks]") {
  Configuration c;
  c.cell *= 10;
  c.positions = Eigen::Matrix3Xd::Zero(3, 2);
  c.species = {53, 82};
  Evaluation answer;
  answer.energy_ev = -1;
  answer.forces = Eigen::Matrix3Xd::Zero(3, 2);
  answer.forces(0, 0) = 999;
  answer.forces(0, 1) = -999;
  CHECK_NOTHROW(check_answer(c, answer));

  const auto refused = [&] { return error_of([&] { check_answer(c, answer); }); };
  SECTION("a force beyond belief") {
    answer.forces *= 1.01;
    CHECK(refused().kind == Error::Kind::engine);
    CHECK(contains(refused().what, "on atom 0 (I)"));
  }
  SECTION("forces that do not balance") {
    answer.forces(1, 0) = 2e-6;
    CHECK(contains(refused().what, "sum to 2e-06 eV/A"));
  }
  SECTION("not a number") {
    answer.energy_ev = std::numeric_limits<double>::quiet_NaN();
    CHECK(refused().kind == Error::Kind::engine);
    answer.energy_ev = 0;
    answer.forces(2, 1) = std::numeric_limits<double>::quiet_NaN();
    CHECK(contains(refused().what, "on atom 1 (Pb)"));
  }
  SECTION("too few forces") {
    answer.forces = Eigen::Matrix3Xd::Zero(3, 1);
    CHECK(contains(refused().what, "1 forces for 2 atoms"));
  }
}
