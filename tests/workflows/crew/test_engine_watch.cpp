// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <cmath>

#include "workflows/crew/engine_watch.hpp"

using namespace hopflow;

namespace {

/// A harmonic atom, E = k x^2 / 2 with k = 2 eV/A^2, whose energy is sent times `energy` and whose force times `force`.
std::pair<Configuration, Evaluation> at(double x, double energy = 1, double force = 1) {
  Configuration configuration;
  configuration.cell = 10 * Eigen::Matrix3d::Identity();
  configuration.species = {29};
  configuration.positions = Eigen::Vector3d{x, 0, 0};
  Evaluation answer;
  answer.energy_ev = energy * x * x;
  answer.forces = Eigen::Vector3d{-2 * x * force, 0, 0};
  return {configuration, answer};
}

/// What the watch says while the atom goes downhill from 1 A in steps of 0.05 A.
std::string seen(double energy, double force, EngineWatch& watch) {
  std::string problem;
  for (double x = 1; x > 0.5 && problem.empty(); x -= 0.05) {
    const auto [configuration, answer] = at(x, energy, force);
    problem = watch.see({configuration}, {answer});
  }
  return problem;
}

std::string probed(double energy, double force) {
  const auto [configuration, answer] = at(0.5, energy, force);
  auto procedure = probe_units({configuration, answer});
  REQUIRE(procedure.ask().size() == 1);
  const double x = procedure.ask().front().positions(0, 0);
  procedure.tell({at(x, energy, force).second});
  REQUIRE(procedure.done());
  return procedure.take();
}

}  // namespace

TEST_CASE("the energy between two points of a parabola is the work of its forces", "[workflows][watch]") {
  const auto [a, of_a] = at(1.0);
  const auto [b, of_b] = at(0.9);
  const auto step = energy_step(a, of_a, b, of_b);
  REQUIRE(step);
  CHECK(step->energy_ev == Approx(0.81 - 1));
  CHECK(step->work_ev == Approx(0.81 - 1));  // the trapezium is exact for a linear force
  CHECK_FALSE(energy_step(a, of_a, at(0.5).first, of_b));
}

TEST_CASE("an engine whose units fit is trusted after a few steps", "[workflows][watch]") {
  EngineWatch watch;
  CHECK(seen(1, 1, watch).empty());
  CHECK(watch.trusted());
}

TEST_CASE("a slip of units in every answer is seen from the steps of a relaxation", "[workflows][watch]") {
  const auto [energy, force, word] = GENERATE(table<double, double, std::string>({{27.2114, 1, "27.2"},
                                                                                  {1, 27.2114, "0.0367"},
                                                                                  {23.0605, 1, "kcal/mol"},
                                                                                  {1, 1.88973, "0.529"},
                                                                                  {-1, 1, "sign"}}));
  EngineWatch watch;
  const std::string problem = seen(energy, force, watch);
  CHECK(problem.find(word) != std::string::npos);
  CHECK_FALSE(watch.trusted());
}

TEST_CASE("energies and forces that are both wrong by one factor belong together", "[workflows][watch]") {
  EngineWatch watch;
  CHECK(seen(23.0605, 23.0605, watch).empty());
}

TEST_CASE("one question along the forces shows a slip where the path did not", "[workflows][watch]") {
  CHECK(probed(1, 1).empty());
  CHECK(probed(27.2114, 1).find("27.2") != std::string::npos);
  CHECK(probed(1, 1.88973).find("0.529") != std::string::npos);
}

TEST_CASE("an energy that jumps over a short step is asked again", "[workflows][watch]") {
  EngineWatch watch;
  const auto [a, of_a] = at(1.0);
  watch.see({a}, {of_a});
  auto [b, of_b] = at(0.95);
  CHECK(watch.jump(0, b, of_b).empty());
  of_b.energy_ev += 100;
  CHECK(watch.jump(0, b, of_b).find("energy changed by") != std::string::npos);
}
