// SPDX-License-Identifier: GPL-2.0-or-later
// Devices in the loop: every effect by itself, and that none of them is the ideal synapse.
#include <catch2/catch.hpp>

#include <cmath>

#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "tests/pipeline/spiking/small_training.hpp"
#include "tests/pipeline/spiking/snn_digits.hpp"
#include "workflows/pipeline/core/statistics.hpp"
#include "workflows/pipeline/network/snn_output.hpp"
#include "workflows/pipeline/training/train_json.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;

namespace {

constexpr int cells_wide = 100, cells_high = 100;

/// An array of `cells_high` x `cells_wide` cells at g = 0.5 with its writer.
struct Array {
  CellWriter<double> writer;
  std::vector<double> g;

  Array(const CellEffects& effects, const DeviceCurve& curve = DeviceCurve::linear_bounds(0.1, 0.1))
      : writer{curve, effects, 7}, g(cells_wide * cells_high, 0.5) {
    writer.place(g, cells_high, cells_wide, cells_wide);
  }
  void pulse_all_up() {
    for (std::size_t k = 0; k < g.size(); ++k) writer.up(g[k], k, 1);
  }
};

}  // namespace

TEST_CASE("with every effect off a device array is the ideal synapse bit by bit", "[pipeline][snn]") {
  const Mnist digits = testing::stroke_mnist(60, 40);
  for (const std::string preset : {"pair", "post-only"}) {
    const TrainResult ideal = train_and_test(digits, small_training(preset));
    TrainOptions off = small_training(preset);
    off.device = preset_named(preset).ideal;
    off.anneal = preset_named(preset).anneal;
    // As an array of sixteen "measured" devices, all alike, that never lose a pulse or forget within a lifetime.
    off.cells.measured.assign(16, *off.device);
    off.cells.write_probability = 1;
    off.forgetting = {.tau_s = 1e30, .image_s = 0.5, .wait_s = 1};
    const TrainResult device = train_and_test(digits, off);
    CHECK(device.network.weights == ideal.network.weights);
    CHECK(device.network.theta == ideal.network.theta);
    CHECK(device.answers == ideal.answers);
    // Each effect alone changes the bits.
    for (int effect = 0; effect < 6; ++effect) {
      TrainOptions on = small_training(preset);
      if (effect == 0) on.cells = {.devices = 16, .step_sd = 0.3};
      if (effect == 1) on.cells = {.devices = 16, .range_sd = 0.1};
      if (effect == 2) on.cells = {.devices = 16, .shape_sd = 0.2};
      if (effect == 3) on.cells.stuck_high = 0.05;
      if (effect == 4) on.cells.write_noise = 0.3;
      if (effect == 5) on.forgetting.tau_s = 1000;
      INFO("effect " << effect);
      CHECK(train_and_test(digits, on).network.weights != ideal.network.weights);
    }
  }
}

TEST_CASE("steps of unequal devices are log-normal, and the same cell keeps its device", "[pipeline][snn]") {
  const CellEffects effects{.devices = 200, .step_sd = 0.4};
  Array array{effects};
  array.pulse_all_up();
  std::vector<double> logs;
  for (const double g : array.g) logs.push_back(std::log((g - 0.5) / 0.05));
  // 200 devices: the mean's standard error is 0.4/sqrt(200), that of the sd 0.4/sqrt(400).
  CHECK(mean_of(logs) == Approx(0).margin(4 * 0.4 / std::sqrt(200.0)));
  CHECK(sd_of(logs) == Approx(0.4).margin(4 * 0.4 / 20));
  Array again{effects};
  again.pulse_all_up();
  CHECK(again.g == array.g);
  CellEffects other = effects;
  other.seed = 2;
  Array others{other};
  others.pulse_all_up();
  CHECK(others.g != array.g);
}

TEST_CASE("a device with a smaller range stops at its top", "[pipeline][snn]") {
  Array array{{.devices = 50, .range_sd = 0.2}};
  for (int n = 0; n < 400; ++n) array.pulse_all_up();
  CHECK(mean_of(array.g) == Approx(1).margin(4 * 0.2 / std::sqrt(50.0)));
  CHECK(sd_of(array.g) == Approx(0.2).margin(0.08));
}

