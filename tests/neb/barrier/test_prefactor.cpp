// SPDX-License-Identifier: GPL-2.0-or-later
// Attempt frequencies, spectra and rates against closed forms.
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

#include "neb/barrier/prefactor.hpp"
#include "neb/barrier/rates.hpp"
#include "neb/modes/hessian.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/units.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;
using hopflow::testing::drive;

namespace {

/// One atom in the field E ((x/a)^2 - 1)^2 + (ky + kx2 (x/a)^2) y^2 / 2 + kz z^2 / 2: minima at x = -a and a, saddle at
/// 0.
class DoubleWell final : public Potential {
 public:
  double e = 0.4, a = 1.2, ky = 3, kx2 = 2, kz = 5;
  Evaluation evaluate(const Configuration& c) override {
    const double x = c.positions(0, 0) / a, y = c.positions(1, 0), z = c.positions(2, 0);
    Evaluation out;
    out.energy_ev = e * std::pow(x * x - 1, 2) + 0.5 * (ky + kx2 * x * x) * y * y + 0.5 * kz * z * z;
    out.forces.resize(3, 1);
    out.forces(0, 0) = -(4 * e * x * (x * x - 1) + kx2 * x * y * y) / a;
    out.forces(1, 0) = -(ky + kx2 * x * x) * y;
    out.forces(2, 0) = -kz * z;
    return out;
  }
};

/// SpringNetwork of rest lengths as started between atoms that are given.
class SpringNetwork final : public Potential {
 public:
  struct Spring {
    int i, j;
    double k, length;
  };
  std::vector<Spring> springs;
  Evaluation evaluate(const Configuration& c) override {
    Evaluation out;
    out.forces = Eigen::Matrix3Xd::Zero(3, c.size());
    for (const Spring& s : springs) {
      const Eigen::Vector3d d = c.positions.col(s.j) - c.positions.col(s.i);
      const double stretch = d.norm() - s.length;
      out.energy_ev += 0.5 * s.k * stretch * stretch;
      out.forces.col(s.i) += s.k * stretch * d.normalized();
      out.forces.col(s.j) -= s.k * stretch * d.normalized();
    }
    return out;
  }
};

Configuration one_at(double x) {
  Configuration c = hopflow::testing::point(x, 0);
  c.species = {29};
  return c;
}

Prefactor of(DoubleWell& field, double from, double over, double to) {
  return drive(find_prefactor(one_at(from), one_at(over), one_at(to), Mobile({}, 1), PrefactorOptions{}), field);
}

}  // namespace

TEST_CASE("the attempt frequency of a double well is that of its closed form", "[neb][prefactor]") {
  DoubleWell field;
  const Prefactor found = of(field, -field.a, 0, field.a);
  REQUIRE(found.reason.empty());
  // Vineyard: (kx ky kz)^(1/2) of the minimum over (ky kz)^(1/2) of the saddle, by the mass; kx = 8 E / a^2.
  const double kx = 8 * field.e / (field.a * field.a);
  const double expected = thz_per_root * std::sqrt(kx * (field.ky + field.kx2) / field.ky / atomic_mass(29));
  CHECK(*found.forward_thz == Approx(expected).epsilon(1e-3));
  CHECK(*found.reverse_thz == Approx(expected).epsilon(1e-3));
  CHECK(*found.imaginary_thz ==
        Approx(thz_per_root * std::sqrt(4 * field.e / (field.a * field.a) / atomic_mass(29))).epsilon(1e-3));
  CHECK(found.ln_uncertainty < 1e-3);
  CHECK(found.all_atoms);
  CHECK(found.evaluations == 36);
}

