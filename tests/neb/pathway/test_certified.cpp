// SPDX-License-Identifier: GPL-2.0-or-later
// What stands behind a barrier: descents to both sides, second searches, axes that are held, counts.
#include <catch2/catch.hpp>

#include <cmath>

#include "neb/barrier/barrier.hpp"
#include "neb/constraints/held_axes.hpp"
#include "neb/descent/kick.hpp"
#include "neb/pathway/counted.hpp"
#include "neb/profile/path_work.hpp"
#include "neb/relax/relax.hpp"
#include "neb/single/find_saddle.hpp"
#include "potentials/analytic/analytic.hpp"
#include "structures/core/error.hpp"
#include "tests/neb/drive.hpp"
#include "tests/neb/field.hpp"

using namespace hopflow;
using hopflow::testing::drive;
using hopflow::testing::Field;
using hopflow::testing::point;

namespace {

/// Minima at x = -1 and 1 on the line y = 0, a ridge of 1 eV between; a valley at y = 1.6 whose pass is 0.5 eV lower:
/// E = (1 - x^2)^2 (1 - 0.5 w(y)) + k y^2 (y - 1.6)^2 + ..., so that both passes stand at x = 0 in closed form.
double two_valleys(const Eigen::Vector3d& r, Eigen::Vector3d& g) {
  constexpr double k = 0.4, second = 1.6, lower = 0.5;
  const double x = r[0], y = r[1], z = r[2];
  const double window = (1 - x * x) * (1 - x * x), slope = -4 * x * (1 - x * x);
  // s goes from 0 to 1 between the valleys with no slope at either.
  const double t = std::clamp(y / second, 0.0, 1.0), s = t * t * (3 - 2 * t), ds = 6 * t * (1 - t) / second;
  const double valley = y * y * (y - second) * (y - second);
  const double dvalley = 2 * y * (y - second) * (2 * y - second);
  // Away from the ridge only y = 0 is a valley.
  const double aside = (1 - window) * 0.5 * y * y;
  g[0] = slope * (1 - lower * s) - slope * 0.5 * y * y + slope * k * valley;
  g[1] = window * (-lower * ds) + (1 - window) * y + window * k * dvalley;
  g[2] = 4 * z;
  return window * (1 - lower * s) + aside + window * k * valley + 2 * z * z;
}

/// A mirror through x = 0 that slopes: minima x = -1, 1; held along y an atom never sees the slope there.
double tilted(const Eigen::Vector3d& r, Eigen::Vector3d& g) {
  const double x = r[0], y = r[1], z = r[2];
  g[0] = -4 * 0.6 * x * (1 - x * x);
  g[1] = 1.0 + 0.2 * y;
  g[2] = 2 * z;
  return 0.6 * (1 - x * x) * (1 - x * x) + y + 0.1 * y * y + z * z;
}

/// Minima at x = -1, 1 and y = -1, 1: passes of 1 eV along x, of 0.3 eV along y, a top of 1.3 eV.
double four_minima(const Eigen::Vector3d& r, Eigen::Vector3d& g) {
  const double u = 1 - r[0] * r[0], v = 1 - r[1] * r[1];
  g = Eigen::Vector3d(-4 * r[0] * u, -1.2 * r[1] * v, 2 * r[2]);
  return u * u + 0.3 * v * v + r[2] * r[2];
}

Configuration at(double x, double y, double z) {
  Configuration c = point(x, y);
  c.positions(2, 0) = z;
  return c;
}

}  // namespace

TEST_CASE("a converged barrier names the minima its saddle joins, its steps and its parts", "[neb][certified]") {
  const auto surface = make_analytic(analytic_engine("leps-ho").document);
  const BarrierResult result = drive(find_barrier(point(0.75, 1.3), point(3.0, -1.3), {}, BarrierOptions()), *surface);
  REQUIRE(result.converged());
  CHECK(result.ending == Ending::converged);
  REQUIRE(result.minima.size() == 2);
  CHECK(result.minima[0].image == 0);
  CHECK(result.minima[1].image == static_cast<int>(result.path.size()) - 1);
  CHECK(result.minima[1].energy_ev == Approx(result.forward_ev - result.reverse_ev).margin(1e-9));
  CHECK(result.steps == 1);
  CHECK(result.largest_climb_ev == Approx(result.forward_ev));
  double squares = 0;
  bool choice = false;
  for (const UncertaintyPart& part : result.parts) {
    squares += part.value_ev ? *part.value_ev * *part.value_ev : 0;
    choice = choice || part.name == "path_choice";
  }
  CHECK(choice);
  CHECK(std::sqrt(squares) == Approx(result.uncertainty_ev).margin(1e-12));
}

