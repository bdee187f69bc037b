// SPDX-License-Identifier: GPL-2.0-or-later
// Every row of the table of saddle searches, on surfaces whose saddles are known.
#include <catch2/catch.hpp>

#include <cmath>

#include "neb/barrier/barrier.hpp"
#include "neb/saddle/searches.hpp"
#include "potentials/analytic/analytic.hpp"
#include "structures/core/error.hpp"
#include "tests/neb/drive.hpp"
#include "tests/neb/lennard_jones.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

Saddle search_from(const Configuration& start, const Eigen::VectorXd& along, SaddleOptions options,
                   Potential& surface) {
  const Mobile mobile({}, start.size());
  const Evaluation there = surface.evaluate(start);
  const Modes modes = drive(lowest_modes(start, there, mobile, {along}, {}), surface);
  return drive(search_saddle(start, there, mobile, modes, along.normalized(), options), surface);
}

}  // namespace

TEST_CASE("every search comes onto the published saddles from near them", "[neb][saddle]") {
  struct Known {
    double x, y, energy;
  };
  const auto surface = make_analytic(analytic_engine("muller-brown").document);
  for (const SaddleSearch& row : saddle_searches()) {
    for (const Known& k : {Known{-0.822, 0.624, -40.665}, Known{0.212, 0.293, -72.249}}) {
      INFO(row.name << " to " << k.x << ", " << k.y);
      SaddleOptions options;
      options.search = row.name;
      options.fmax = 1e-4;
      options.max_calls = 400;
      options.max_rise = 100;
      const Saddle saddle = search_from(point(k.x + 0.03, k.y - 0.04), Eigen::Vector3d(-1, 1, 0), options, *surface);
      REQUIRE(saddle.converged);
      CHECK(saddle.curvature < 0);
      CHECK(saddle.fmax <= 1e-4);
      CHECK(saddle.evaluation.energy_ev == Approx(k.energy).margin(1e-3));
      CHECK(std::hypot(saddle.configuration.positions(0, 0) - k.x, saddle.configuration.positions(1, 0) - k.y) < 1e-3);
    }
  }
}

TEST_CASE("an atom that hops on a cluster has one barrier, whichever search finds its saddle", "[neb][saddle]") {
  LennardJones surface;
  std::vector<double> barriers;
  for (const SaddleSearch& row : saddle_searches()) {
    INFO(row.name);
    BarrierOptions options;
    options.saddle = row.name;
    options.fmax = 0.01;
    const BarrierResult found =
        drive(find_barrier(on_faces({0, 1}, false), on_faces({0, 2}, false), {}, options), surface);
    REQUIRE(found.converged());
    CHECK(found.negative_modes == 1);
    CHECK(found.forward_ev == Approx(found.reverse_ev).margin(1e-4));  // the two ends are images of each other
    barriers.push_back(found.forward_ev);
  }
  for (const double barrier : barriers) CHECK(barrier == Approx(barriers.front()).margin(1e-4));
}

TEST_CASE("an unknown search is refused by name", "[neb][saddle]") {
  LennardJones surface;
  SaddleOptions options;
  options.search = "dowsing";
  CHECK_THROWS_WITH(search_from(on_faces({0}, false), Eigen::VectorXd::Ones(15), options, surface),
                    Catch::Contains("dowsing") && Catch::Contains("modes, dimer"));
}