TEST_CASE("stuck cells have their share and never move", "[pipeline][snn]") {
  Array array{{.stuck_low = 0.1, .stuck_high = 0.2}};
  const std::vector<double> before = array.g;
  const auto share = [&](double state) {
    return static_cast<double>(std::count(before.begin(), before.end(), state)) / static_cast<double>(before.size());
  };
  CHECK(share(0) == Approx(0.1).margin(5 * std::sqrt(0.09 / 1e4)));
  CHECK(share(1) == Approx(0.2).margin(5 * std::sqrt(0.16 / 1e4)));
  array.pulse_all_up();
  for (std::size_t k = 0; k < before.size(); ++k) CHECK((array.g[k] == before[k]) == (before[k] != 0.5));
  for (double& g : array.g) g *= 0.5;  // all forget
  array.writer.restore_stuck(array.g);
  CHECK(static_cast<double>(std::count(array.g.begin(), array.g.end(), 1.0)) / 1e4 == share(1));
}

TEST_CASE("write noise has the mean and standard deviation asked for, pulse by pulse", "[pipeline][snn]") {
  Array array{{.write_noise = 0.5}};
  array.pulse_all_up();
  std::vector<double> steps;
  for (const double g : array.g) steps.push_back((g - 0.5) / 0.05);
  CHECK(mean_of(steps) == Approx(1).margin(4 * 0.5 / 100));
  CHECK(sd_of(steps) == Approx(0.5).margin(4 * 0.5 / std::sqrt(2e4)));
  double next = 0;  // neighbouring pulses are independent
  for (std::size_t k = 1; k < steps.size(); ++k) next += (steps[k] - 1) * (steps[k - 1] - 1) / 0.25;
  CHECK(next / 1e4 == Approx(0).margin(4 / 100.0));
}

TEST_CASE("what devices forget is exp(-t/tau) of their state", "[pipeline][snn]") {
  const Mnist digits = testing::stroke_mnist(60, 40);
  TrainOptions options = small_training("pair");
  const TrainResult kept = train_and_test(digits, options);
  options.forgetting = {.tau_s = 100, .image_s = 0, .wait_s = 50};
  const TrainResult waited = train_and_test(digits, options);
  for (std::size_t k = 0; k < kept.network.weights.size(); ++k) {
    CHECK(waited.network.weights[k] == Approx(kept.network.weights[k] * std::exp(-0.5)).epsilon(1e-6));
  }
  CHECK(waited.network.labels == kept.network.labels);
  options.forgetting = {.tau_s = -1};
  CHECK_THROWS_WITH(train_and_test(digits, options), Catch::Contains("tau_s: -1"));
}

TEST_CASE("energies are V^2 G t of the pulses that were counted", "[pipeline][snn]") {
  TrainOptions options;
  options.train = 4;
  options.test = 2;
  TrainResult result;
  result.network.neurons = 2;
  result.network.inputs = 2;
  result.network.weights = {0, 1, 0.5, 0.5};
  result.writes = {
      .pulses_up = 3, .pulses_down = 1, .amount_up = 2, .amount_down = 1, .state_up = 0.5, .state_down = 0.25};
  result.presentations.input_spikes = {10, 4};
  const Energies spent =
      energies(options, result, {.g_min_s = 1e-6, .g_max_s = 1e-4, .up_v = 1, .down_v = -2, .width_s = 1e-7});
  const double up = 1 * (2 * 1e-6 + 0.5 * 99e-6), down = 4 * (1 * 1e-6 + 0.25 * 99e-6);
  CHECK(spent.per_training_image_j == Approx(1e-7 * (up + down) / 4));
  CHECK(spent.per_write_j == Approx(1e-7 * (up + down) / 4));
  // Row 0 conducts 1e-6 + 1e-4, row 1 twice (1e-6 + 0.5 99e-6); read at 0.1 V.
  CHECK(spent.per_inference_j == Approx(0.01 * 1e-7 * (10 * 101e-6 + 4 * 101e-6) / 2));
}