TEST_CASE("an atom held along an axis has the barrier of the axes it is free along", "[neb][certified]") {
  Field field{tilted};
  HeldAxes held;
  held.free = {{true, false, true}};
  held.reference = at(-1, 0.3, 0).positions;
  auto search = with_held_axes(find_barrier(at(-0.95, 0.3, 0.1), at(1.05, 0.3, 0), {}, BarrierOptions()), held);
  const BarrierResult result = drive(std::move(search), field);
  CHECK(result.converged());
  // 0.6 (1 - x^2)^2 along x alone, whatever slopes along y.
  CHECK(result.forward_ev == Approx(0.6).margin(1e-3));
  CHECK(held.placed(result.path[2]).positions(1, 0) == 0.3);
}

TEST_CASE("what a procedure costs is counted where its questions pass", "[neb][certified]") {
  Field field{two_valleys};
  RelaxOptions options;
  options.fmax = 1e-4;
  const Counted<Relaxed> found = drive(counted(relax(at(-0.7, 0.2, 0.1), {}, options)), field);
  CHECK(found.value.converged());
  CHECK(found.calls == found.value.evaluations);
  CHECK(found.value.configuration.positions(0, 0) == Approx(-1).margin(1e-3));
}

TEST_CASE("a saddle is found from a guess of it, with the two minima it joins", "[neb][certified]") {
  Field field{tilted};
  // Along y the surface falls to its minimum at y = -5 everywhere; begin there.
  SaddleSearchOptions options;
  options.fmax = 1e-3;
  const FoundSaddle found = drive(find_saddle(at(0.25, -4.9, 0.1), {}, options), field);
  REQUIRE(found.converged());
  CHECK(found.certificate.negative == 1);
  CHECK(found.barriers_ev()[0] == Approx(0.6).margin(1e-4));
  CHECK(found.barriers_ev()[1] == Approx(0.6).margin(1e-4));
  CHECK(std::abs(found.certificate.saddle.configuration.positions(0, 0)) < 1e-3);
  CHECK(found.minima[0].configuration.positions(0, 0) * found.minima[1].configuration.positions(0, 0) ==
        Approx(-1).margin(1e-2));
}

TEST_CASE("a structure that symmetry holds on a saddle is moved down its modes to a minimum", "[neb][certified]") {
  Field field{four_minima};
  RelaxOptions options;
  options.fmax = 1e-3;
  const Relaxed held = drive(relax(at(0, 0, 0.2), {}, options), field);
  CHECK(held.converged());
  CHECK(held.evaluation.energy_ev == Approx(1.3).margin(1e-4));
  const int before = field.calls;
  const Relaxed free = drive(relax_to_minimum(at(0, 0, 0.2), {}, options), field);
  CHECK(free.converged());
  CHECK(free.evaluation.energy_ev == Approx(0).margin(1e-4));
  CHECK(free.evaluations == field.calls - before);
}

TEST_CASE("a surface without a minimum ends the kicks with its reason", "[neb][certified]") {
  // It falls for ever along y.
  Field field{[](const Eigen::Vector3d& r, Eigen::Vector3d& g) {
    g = Eigen::Vector3d(r[0], -0.5 * r[1], r[2]);
    return 0.5 * (r[0] * r[0] - 0.5 * r[1] * r[1] + r[2] * r[2]);
  }};
  RelaxOptions options;
  options.max_steps = 60;
  const Relaxed lost = drive(relax_to_minimum(at(0.1, 0, 0.1), {}, options), field);
  CHECK_FALSE(lost.converged());
  CHECK_FALSE(lost.reason.empty());
}

TEST_CASE("energies of a path are compared with the work of its forces, as far as its images tell",
          "[neb][certified]") {
  // E = 1 - x^2 on a straight path: the spline through forces that are linear is exact.
  const auto path_of = [](double forces) {
    Path path;
    for (int i = 0; i <= 4; ++i) {
      const double x = -1 + 0.5 * i;
      path.images.push_back(point(x, 0));
      Evaluation e;
      e.energy_ev = 1 - x * x;
      e.forces = Eigen::Matrix3Xd::Zero(3, 1);
      e.forces(0, 0) = forces * 2 * x;
      path.answers.push_back(e);
    }
    return path;
  };
  const Mobile all({}, 1);
  const ForceWork right = force_work(path_of(1), all, 2);
  CHECK(right.agrees);
  CHECK(right.work_ev[0] == Approx(1.0).margin(1e-9));
  CHECK(right.work_ev[1] == Approx(1.0).margin(1e-9));
  const ForceWork half = force_work(path_of(0.5), all, 2);
  CHECK_FALSE(half.agrees);
  CHECK(half.rise_ev[0] == Approx(1.0));
  CHECK(half.work_ev[0] == Approx(0.5).margin(1e-9));
}
