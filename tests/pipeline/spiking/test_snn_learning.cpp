// SPDX-License-Identifier: GPL-2.0-or-later
// Learning rules on single synapses, device curves, and the ideal limit of the device in the loop.
#include <catch2/catch.hpp>

#include <cmath>

#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "tests/pipeline/spiking/small_training.hpp"
#include "tests/pipeline/spiking/snn_digits.hpp"
#include "workflows/pipeline/spiking/learning.hpp"
#include "workflows/pipeline/training/train.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;

namespace {

/// Three inputs, one neuron.
struct Bench {
  Synapses<double> synapses{3, 1, 1, {0.2, 0.5, 0.9}, {1}};
  SpikeHistory history{{SpikeHistory::never, SpikeHistory::never, SpikeHistory::never}, {SpikeHistory::never}, {}};

  void input(LearningRule<double>& rule, int i, std::int64_t step) {
    const auto number = static_cast<std::uint16_t>(i);
    if (rule.memory() > 0 && !history.recent.empty()) rule.on_input(synapses, history, {&number, 1}, step);
    history.input[static_cast<std::size_t>(i)] = step;
  }
  void output(LearningRule<double>& rule, std::int64_t step) {
    rule.on_output(synapses, history, 0, step);
    history.recent = {0};
    history.output[0] = step;
  }
};

DeviceCurve curve(std::vector<double> nodes, std::vector<double> up, std::vector<double> down) {
  return {std::move(nodes), std::move(up), std::move(down)};
}

RuleOptions with_device(const std::string& preset, DeviceCurve device) {
  RuleOptions options;
  options.preset = preset;
  options.device = std::move(device);
  return options;
}

}  // namespace

TEST_CASE("traces are exponentials of the time since a spike", "[pipeline][snn]") {
  const Trace<double> trace{20, 0.5};
  CHECK(trace.after(0) == 1);
  CHECK(trace.after(40) == Approx(std::exp(-1)));
  CHECK(trace.after(799) == Approx(std::exp(-799 * 0.5 / 20)));
  CHECK(trace.after(800) == 0);
  CHECK(trace.after(0 - SpikeHistory::never) == 0);
}

TEST_CASE("dc2015: an output spike potentiates only after an earlier one; an input spike then depresses",
          "[pipeline][snn]") {
  Bench bench;
  const auto rule = make_rule<double>(RuleOptions{});
  bench.input(*rule, 0, 10);
  bench.output(*rule, 20);
  CHECK(bench.synapses.weights == Aligned<double>{0.2, 0.5, 0.9});
  bench.output(*rule, 60);  // 25 ms after the input, 20 ms after the output
  CHECK(bench.synapses.weights[0] == Approx(0.2 + 1e-2 * std::exp(-25.0 / 20) * std::exp(-20.0 / 40)));
  CHECK(bench.synapses.weights[1] == 0.5);
  bench.input(*rule, 2, 70);
  CHECK(bench.synapses.weights[2] == Approx(0.9 - 1e-4 * std::exp(-5.0 / 20)));
}

TEST_CASE("pair: a device moves by its own step times the window, between its nodes linearly", "[pipeline][snn]") {
  Bench bench;
  const auto rule = make_rule<double>(with_device("pair", curve({0, 0.4, 1}, {0.3, 0.1, 0}, {0, 0.2, 0.8})));
  bench.input(*rule, 0, 10);
  bench.input(*rule, 1, 30);
  bench.output(*rule, 40);
  CHECK(bench.synapses.weights[0] == Approx(0.2 + 0.2 * std::exp(-15.0 / 20)));
  CHECK(bench.synapses.weights[1] == Approx(0.5 + 0.1 * 5 / 6 * std::exp(-5.0 / 20)));
  CHECK(bench.synapses.weights[2] == 0.9);
  bench.input(*rule, 2, 60);
  CHECK(bench.synapses.weights[2] == Approx(0.9 - 0.7 * std::exp(-10.0 / 20)));
}