TEST_CASE("variance goes to the cause it came from", "[pipeline][snn]") {
  // y = row + column + letter, no rest: the sample variances of the effects themselves.
  const std::vector<double> rows{-2, 0, 1, 1}, columns{0.5, -0.5, 0, 0}, letters{0, 0, 0, 0};
  std::vector<double> values;
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) values.push_back(7 + rows[i] + columns[j] + letters[(i + j) % 4]);
  }
  const VarianceParts parts = variance_parts(values);
  CHECK(parts.row.sd == Approx(sd_of(rows)));
  CHECK(parts.column.sd == Approx(sd_of(columns)));
  CHECK(parts.letter.sd == Approx(0).margin(1e-9));
  CHECK(parts.residual_sd == Approx(0).margin(1e-9));
  // Pure chance: no cause gets more than chance gives it, over many tables.
  double from_rows = 0, rest = 0;
  for (std::uint32_t table = 0; table < 300; ++table) {
    for (std::size_t k = 0; k < 16; ++k)
      values[k] = unit_interval(random_block(1, RandomUse::writes, table, static_cast<std::uint32_t>(k), 0)[0]);
    const VarianceParts chance = variance_parts(values);
    from_rows += chance.row.variance / 300;
    rest += chance.residual_sd * chance.residual_sd / 300;
  }
  CHECK(from_rows == Approx(0).margin(0.01));
  CHECK(rest == Approx(1.0 / 12).epsilon(0.1));
  CHECK_THROWS_WITH(variance_parts(std::vector<double>(8)), Catch::Contains("no square"));
}

TEST_CASE("a network read back from its file answers with the same bits", "[pipeline][snn]") {
  const Mnist digits = testing::stroke_mnist(60, 40);
  const TrainResult trained = train_and_test(digits, small_training("pair"));
  const nlohmann::json file = nlohmann::json::parse(to_json(trained.network).dump());
  TrainedNetwork back = network_from_json(file, "net.json");
  const TestResult again = test_network(back, digits.test, 40, 2, {});
  CHECK(again.answers == trained.answers);
  CHECK(again.spikes == trained.spikes);
  CHECK(weights_csv(back) == weights_csv(trained.network));
  nlohmann::json bad = file;
  bad["gain"].erase(0);
  CHECK_THROWS_WITH(network_from_json(bad, "net.json"), Catch::Contains("net.json: gain: a list of 20 numbers"));
  bad = file;
  bad["labels"][3] = 12;
  CHECK_THROWS_WITH(network_from_json(bad, "net.json"), Catch::Contains("labels: 12 is not between -1 and 9"));
  CHECK_THROWS_WITH(network_from_json({{"schema", "x"}}, "net.json"), Catch::Contains("no trained network"));
}

TEST_CASE("a training's question survives JSON, and nonsense in it is refused by key", "[pipeline][snn]") {
  TrainOptions options = small_training("pair");
  options.device = DeviceCurve::linear_bounds(0.02, 0.03);
  options.anneal = 0.2;
  options.normalise = Normalise::none;
  options.cells = {.devices = 16, .step_sd = 0.3, .stuck_low = 0.01, .write_noise = 0.1, .seed = 9};
  options.cells.measured = {DeviceCurve::linear_bounds(0.1, 0.1)};
  options.forgetting = {.tau_s = 1e5, .image_s = 0.4, .wait_s = 60};
  const nlohmann::json question = to_json(options);
  CHECK(to_json(train_options_from_json(question)) == question);
  const auto refused = [&](const nlohmann::json& input, const char* why) {
    CHECK_THROWS_WITH(train_options_from_json(input), Catch::Contains(why));
  };
  refused({{"normalise", "rows"}}, "'rows' is unknown; weights, gains and none");
  refused({{"cells", {{"write_noise", "much"}}}}, "write_noise");
  refused({{"cells", 3}}, "cells: not a map");
  refused({{"forgetting", {{"tau_s", nullptr}}}}, "tau_s");
}