TEST_CASE("minima with an imaginary mode and saddles without exactly one are refused", "[neb][prefactor]") {
  DoubleWell field;
  CHECK_THAT(of(field, 0, 0, field.a).reason, Catch::Contains("initial state has 1 imaginary mode"));
  CHECK_THAT(of(field, -field.a, 0, 0.1).reason, Catch::Contains("final state has 1 imaginary mode"));
  CHECK_THAT(of(field, -field.a, field.a, field.a).reason, Catch::Contains("saddle has 0 imaginary modes"));
  field.ky = -1;
  CHECK_THAT(of(field, -field.a, 0, field.a).reason, Catch::Contains("saddle has 2 imaginary modes"));
  field.ky = 3;
  field.kz = 0;
  const Prefactor flat = of(field, -field.a, 0, field.a);
  CHECK_THAT(flat.reason, Catch::Contains("too soft"));
  CHECK_FALSE(flat.forward_thz);
}

TEST_CASE("a slow mode is warned of, not refused", "[neb][prefactor]") {
  DoubleWell field;
  field.kz = 0.02;  // 0.28 THz for copper
  const Prefactor found = of(field, -field.a, 0, field.a);
  CHECK(found.forward_thz);
  REQUIRE_FALSE(found.warnings.empty());
  CHECK_THAT(found.warnings.front(), Catch::Contains("0.28 THz"));
}

TEST_CASE("a free linear molecule keeps 3N - 5 frequencies, those of the textbook", "[neb][prefactor]") {
  // O-C-O with springs k between neighbours: k/mO, and k/mO (1 + 2 mO/mC); G. Herzberg, Infrared and Raman Spectra.
  Configuration c;
  c.species = {8, 6, 8};
  c.positions = Eigen::Matrix3Xd::Zero(3, 3);
  const Eigen::Vector3d axis = Eigen::Vector3d(1, 2, -0.5).normalized();
  for (int i = 0; i < 3; ++i) c.positions.col(i) = Eigen::Vector3d(3, -1, 2) + 1.16 * (i - 1) * axis;
  c.periodic = {false, false, false};
  SpringNetwork field;
  field.springs = {{0, 1, 60, 1.16}, {1, 2, 60, 1.16}};
  const Eigen::MatrixXd hessian = drive(hessian_columns(c, Mobile({}, 3), {0, 1, 2}, 0.002, "test"), field);
  const Eigen::MatrixXd rigid = weighted_rigid_motions(c);
  REQUIRE(rigid.cols() == 5);
  CHECK((rigid.transpose() * rigid - Eigen::MatrixXd::Identity(5, 5)).norm() < 1e-12);
  const double o = atomic_mass(8), carbon = atomic_mass(6);
  const std::vector<double> f = frequencies_of(hessian, {o, carbon, o}, rigid);
  REQUIRE(f.size() == 4);  // two stretches; this model has no force against bending
  CHECK(std::abs(f[0]) < 0.5);
  CHECK(std::abs(f[1]) < 0.5);
  CHECK(f[2] == Approx(thz_per_root * std::sqrt(60 / o)).epsilon(1e-4));
  CHECK(f[3] == Approx(thz_per_root * std::sqrt(60 / o * (1 + 2 * o / carbon))).epsilon(1e-4));
  c.periodic = {true, false, false};
  CHECK(weighted_rigid_motions(c).cols() == 3);
}

TEST_CASE("a rate and its factor follow from barrier, frequency and both errors", "[neb][prefactor]") {
  const double kt = units::boltzmann * 300;
  const Rate rate = hopping_rate(0.3, 0.02, 2, 0.1, 300);
  CHECK(rate.per_s == Approx(2e12 * std::exp(-0.3 / kt)));
  CHECK(std::log(rate.factor) == Approx(std::sqrt(0.02 * 0.02 / (kt * kt) + 0.01)));
  CHECK_THROWS_AS(hopping_rate(0.3, 0.02, 2, 0.1, 0), Error);
  CHECK_THROWS_AS(hopping_rate(0.3, 0.02, -2, 0.1, 300), Error);
  CHECK_THROWS_AS(hopping_rate(0.3, -0.02, 2, 0.1, 300), Error);
}
