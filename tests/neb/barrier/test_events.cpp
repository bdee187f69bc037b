// SPDX-License-Identifier: GPL-2.0-or-later
// A hop and a turn that have nothing to do with each other, of known barriers.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "neb/barrier/barrier.hpp"
#include "neb/barrier/events.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

constexpr double turn_ev = 0.25, hop_ev = 0.4, pi = std::numbers::pi;

/// Helium that holds still, OH whose direction has a minimum every 90 degrees, argon in a double well 2 A wide.
Configuration state(double degrees, double hopped) {
  Configuration c;
  c.cell = 30 * Eigen::Matrix3d::Identity();
  c.periodic = {false, false, false};
  c.species = {2, 8, 1, 18};
  c.positions.setZero(3, 4);
  c.positions.col(0) << 0, 12, 0;
  c.positions.col(2) << 0.97 * std::cos(degrees * pi / 180), 0.97 * std::sin(degrees * pi / 180), 0;
  c.positions.col(3) << hopped, -6, 0;
  return c;
}

Evaluation answer(const Configuration& c) {
  Evaluation e;
  e.forces.setZero(3, 4);
  const Eigen::Vector3d oxygen = c.positions.col(1), arm = c.positions.col(2) - oxygen;
  const double length = arm.norm(), angle = std::atan2(arm.y(), arm.x()), across = arm.head<2>().squaredNorm();
  const Eigen::Vector3d argon = c.positions.col(3) + Eigen::Vector3d(0, 6, 0);
  const double u = argon.x() * argon.x() - 1;
  e.energy_ev = 10 * oxygen.squaredNorm() + 20 * std::pow(length - 0.97, 2) + 5 * arm.z() * arm.z() +
                turn_ev / 2 * (1 - std::cos(4 * angle)) + hop_ev * u * u +
                5 * (argon.y() * argon.y() + argon.z() * argon.z());
  Eigen::Vector3d slope = 40 * (length - 0.97) * arm / length;
  slope.z() += 10 * arm.z();
  slope += 2 * turn_ev * std::sin(4 * angle) / across * Eigen::Vector3d(-arm.y(), arm.x(), 0);
  e.forces.col(2) = -slope;
  e.forces.col(1) = slope - 20 * oxygen;
  e.forces.col(3) = -Eigen::Vector3d(4 * hop_ev * argon.x() * u, 10 * argon.y(), 10 * argon.z());
  return e;
}

BarrierResult between(const Configuration& a, const Configuration& b) {
  BarrierOptions options;
  options.fmax = 0.01;
  auto procedure = find_barrier(a, b, {false, true, true, true}, options);
  while (!procedure.done()) {
    std::vector<Evaluation> answers;
    for (const Configuration& question : procedure.ask()) answers.push_back(answer(question));
    REQUIRE(procedure.evaluations() < 5000);
    procedure.tell(std::move(answers));
  }
  return procedure.take();
}

const Check& one_event(const BarrierResult& result) {
  return *std::find_if(result.checks.begin(), result.checks.end(),
                       [](const Check& check) { return check.name == "one_event"; });
}

std::string all_warnings(const BarrierResult& result) {
  std::string out;
  for (const std::string& warning : result.warnings) out += warning + "\n";
  return out;
}

}  // namespace

TEST_CASE("a hop, and a turn by itself, are one event", "[neb][events]") {
  const BarrierResult hop = between(state(2, -0.97), state(-2, 1.02));
  CHECK(hop.converged());
  CHECK(hop.forward_ev == Approx(hop_ev).margin(1e-4));
  CHECK(one_event(hop).passed == true);
  CHECK(hop.warnings.empty());
  const BarrierResult turn = between(state(2, -1), state(91, -1));
  CHECK(turn.converged());
  CHECK(turn.forward_ev == Approx(turn_ev).margin(1e-4));
  CHECK(one_event(turn).passed == true);
  CHECK(turn.warnings.empty());
}

TEST_CASE("a hop and a turn between the ends are told apart, and neither barrier is the sum", "[neb][events]") {
  for (const double degrees : {90.0, 180.0}) {
    const BarrierResult both = between(state(1, -0.98), state(degrees - 1, 1.01));
    INFO(degrees << " " << both.reason << "\n" << all_warnings(both));
    CHECK(both.converged());
    CHECK(both.forward_ev == Approx(hop_ev).margin(1e-3));
    CHECK(one_event(both).passed == false);
    const std::string told = all_warnings(both);
    CHECK_THAT(told, Catch::Contains("molecules rotate between the endpoints: hydroxide with O (index 1) by " +
                                     std::to_string(int(degrees)) + " degrees"));
    CHECK_THAT(told, Catch::Contains("climbs 0.25") && Catch::Contains("climbs 0.4000 eV, Ar (index 3) going 2.00 A"));
    CHECK_THAT(told, Catch::Contains(std::to_string(1 + int(degrees / 90)) + " steps"));
    // Each event starts and ends in a minimum of its own; the path visits it.
    std::vector<double> energies;
    for (const Evaluation& image : both.answers) energies.push_back(image.energy_ev);
    CHECK(std::count_if(energies.begin(), energies.end(), [](double e) { return std::abs(e) < 1e-3; }) ==
          2 + int(degrees / 90));
  }
}

TEST_CASE("a molecule that turns over on the way and back, or the long way round, is named", "[neb][events]") {
  const auto told = [](const std::vector<double>& degrees) {
    Pathway pathway;
    for (const double angle : degrees) {
      pathway.path.images.push_back(state(angle, -1));
      pathway.path.answers.emplace_back();
    }
    pathway.minima = {0, int(degrees.size()) - 1};
    pathway.passes.resize(1);
    pathway.passes.front().image = 1;
    return events_of(pathway, Mobile({false, true, true, true}, 4));
  };
  const Events back = told({0, 90, 150, 90, 5});
  CHECK(back.one_event.passed == false);
  REQUIRE(back.warnings.size() == 1);
  CHECK_THAT(back.warnings.front(),
             Catch::Contains("rotate further along the path than between its endpoints (hydroxide with O (index 1)"));
  CHECK(told({0, -60, -135, -200, -270}).one_event.passed == false);  // 90 degrees the other way
  CHECK(told({0, 20, 50, 70, 90}).one_event.passed == true);
}
