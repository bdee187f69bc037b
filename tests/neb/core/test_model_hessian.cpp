// SPDX-License-Identifier: GPL-2.0-or-later
// Stiff bonds, as known before anything is asked.
#include <catch2/catch.hpp>

#include <cmath>

#include "neb/core/model_hessian.hpp"
#include "neb/relax/relax.hpp"
#include "neb/saddle/saddle.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;
using hopflow::testing::drive;

namespace {

Configuration dinitrogen(double cell = 20) {
  Configuration c;
  c.cell = cell * Eigen::Matrix3d::Identity();
  c.species = {7, 7};
  c.positions.resize(3, 2);
  c.positions << 5, 6.1, 5, 5, 5, 5;
  return c;
}

/// Stiff pairs of atoms, each atom held softly where it belongs.
class Dumbbells final : public Potential {
 public:
  static constexpr int pairs = 8;
  static constexpr double bond = 100, soft = 0.2, length = 1.1;  // eV/A^2, A

  static Configuration start(int species) {
    Configuration c;
    c.cell = 60 * Eigen::Matrix3d::Identity();
    c.species.assign(2 * pairs, species);
    c.positions.resize(3, 2 * pairs);
    for (int i = 0; i < 2 * pairs; ++i)
      c.positions.col(i) = rest(i) + 0.2 * Eigen::Vector3d(std::sin(3.1 * i), std::cos(5.3 * i), std::sin(7.7 * i));
    return c;
  }

  Evaluation evaluate(const Configuration& c) override {
    Evaluation e;
    e.forces = Eigen::Matrix3Xd::Zero(3, c.size());
    for (int i = 0; i < c.size(); ++i) {
      const double stiffness = soft * (1 + i);  // a spread of soft modes
      const Eigen::Vector3d off = c.positions.col(i) - rest(i);
      e.energy_ev += 0.5 * stiffness * off.squaredNorm();
      e.forces.col(i) -= stiffness * off;
    }
    for (int i = 0; i < c.size(); i += 2) {
      const Eigen::Vector3d apart = c.positions.col(i + 1) - c.positions.col(i);
      const double stretch = apart.norm() - length;
      e.energy_ev += 0.5 * bond * stretch * stretch;
      e.forces.col(i) += bond * stretch * apart.normalized();
      e.forces.col(i + 1) -= bond * stretch * apart.normalized();
    }
    return e;
  }

 private:
  static Eigen::Vector3d rest(int i) {
    const int k = i / 2;
    const Eigen::Vector3d axis = Eigen::Vector3d(std::cos(1.0 * k), std::sin(2.0 * k), 0.3).normalized();
    return Eigen::Vector3d(5.0 * k + 3, 4, 4) + (i % 2 == 0 ? -0.6 : 0.6) * axis;
  }
};

/// The same, with one more atom between two wells at x = -1 and 1 A: a saddle where it is half way and all else at
/// rest.
class DumbbellsAside final : public Potential {
 public:
  static constexpr double height = 0.3;  // eV

  static Configuration start(int species) {
    Configuration c = Dumbbells::start(species);
    c.species.push_back(18);
    c.positions.conservativeResize(3, c.size());
    c.positions.col(c.size() - 1) = Eigen::Vector3d(0.1, 0.1, -0.1);
    return c;
  }

  Evaluation evaluate(const Configuration& c) override {
    Configuration others = c;
    others.species.pop_back();
    others.positions.conservativeResize(3, others.size());
    Evaluation e = Dumbbells().evaluate(others);
    const Eigen::Vector3d at = c.positions.col(c.size() - 1);
    const double x2 = at[0] * at[0];
    e.energy_ev += height * (x2 - 1) * (x2 - 1) + 0.5 * at.tail<2>().squaredNorm();
    e.forces.conservativeResize(3, c.size());
    e.forces.col(c.size() - 1) << -4 * height * at[0] * (x2 - 1), -at[1], -at[2];
    return e;
  }
};

}  // namespace

