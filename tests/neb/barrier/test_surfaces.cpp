// SPDX-License-Identifier: GPL-2.0-or-later
// Barriers on surfaces whose stationary points are known.
#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <utility>

#include "neb/barrier/barrier.hpp"
#include "neb/relax/relax.hpp"
#include "potentials/analytic/analytic.hpp"
#include "structures/core/error.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;
using hopflow::testing::drive;
using hopflow::testing::point;

TEST_CASE("surfaces have their published stationary points", "[neb][analytic]") {
  // Muller & Brown 1979, to the digits printed there.
  struct Known {
    double x, y, energy;
  };
  for (const Known& k : {Known{-0.558, 1.442, -146.700}, Known{0.623, 0.028, -108.167}, Known{-0.050, 0.467, -80.768},
                         Known{-0.822, 0.624, -40.665}, Known{0.212, 0.293, -72.249}}) {
    const SurfacePoint p = muller_brown(k.x, k.y);
    CHECK(p.energy == Approx(k.energy).margin(0.01));
    CHECK(std::hypot(p.dx, p.dy) < 1.0);  // curvatures reach 1000 and the third digit is rounded
  }
  // Independent root search on the published formula (SciPy).
  const SurfacePoint saddle = leps_oscillator(2.02082773, -0.17290121);
  CHECK(saddle.energy == Approx(-0.87522468).margin(1e-7));
  CHECK(std::hypot(saddle.dx, saddle.dy) < 1e-6);
  CHECK(leps(1.14937799, 0.86246877).energy == Approx(-3.17691309).margin(1e-7));
}

TEST_CASE("forces of the surfaces are minus the slope of their energy", "[neb][analytic]") {
  for (const char* name : {"muller-brown", "leps", "leps-ho"}) {
    auto potential = make_analytic(analytic_engine(name).document);
    const double x = 0.9, y = 1.2, h = 1e-5;
    const Evaluation at = potential->evaluate(point(x, y));
    const double dx =
        (potential->evaluate(point(x + h, y)).energy_ev - potential->evaluate(point(x - h, y)).energy_ev) / (2 * h);
    const double dy =
        (potential->evaluate(point(x, y + h)).energy_ev - potential->evaluate(point(x, y - h)).energy_ev) / (2 * h);
    INFO(name);
    CHECK(at.forces(0, 0) == Approx(-dx).epsilon(1e-6));
    CHECK(at.forces(1, 0) == Approx(-dy).epsilon(1e-6));
    CHECK(at.forces(2, 0) == 0.0);
  }
}

TEST_CASE("an unknown surface is refused by name", "[neb][analytic]") {
  CHECK_THROWS_WITH(analytic_engine("rosenbrock"), Catch::Contains("rosenbrock") && Catch::Contains("leps-ho"));
}

TEST_CASE("relaxation finds the minimum", "[neb][relax]") {
  auto potential = make_analytic(analytic_engine("muller-brown").document);
  RelaxOptions options;
  options.fmax = 1e-4;
  Relaxed relaxed = drive(relax(point(-0.8, 1.6), {}, options), *potential);
  CHECK(relaxed.converged());
  CHECK(relaxed.configuration.positions(0, 0) == Approx(-0.55822363).margin(1e-5));
  CHECK(relaxed.configuration.positions(1, 0) == Approx(1.44172584).margin(1e-5));
  CHECK(relaxed.evaluation.energy_ev <= muller_brown(-0.8, 1.6).energy);
  CHECK(relaxed.evaluations < 60);
}

