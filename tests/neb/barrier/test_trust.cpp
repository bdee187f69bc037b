// SPDX-License-Identifier: GPL-2.0-or-later
// The trust list and the error bar on surfaces in closed form: what is sound passes, what is not is named.
#include <catch2/catch.hpp>

#include <cmath>

#include "neb/barrier/barrier.hpp"
#include "neb/barrier/uncertainty.hpp"
#include "neb/profile/path_work.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;
using hopflow::testing::drive;
using hopflow::testing::point;

namespace {

/// E = h (x^2 - 1)^2 + k (y - b (1 - x^2))^2 / 2 + z^2: minima at (-1, 0) and (1, 0), saddle h above them at (0, b),
/// along a bow.
class BowedWell final : public Potential {
 public:
  double h = 0.4, k = 4, b = 0.5;
  double scale = 1;   ///< of the forces, 1 for the true ones
  double jitter = 0;  ///< of the energy: a sine far finer than a step (eV)
  Evaluation evaluate(const Configuration& c) override {
    const double x = c.positions(0, 0), y = c.positions(1, 0), z = c.positions(2, 0);
    const double off = y - b * (1 - x * x);
    Evaluation e;
    e.energy_ev = h * std::pow(x * x - 1, 2) + 0.5 * k * off * off + z * z + jitter * std::sin(4e3 * (x + y));
    e.forces.resize(3, 1);
    e.forces(0, 0) = -scale * (4 * h * x * (x * x - 1) + 2 * k * off * b * x);
    e.forces(1, 0) = -scale * k * off;
    e.forces(2, 0) = -scale * 2 * z;
    return e;
  }
};

BarrierResult bowed_barrier(BowedWell& field, double fmax = 0.01) {
  BarrierOptions options;
  options.fmax = fmax;
  options.surrogate = false;
  return drive(find_barrier(point(-1.05, 0.03), point(0.97, -0.02), {}, options), field);
}

std::optional<bool> passed(const BarrierResult& result, const std::string& name) {
  for (const Check& check : result.checks)
    if (check.name == name) return check.passed;
  FAIL("no check called " << name);
  return std::nullopt;
}

}  // namespace

TEST_CASE("a sound barrier passes every check, and its error bar covers the closed form", "[neb][trust]") {
  for (const double fmax : {0.05, 0.01}) {
    BowedWell field;
    const BarrierResult result = bowed_barrier(field, fmax);
    REQUIRE(result.converged());
    for (const Check& check : result.checks) {
      INFO(check.name << ": " << check.detail);
      CHECK(check.passed == true);
    }
    CHECK(*result.negative_modes == 1);
    CHECK(std::abs(result.forward_ev - field.h) <= result.uncertainty_ev + 1e-9);
    CHECK(std::abs(result.reverse_ev - field.h) <= result.uncertainty_ev + 1e-9);
    CHECK(result.uncertainty_ev < 0.01);
  }
}

TEST_CASE("the error bar is the quadrature of the parts that have a value, and each part says how", "[neb][trust]") {
  BowedWell field;
  const BarrierResult result = bowed_barrier(field);
  double squares = 0;
  for (const UncertaintyPart& part : result.parts) {
    CHECK_FALSE(part.note.empty());
    if (part.value_ev) squares += *part.value_ev * *part.value_ev;
  }
  CHECK(result.uncertainty_ev == Approx(std::sqrt(squares)));
}

TEST_CASE("forces that are not the slope of the energy are named", "[neb][trust]") {
  BowedWell field;
  // A tenth too large is less than a path of five images shows; the curvature at the saddle does.
  for (const double scale : {0.7, 0.9, 1.1, 1.4}) {
    field.scale = scale;
    CHECK(passed(bowed_barrier(field), "energy_force_consistency") == false);
  }
}

TEST_CASE("noise of the energy above fmax is measured and named", "[neb][trust]") {
  BowedWell field;
  field.jitter = 2e-3;  // 2 meV over a probe of 0.02 A: 0.1 eV/A
  const BarrierResult result = bowed_barrier(field);
  CHECK(passed(result, "force_noise") == false);
}

TEST_CASE("the forces' work along a bowed path is its energy", "[neb][trust]") {
  BowedWell field;
  Path path;
  for (int i = 0; i <= 6; ++i) {
    const double x = -1 + i / 3.0;
    path.images.push_back(point(x, field.b * (1 - x * x)));
    path.answers.push_back(field.evaluate(path.images.back()));
  }
  const PathWork work = work_along(path, Mobile({}, 1));
  CHECK(work.spline[3] == Approx(field.h).margin(0.02));
  CHECK(work.spline[6] == Approx(0).margin(1e-9));
  CHECK(work.trapezoid[6] == Approx(0).margin(1e-9));
  CHECK(std::abs(work.trapezoid[3] - field.h) > 2 * std::abs(work.spline[3] - field.h));
}

TEST_CASE("one negative mode is passed, failed, or open where the search ended before it was sure", "[neb][trust]") {
  BowedWell field;
  Pathway pathway;
  for (const double x : {-1.0, 0.0, 1.0}) {
    pathway.path.images.push_back(point(x, field.b * (1 - x * x)));
    pathway.path.answers.push_back(field.evaluate(pathway.path.images.back()));
  }
  pathway.minima = {0, 2};
  pathway.passes.resize(1);
  Pass& pass = pathway.passes.front();
  pass.image = 1;
  pass.direction = Eigen::Vector3d::UnitX();
  const Relaxed end;
  Evidence evidence;
  evidence.initial = evidence.final = &end;
  evidence.pathway = &pathway;
  const auto verdict = [&](int negative, bool sure) {
    Certificate certificate;
    certificate.negative = negative;
    certificate.sure = sure;
    certificate.modes = {{-1.6, 0, Eigen::Vector3d::UnitX()}};
    pass.certificate = certificate;
    for (const Check& check : trust_list(evidence, Mobile({}, 1)))
      if (check.name == "one_negative_mode") return check;
    throw std::runtime_error("no such check");
  };
  CHECK(verdict(1, true).passed == true);
  CHECK_FALSE(verdict(1, false).passed.has_value());
  CHECK_THAT(verdict(1, false).detail, Catch::Contains("could be excluded"));
  CHECK(verdict(2, false).passed == false);
  CHECK(verdict(0, true).passed == false);
}
