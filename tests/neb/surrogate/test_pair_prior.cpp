// SPDX-License-Identifier: GPL-2.0-or-later
// Energies of pairs learned from answers, against a surface made of pairs.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>

#include "neb/path/interpolation.hpp"
#include "neb/surrogate/pair_prior.hpp"
#include "neb/surrogate/surrogate_band.hpp"
#include "structures/core/cell.hpp"

using namespace hopflow;

namespace {

/// 4 (r^-12 - r^-6) between all atoms at their nearest image, with a harmonic pull to where they began: no pair energy.
Evaluation answer(const Configuration& c, double pull = 0, const Eigen::Matrix3Xd& home = {}) {
  Evaluation e;
  e.forces = Eigen::Matrix3Xd::Zero(3, c.size());
  for (int i = 0; i < c.size(); ++i) {
    const Eigen::Matrix3Xd arms = minimum_image(c.cell, c.positions.colwise() - c.positions.col(i), c.periodic);
    for (int j = i + 1; j < c.size(); ++j) {
      const double r2 = arms.col(j).squaredNorm(), s6 = 1 / (r2 * r2 * r2);
      e.energy_ev += 4 * (s6 * s6 - s6);
      const Eigen::Vector3d force = 24 * (2 * s6 * s6 - s6) / r2 * arms.col(j);
      e.forces.col(j) += force;
      e.forces.col(i) -= force;
    }
  }
  if (pull > 0) {
    e.energy_ev += 0.5 * pull * (c.positions - home).squaredNorm();
    e.forces -= pull * (c.positions - home);
  }
  return e;
}

/// A ring of seven atoms and their centre, rattled.
Configuration cluster(int seed, double rattle) {
  Configuration c;
  c.periodic = {false, false, false};
  c.species.assign(8, 18);
  c.positions = Eigen::Matrix3Xd::Zero(3, 8);
  std::mt19937 random(static_cast<unsigned>(seed));
  std::uniform_real_distribution<double> between(-rattle, rattle);
  for (int i = 0; i < 8; ++i) {
    if (i > 0) c.positions.col(i) << 1.25 * std::cos(0.898 * i), 1.25 * std::sin(0.898 * i), 0.2 * (i % 2);
    for (double& x : c.positions.col(i)) x += between(random);
  }
  return c;
}

struct Learned {
  PairPrior prior;
  Mobile mobile;
};

Learned learned_pairs(int answers, double pull, double rattle) {
  const Configuration home = cluster(0, 0);
  Mobile mobile({}, home.size());
  PairPrior prior({home, cluster(1, rattle)}, mobile);
  for (int k = 0; k < answers; ++k) {
    const Configuration c = cluster(k, k == 0 ? 0 : rattle);
    const Evaluation e = answer(c, pull, home.positions);
    prior.add(mobile.gather(c.positions), e.energy_ev, mobile.gradient(e));
  }
  prior.solve();
  return {std::move(prior), mobile};
}

}  // namespace

TEST_CASE("energies of pairs are learned from a few answers where the surface is made of them", "[neb][surrogate]") {
  const Learned known = learned_pairs(6, 0, 0.08);
  REQUIRE(known.prior.predicts());
  const Configuration first = cluster(0, 0), there = cluster(99, 0.08);
  const Evaluation a = answer(first), b = answer(there);
  const auto value = known.prior.at(known.mobile.gather(there.positions));
  // The prior vanishes with its gradient at the first answer, so it holds what is left of the surface there.
  const Eigen::VectorXd step = known.mobile.gather(there.positions) - known.mobile.gather(first.positions);
  const Eigen::VectorXd change = known.mobile.gradient(b) - known.mobile.gradient(a);
  CHECK(value.energy_ev == Approx(b.energy_ev - a.energy_ev - known.mobile.gradient(a).dot(step)).epsilon(0.03));
  CHECK((value.gradient - change).norm() < 0.05 * change.norm());
}

TEST_CASE("a surface that is no sum of pairs is not taken for one", "[neb][surrogate]") {
  CHECK_FALSE(learned_pairs(6, 3000, 0.08).prior.predicts());
}

TEST_CASE("a prior of pairs has the gradient and Hessian of its energy", "[neb][surrogate]") {
  const Learned known = learned_pairs(5, 0, 0.1);
  const Eigen::VectorXd x = known.mobile.gather(cluster(42, 0.1).positions);
  const auto here = known.prior.at(x);
  const Eigen::MatrixXd hessian = known.prior.hessian(x);
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    const Eigen::VectorXd step = 1e-5 * Eigen::VectorXd::Unit(x.size(), i);
    const auto ahead = known.prior.at(x + step), back = known.prior.at(x - step);
    CHECK(here.gradient[i] == Approx((ahead.energy_ev - back.energy_ev) / 2e-5).epsilon(1e-5).margin(1e-5));
    CHECK((hessian.col(i) - (ahead.gradient - back.gradient) / 2e-5).norm() < 1e-5 * hessian.norm());
  }
}

TEST_CASE("pairs across a cell's edge count, and fixed atoms do not move", "[neb][surrogate]") {
  Configuration c;
  c.cell = 9 * Eigen::Matrix3d::Identity();
  c.species = {18, 18, 18};
  c.positions = Eigen::Matrix3Xd::Zero(3, 3);
  c.positions.col(0) << 0.2, 4, 4;
  c.positions.col(1) << 8.1, 4, 4;
  c.positions.col(2) << 4, 4, 4.5;
  Configuration moved = c;
  moved.positions(0, 0) = 0.5;
  const Mobile first({true, false, false}, 3);
  PairPrior prior({c, moved}, first);
  REQUIRE(prior.rows() == std::vector<Eigen::Index>{0, 1, 2});
  for (double along : {0.2, 0.3, 0.4, 0.5, 0.6}) {
    c.positions(0, 0) = along;
    const Evaluation e = answer(c);
    prior.add(first.gather(c.positions), e.energy_ev, first.gradient(e));
  }
  prior.solve();
  CHECK(prior.predicts());
  c.positions(0, 0) = 0.45;
  const Eigen::VectorXd slope = first.gradient(answer(c));
  c.positions(0, 0) = 0.2;
  const Eigen::VectorXd at_first = first.gradient(answer(c));
  CHECK(prior.at(Eigen::Vector3d(0.45, 4, 4)).gradient[0] == Approx(slope[0] - at_first[0]).epsilon(0.05));
}

TEST_CASE("an atom that comes near only at the end of a path has pairs, however many there are", "[neb][surrogate]") {
  // A lattice of 4 x 4 x 4, more than a thousand pairs, and an atom that arrives from 40 A away.
  Configuration c;
  c.periodic = {false, false, false};
  c.species.assign(65, 18);
  c.positions.resize(3, 65);
  for (int i = 0; i < 64; ++i) c.positions.col(i) = 3.0 * Eigen::Vector3d(i % 4, i / 4 % 4, i / 16);
  c.positions.col(64) << 40, 0, 0;
  Configuration arrived = c;
  arrived.positions.col(64) << 11.5, 0, 0;
  const Mobile all({}, c.size());
  const auto has_pairs = [&](const PairPrior& prior, Eigen::Index atom) {
    return std::ranges::count(prior.rows(), 3 * atom) == 1;
  };
  CHECK_FALSE(has_pairs(PairPrior({c, c}, all), 64));
  const PairPrior prior({c, arrived}, all);
  CHECK(has_pairs(prior, 64));
  CHECK(has_pairs(prior, 3));  // beside which it arrives
}