TEST_CASE("a barrier is the same whichever structure was given first", "[neb][barrier]") {
  const std::pair<const char*, std::array<Configuration, 2>> cases[] = {
      {"muller-brown", {point(-0.558, 1.442), point(0.623, 0.028)}}, {"leps-ho", {point(0.74, 1.3), point(3.0, -1.2)}}};
  for (const auto& [name, ends] : cases) {
    INFO(name);
    auto potential = make_analytic(analytic_engine(name).document);
    BarrierOptions options;
    options.fmax = 0.01;
    const BarrierResult ahead = drive(find_barrier(ends[0], ends[1], {}, options), *potential);
    const BarrierResult back = drive(find_barrier(ends[1], ends[0], {}, options), *potential);
    options.backwards = true;
    const BarrierResult told = drive(find_barrier(ends[1], ends[0], {}, options), *potential);
    REQUIRE(ahead.converged());
    CHECK(ahead.forward_ev != ahead.reverse_ev);
    CHECK(back.forward_ev == Approx(ahead.reverse_ev).margin(1e-6));
    CHECK(back.reverse_ev == Approx(ahead.forward_ev).margin(1e-6));
    CHECK(told.forward_ev == Approx(ahead.forward_ev).margin(1e-6));
    CHECK(told.reverse_ev == Approx(ahead.reverse_ev).margin(1e-6));
    CHECK(back.evaluations_band == ahead.evaluations_band);
    const std::size_t n = ahead.path.size();
    REQUIRE(told.path.size() == n);
    REQUIRE(back.path.size() == n);
    for (std::size_t i = 0; i < n; ++i) {
      CHECK((told.path[i].positions - ahead.path[i].positions).norm() < 0.01);
      CHECK((back.path[i].positions - ahead.path[n - 1 - i].positions).norm() < 0.01);
    }
    CHECK(told.distance.back() == Approx(ahead.distance.back()));
  }
}

TEST_CASE("a relaxation takes a shorter step where one squeezes atoms and is refused", "[neb][relax]") {
  // Two atoms, one held: 15 (r - 0.5)^2 + (0.45 / r)^12, and no answer where that is steeper than 12 eV/A.
  Configuration pair;
  pair.cell = 20 * Eigen::Matrix3d::Identity();
  pair.periodic = {false, false, false};
  pair.species = {1, 1};
  pair.positions.setZero(3, 2);
  pair.positions(0, 1) = 0.87;
  int refused = 0;
  const auto drive_pair = [&](double steepest) {
    auto procedure = relax(pair, {false, true}, RelaxOptions{});
    while (!procedure.done()) {
      const double r = procedure.ask().front().positions.col(1).norm(), wall = std::pow(0.45 / r, 12);
      Evaluation e;
      e.energy_ev = 15 * (r - 0.5) * (r - 0.5) + wall;
      e.forces.setZero(3, 2);
      e.forces.col(1) = -(30 * (r - 0.5) - 12 * wall / r) * procedure.ask().front().positions.col(1) / r;
      if (e.forces.norm() < steepest) {
        procedure.tell({e});
      } else {
        ++refused;
        procedure.tell_error(std::make_exception_ptr(Error(Error::Kind::engine, "too steep")));
      }
    }
    return procedure.take();
  };
  const Relaxed free = drive_pair(1e12);
  REQUIRE(refused == 0);
  const Relaxed careful = drive_pair(12);
  CHECK(refused > 0);
  CHECK(careful.converged());
  CHECK(careful.evaluation.energy_ev == Approx(free.evaluation.energy_ev).margin(1e-5));
}

TEST_CASE("the barrier of the exchange with oscillator is the published surface's", "[neb][barrier]") {
  auto potential = make_analytic(analytic_engine("leps-ho").document);
  BarrierOptions options;
  options.fmax = 0.01;
  BarrierResult result = drive(find_barrier(point(0.75, 1.3), point(3.0, -1.3), {}, options), *potential);
  INFO(result.reason << " calls " << result.evaluations_band);
  CHECK(result.converged());
  // Stationary points by an independent root search (SciPy).
  CHECK(result.forward_ev == Approx(-0.8752246791 + 4.5091759957).margin(1e-4));
  CHECK(result.reverse_ev == Approx(-0.8752246791 + 2.6202871068).margin(1e-4));
}
