// SPDX-License-Identifier: GPL-2.0-or-later
// Runs alone and, the same source, under mpirun.
#include <catch2/catch.hpp>

#include <filesystem>

#include "potentials/analytic/analytic.hpp"
#include "structures/core/error.hpp"
#include "tests/workflows/crew/session.hpp"
#include "workflows/crew/scheduler.hpp"

using namespace hopflow;

namespace {

Configuration point(double x, double y) {
  Configuration c;
  c.positions.resize(3, 1);
  c.positions << x, y, 0;
  c.species = {1};
  c.periodic = {false, false, false};
  return c;
}

/// Walks downhill a few steps from several starts at once: the sum of energies depends on every answer.
Procedure<double> walk(double start, int walkers, int steps) {
  std::vector<Configuration> at;
  for (int i = 0; i < walkers; ++i) at.push_back(point(start + 0.1 * i, 0.5));
  double sum = 0;
  for (int step = 0; step < steps; ++step) {
    std::vector<Configuration> questions = at;
    const std::vector<Evaluation> answers = co_await Ask(std::move(questions));
    for (int i = 0; i < walkers; ++i) {
      sum += answers[static_cast<std::size_t>(i)].energy_ev * (i + 1);
      at[static_cast<std::size_t>(i)].positions += 1e-4 * answers[static_cast<std::size_t>(i)].forces;
    }
  }
  co_return sum;
}

Procedure<int> bad_question() {
  std::vector<Configuration> questions{point(0, 0)};
  questions[0].positions(0, 0) = std::nan("");
  std::vector<std::string> names{"image 3"};
  const std::vector<Evaluation> answers = co_await Ask(std::move(questions), std::move(names));
  co_return static_cast<int>(answers.size());
}

struct Bench {
  ProgressView view{""};
  Crew crew{test_session(),
            CrewSite{.folder = std::filesystem::temp_directory_path() / "hopflow-test-crew", .data = {}}};
};

}  // namespace

TEST_CASE("procedures end with the same bits with or without remembered answers", "[workflows][scheduler]") {
  const EngineSpec engine = analytic_engine("muller-brown");
  Store store = Store::in_memory();
  const auto run = [&](long& asked) {
    Bench bench;
    Scheduler scheduler{bench.crew, store, bench.view};
    std::vector<double> sums(5);
    for (int i = 0; i < 5; ++i)
      scheduler.add<double>(
          "walk " + std::to_string(i), i, engine, walk(-0.5 + 0.2 * i, 3, 10),
          [&sums, i](Outcome<double> outcome) { sums[static_cast<std::size_t>(i)] = *outcome.value; });
    scheduler.run();
    asked = scheduler.asked_of_engines();
    return sums;
  };
  long first = 0, second = 0;
  const auto sums = run(first);
  CHECK(first > 0);
  CHECK(store.evaluations() == first);
  CHECK(run(second) == sums);
  CHECK(second == 0);
}

TEST_CASE("two procedures with one question ask the engine once", "[workflows][scheduler]") {
  Store store = Store::in_memory();
  Bench bench;
  Scheduler scheduler{bench.crew, store, bench.view};
  int ended = 0;
  for (int i = 0; i < 2; ++i)
    scheduler.add<double>("walk " + std::to_string(i), i, analytic_engine("muller-brown"), walk(0.1, 2, 4),
                          [&ended](Outcome<double> outcome) { ended += outcome.value.has_value() ? 1 : 0; });
  scheduler.run();
  CHECK(ended == 2);
  CHECK(scheduler.asked_of_engines() == 8);
}

TEST_CASE("a failed question ends its own procedure with task, image and cause, and no other",
          "[workflows][scheduler]") {
  Store store = Store::in_memory();
  Bench bench;
  Scheduler scheduler{bench.crew, store, bench.view};
  std::exception_ptr error;
  bool other = false;
  scheduler.add<int>("PrPyr hop I1-I2", 0, analytic_engine("muller-brown"), bad_question(),
                     [&](Outcome<int> outcome) { error = outcome.error; });
  scheduler.add<double>("walk", 1, analytic_engine("muller-brown"), walk(0, 1, 3),
                        [&](Outcome<double> outcome) { other = outcome.value.has_value(); });
  scheduler.run();
  CHECK(other);
  REQUIRE(error);
  try {
    std::rethrow_exception(error);
  } catch (const Error& problem) {
    CHECK(problem.kind() == Error::Kind::engine);
    CHECK(std::string{problem.what()}.find("PrPyr hop I1-I2") == 0);
    CHECK(std::string{problem.what()}.find("image 3") != std::string::npos);
  }
}

TEST_CASE("work added while running is done too", "[workflows][scheduler]") {
  Store store = Store::in_memory();
  Bench bench;
  Scheduler scheduler{bench.crew, store, bench.view};
  int ended = 0;
  std::function<void(int)> start = [&](int left) {
    scheduler.add<double>("walk " + std::to_string(left), 0, analytic_engine("muller-brown"), walk(0.01 * left, 1, 2),
                          [&, left](Outcome<double>) {
                            ++ended;
                            if (left > 0) start(left - 1);
                          });
  };
  start(4);
  scheduler.run();
  CHECK(ended == 5);
}

TEST_CASE("a stage begins once fewer procedures are left than there are ranks", "[workflows][scheduler]") {
  Store store = Store::in_memory();
  Bench bench;
  Scheduler scheduler{bench.crew, store, bench.view};
  int walking = 9, left_then = -1;
  for (int i = 0; i < 9; ++i)
    scheduler.add<double>("walk " + std::to_string(i), i, analytic_engine("muller-brown"), walk(0.01 * i, 1, 20),
                          [&walking](Outcome<double>) { --walking; });
  std::exception_ptr error;
  scheduler.add_stage("network", 100, "no such stage", {}, [&](nlohmann::json, std::exception_ptr problem) {
    left_then = walking;
    error = std::move(problem);
  });
  scheduler.run();
  CHECK(walking == 0);
  CHECK(error);
  CHECK(left_then >= 0);
  CHECK(left_then < test_session().size());
}