TEST_CASE("a bond is stiff along itself and nowhere else", "[neb][optimizer]") {
  const ModelHessian model(dinitrogen(), Mobile({}, 2));
  Eigen::VectorXd stretch(6), shift(6), turn(6);
  stretch << -1, 0, 0, 1, 0, 0;
  shift << 1, 2, 3, 1, 2, 3;
  turn << 0, -1, 0, 0, 1, 0;
  // The matrix of a spring k between two atoms has the eigenvalue 2 k for the stretch; here the ground adds 1, k is 5.
  CHECK(model.solve(stretch).isApprox(stretch / 11));
  CHECK(model.solve(shift).isApprox(shift));
  CHECK(model.solve(turn).isApprox(turn));
  CHECK(model.norm(stretch) == Approx(std::sqrt(2.0 / 11)));
  CHECK(model.norm(turn) == Approx(std::sqrt(2.0)));
}

TEST_CASE("a bond to an atom that is held, or across the edge of the cell, is as stiff", "[neb][optimizer]") {
  const ModelHessian held(dinitrogen(), Mobile({true, false}, 2));
  CHECK(held.solve(Eigen::Vector3d(1, 0, 0)).isApprox(Eigen::Vector3d(1.0 / 6, 0, 0)));
  CHECK(held.solve(Eigen::Vector3d(0, 1, 0)).isApprox(Eigen::Vector3d(0, 1, 0)));
  Configuration parted = dinitrogen();
  parted.positions.col(1) -= parted.cell.col(0);
  Eigen::VectorXd stretch(6);
  stretch << -1, 0, 0, 1, 0, 0;
  CHECK(ModelHessian(parted, Mobile({}, 2)).solve(stretch).isApprox(stretch / 11));
  CHECK(ModelHessian(parted, Mobile({true, false}, 2))
            .solve(Eigen::Vector3d(1, 0, 0))
            .isApprox(Eigen::Vector3d(1.0 / 6, 0, 0)));
}

TEST_CASE("the stiff direction turns with the bond", "[neb][optimizer]") {
  ModelHessian model(dinitrogen(), Mobile({}, 2));
  Eigen::VectorXd turned(6), along(6);
  turned << 5, 5, 5, 5, 6.1, 5;
  along << 0, -1, 0, 0, 1, 0;
  model.follow(turned);
  CHECK(model.solve(along).isApprox(along / 11));
}

TEST_CASE("what has no bonds is all alike", "[neb][optimizer]") {
  Configuration metal = dinitrogen();
  metal.species = {29, 29};
  const Eigen::VectorXd any = Eigen::VectorXd::LinSpaced(6, -1, 2);
  CHECK(ModelHessian(metal, Mobile({}, 2)).solve(any) == any);
  CHECK(ModelHessian().solve(any) == any);
}

TEST_CASE("molecules relax in far fewer evaluations than the same surface does with its bonds unknown",
          "[neb][relax]") {
  RelaxOptions options;
  options.fmax = 1e-3;
  Dumbbells surface;
  const Relaxed molecules = drive(relax(Dumbbells::start(7), {}, options), surface);
  const Relaxed strangers = drive(relax(Dumbbells::start(29), {}, options), surface);
  REQUIRE(molecules.converged());
  REQUIRE(strangers.converged());
  CHECK(molecules.evaluation.energy_ev == Approx(strangers.evaluation.energy_ev).margin(1e-5));
  CHECK(1.5 * molecules.evaluations < strangers.evaluations);
}

TEST_CASE("a saddle among molecules is followed to small forces in far fewer evaluations than with their bonds unknown",
          "[neb][saddle]") {
  const auto found = [](int species) {
    DumbbellsAside surface;
    const Configuration start = DumbbellsAside::start(species);
    const Mobile mobile({}, start.size());
    const Evaluation there = surface.evaluate(start);
    Eigen::VectorXd tangent = Eigen::VectorXd::Zero(3 * start.size());
    tangent[3 * (start.size() - 1)] = 1;
    const Modes modes = drive(lowest_modes(start, there, mobile, {tangent}, {}), surface);
    SaddleOptions options;
    options.mark_fmax = 0.01;
    options.max_calls = 1000;
    return drive(follow_mode(start, there, mobile, modes, tangent, options), surface);
  };
  const Saddle molecules = found(7), strangers = found(29);
  REQUIRE(molecules.converged);
  REQUIRE(strangers.converged);
  CHECK(std::abs(molecules.configuration.positions(0, molecules.configuration.size() - 1)) < 2e-3);
  CHECK(molecules.evaluation.energy_ev == Approx(strangers.evaluation.energy_ev).margin(1e-5));
  CHECK(1.5 * molecules.evaluations < strangers.evaluations);
}