TEST_CASE("pair: a device's own window replaces the exponential one", "[pipeline][snn]") {
  Bench bench;
  const nlohmann::json synapse{{"nodes", {0, 1}},
                               {"up", {0.1, 0.1}},
                               {"down", {0.2, 0.2}},
                               {"window", {{"ms", {0, 10, 20}}, {"up", {1, 0.5, 0}}, {"down", {0.8, 0, 0}}}}};
  const auto rule = make_rule<double>(with_device("pair", DeviceCurve::from_json(synapse)));
  bench.input(*rule, 0, 10);
  bench.output(*rule, 40);  // 15 ms later: a quarter of a pulse
  CHECK(bench.synapses.weights[0] == Approx(0.2 + 0.1 * 0.25));
  bench.input(*rule, 1, 50);  // 5 ms after the output: 0.4
  CHECK(bench.synapses.weights[1] == Approx(0.5 - 0.2 * 0.4));
  bench.input(*rule, 2, 82);  // beyond the table
  CHECK(bench.synapses.weights[2] == 0.9);
  nlohmann::json bad = synapse;
  bad["window"]["up"] = {1, 0.5};
  CHECK_THROWS_WITH(DeviceCurve::from_json(bad), Catch::Contains("2 shares for 3 distances"));
  bad["window"]["ms"] = {1, 2, 3};
  CHECK_THROWS_WITH(DeviceCurve::from_json(bad), Catch::Contains("window.ms: must ascend from 0"));
}

TEST_CASE("post-only: one pulse raises inputs of the last 40 ms and lowers all others", "[pipeline][snn]") {
  Bench bench;
  const auto rule = make_rule<double>(with_device("post-only", curve({0, 1}, {0.1, 0.1}, {0.3, 0.3})));
  bench.input(*rule, 0, 10);
  bench.input(*rule, 1, 9);
  bench.output(*rule, 90);
  CHECK(bench.synapses.weights[0] == Approx(0.3));
  CHECK(bench.synapses.weights[1] == Approx(0.2));
  CHECK(bench.synapses.weights[2] == Approx(0.6));
}

TEST_CASE("annealing shrinks both steps by anneal^progress", "[pipeline][snn]") {
  for (const std::string preset : {"pair", "post-only"}) {
    RuleOptions options = with_device(preset, curve({0, 1}, {0.1, 0.1}, {0.3, 0.3}));
    options.anneal = 0.25;
    Bench bench;
    const auto rule = make_rule<double>(options);
    rule->begin_image(0.5);
    bench.input(*rule, 0, 10);
    bench.output(*rule, 10);
    CHECK(bench.synapses.weights[0] == Approx(0.25));
    if (preset == "pair") bench.input(*rule, 2, 10);
    CHECK(bench.synapses.weights[2] == Approx(0.75));
  }
}

TEST_CASE("a device never leaves its range, however large its steps", "[pipeline][snn]") {
  for (const std::string preset : {"pair", "post-only"}) {
    Bench bench;
    const auto rule = make_rule<double>(with_device(preset, curve({0, 1}, {5, 5}, {5, 5})));
    for (std::int64_t step = 1; step < 200; ++step) {
      bench.input(*rule, static_cast<int>(step % 3), step);
      if (step % 7 == 0) bench.output(*rule, step);
      for (const double g : bench.synapses.weights) CHECK((g >= 0 && g <= 1));
    }
  }
}

