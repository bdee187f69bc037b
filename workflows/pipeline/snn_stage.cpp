// SPDX-License-Identifier: GPL-2.0-or-later
// The spiking network as a stage of a run: JSON in, JSON out.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/error.hpp"
#include "structures/text.hpp"
#include "workflows/pipeline/mnist.hpp"
#include "workflows/pipeline/snn_output.hpp"
#include "workflows/pipeline/stage.hpp"
#include "workflows/pipeline/train.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& key, const std::string& problem) {
  throw Error{Error::Kind::bad_input, fmt::format("network input: {}: {}", key, problem)};
}

int integer(const json& input, const char* key, int otherwise) {
  if (!input.contains(key)) return otherwise;
  const json& value = input.at(key);
  if (!value.is_number_integer() || value < 0 || value > 1000000) refuse(key, fmt::format("{} is no count; 0 to 1000000 are read", value.dump()));
  return value.get<int>();
}

double number(const json& value, const char* key) {
  if (!value.is_number()) refuse(key, fmt::format("{} is no number", value.dump()));
  return value.get<double>();
}

TrainOptions options_of(const json& input) {
  if (!input.is_object()) refuse("(whole)", "not a map");
  TrainOptions options;
  if (input.contains("preset")) {
    if (!input.at("preset").is_string()) refuse("preset", "not a text; dc2015, pair and post-only are known");
    options.preset = input.at("preset").get<std::string>();
  }
  options.neurons = integer(input, "neurons", options.neurons);
  options.train = integer(input, "train", options.train);
  options.test = integer(input, "test", options.test);
  options.label = integer(input, "label", std::min(options.train, 6000));
  if (input.contains("seed")) {
    if (!input.at("seed").is_number_integer() || input.at("seed") < 0) refuse("seed", "not an integer of 0 or more");
    options.seed = input.at("seed").get<std::uint64_t>();
  }
  if (input.contains("synapse") && !input.at("synapse").is_null()) options.device = DeviceCurve::from_json(input.at("synapse"));
  if (input.contains("write_probability")) options.write_probability = number(input.at("write_probability"), "write_probability");
  if (input.contains("anneal") && !input.at("anneal").is_null()) options.anneal = number(input.at("anneal"), "anneal");
  return options;
}

void check_data(const json& input, const Mnist& mnist) {
  if (!input.contains("data_sha256") || input.at("data_sha256").empty()) return;
  const json found = mnist.sha256;
  if (input.at("data_sha256") != found) {
    throw Error{Error::Kind::bad_input,
                "network input: data_sha256: the images found here are not those the run began with; put the same four files into the data folder"};
  }
}

}  // namespace

json snn_stage(const json& input, const StageSite& site) {
  const TrainOptions options = options_of(input);
  const Mnist mnist = read_mnist(site.data / "mnist");
  check_data(input, mnist);
  const TrainResult result = train_and_test(mnist, options);
  return {{"result", result_json(options, result)}, {"files", json::object()}};
}

}  // namespace hopflow::pipeline