TEST_CASE("a write probability thins out the pulses, the same ones for the same seed", "[pipeline][snn]") {
  RuleOptions options = with_device("post-only", curve({0, 1}, {1e-3, 1e-3}, {1e-3, 1e-3}));
  options.cells.write_probability = 0.3;
  const auto changed = [&] {
    Bench bench;
    const auto rule = make_rule<double>(options);
    std::vector<int> writes;
    const Aligned<double> before = bench.synapses.weights;
    for (std::int64_t step = 1; step <= 1000; ++step) {
      bench.input(*rule, static_cast<int>(step % 2), step);
      bench.output(*rule, step);
      for (std::size_t i = 0; i < 3; ++i) {
        if (bench.synapses.weights[i] != before[i]) writes.push_back(static_cast<int>(step * 3) + static_cast<int>(i));
      }
      bench.synapses.weights = before;
    }
    return writes;
  };
  const std::vector<int> writes = changed();
  CHECK(std::abs(static_cast<double>(writes.size()) - 900) < 5 * std::sqrt(3000 * 0.3 * 0.7));
  CHECK(changed() == writes);
  // Neighbouring pulses are decided independently: both sent with probability 0.3^2.
  int both = 0;
  for (std::size_t k = 1; k < writes.size(); ++k) both += writes[k] == writes[k - 1] + 1 ? 1 : 0;
  CHECK(std::abs(both - 270) < 5 * std::sqrt(270.0));
  options.seed = 2;
  CHECK(changed() != writes);
}

TEST_CASE("a device curve of linear soft bounds is the ideal pair rule bit by bit", "[pipeline][snn]") {
  const Mnist digits = testing::stroke_mnist(60, 40);
  TrainOptions options = small_training("pair");
  const TrainResult ideal = train_and_test(digits, options);
  options.device = curve({0, 1}, {0.03, 0}, {0, 0.01});
  options.anneal = 0.1;
  const TrainResult device = train_and_test(digits, options);
  CHECK(device.network.weights == ideal.network.weights);
  CHECK(device.confusion == ideal.confusion);
  options.device->up[0] = 0.031;
  CHECK(train_and_test(digits, options).network.weights != ideal.network.weights);
}

TEST_CASE("synapse curves that make no sense are refused by key", "[pipeline][snn]") {
  const nlohmann::json good{
      {"nodes", {0, 0.5, 1}}, {"up", {0.1, 0.1, 0}}, {"down", {0, 0.1, 0.1}}, {"note", "kept out"}};
  CHECK(DeviceCurve::from_json(good).largest_step() == Approx(0.1));
  const auto refused = [&](const char* key, const nlohmann::json& value, const char* why) {
    nlohmann::json bad = good;
    bad[key] = value;
    CHECK_THROWS_WITH(DeviceCurve::from_json(bad),
                      Catch::Contains(std::string{"synapse."} + key) && Catch::Contains(why));
  };
  refused("nodes", {0, 0.5, 0.9}, "ascend from 0 to 1");
  refused("nodes", {0, 0, 1}, "ascend from 0 to 1");
  refused("up", {0.1, 0.1}, "2 steps for 3 nodes");
  refused("down", {0, -0.1, 0.1}, "-0.1 is negative");
  refused("down", nullptr, "missing");
  refused("up", {0.1, "x", 0}, "not a finite number");
}

TEST_CASE("rules refuse what they cannot do", "[pipeline][snn]") {
  RuleOptions options;
  options.preset = "hebb";
  CHECK_THROWS_WITH(make_rule<float>(options), Catch::Contains("'hebb' is unknown"));
  CHECK_THROWS_WITH(make_rule<float>(with_device("dc2015", curve({0, 1}, {0, 0}, {0, 0}))),
                    Catch::Contains("ideal synapses"));
  options.preset = "pair";
  options.cells.write_probability = 0;
  CHECK_THROWS_WITH(make_rule<float>(options), Catch::Contains("write_probability: 0"));
  options.cells.write_probability = 1;
  options.cells.stuck_low = 0.6;
  options.cells.stuck_high = 0.5;
  CHECK_THROWS_WITH(make_rule<float>(options), Catch::Contains("stuck_high: 0.5"));
  options.cells = {};
  options.anneal = 2;
  CHECK_THROWS_WITH(make_rule<float>(options), Catch::Contains("anneal: 2"));
}
