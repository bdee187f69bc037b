// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/training/train_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

constexpr std::array<std::pair<Normalise, std::string_view>, 3> normalise_names{
    {{Normalise::weights, "weights"}, {Normalise::gains, "gains"}, {Normalise::none, "none"}}};

[[noreturn]] void refuse(const std::string& key, const std::string& problem) {
  throw Error{Error::Kind::bad_input, fmt::format("network input: {}: {}", key, problem)};
}

void read(const json& input, const char* key, int& out) {
  if (!input.contains(key)) return;
  const json& value = input.at(key);
  if (!value.is_number_integer() || value < 0 || value > 1000000)
    refuse(key, fmt::format("{} is not a count; 0 to 1000000 are allowed", value.dump()));
  out = value.get<int>();
}

void read(const json& input, const char* key, double& out) {
  if (!input.contains(key)) return;
  const json& value = input.at(key);
  if (!value.is_number() || !std::isfinite(value.get<double>()))
    refuse(key, fmt::format("{} is not a number", value.dump()));
  out = value.get<double>();
}

void read(const json& input, const char* key, std::uint64_t& out) {
  if (!input.contains(key)) return;
  if (!input.at(key).is_number_integer() || input.at(key) < 0) refuse(key, "not an integer of 0 or more");
  out = input.at(key).get<std::uint64_t>();
}

bool given(const json& input, const char* key) { return input.contains(key) && !input.at(key).is_null(); }

const json& map_of(const json& input, const char* key) {
  if (!input.at(key).is_object()) refuse(key, "not a map");
  return input.at(key);
}

json curve_json(const DeviceCurve& curve) {
  json out{{"nodes", curve.nodes}, {"up", curve.up}, {"down", curve.down}};
  if (!curve.window_ms.empty())
    out["window"] = {{"ms", curve.window_ms}, {"up", curve.window_up}, {"down", curve.window_down}};
  return out;
}

CellEffects cells_from_json(const json& input) {
  CellEffects cells;
  read(input, "devices", cells.devices);
  read(input, "step_sd", cells.step_sd);
  read(input, "range_sd", cells.range_sd);
  read(input, "shape_sd", cells.shape_sd);
  read(input, "stuck_low", cells.stuck_low);
  read(input, "stuck_high", cells.stuck_high);
  read(input, "write_noise", cells.write_noise);
  read(input, "write_probability", cells.write_probability);
  read(input, "seed", cells.seed);
  if (given(input, "measured")) {
    if (!input.at("measured").is_array()) refuse("measured", "not a list of curves");
    for (const json& curve : input.at("measured")) cells.measured.push_back(DeviceCurve::from_json(curve));
  }
  return cells;
}

json cells_json(const CellEffects& cells) {
  json measured = json::array();
  for (const DeviceCurve& curve : cells.measured) measured.push_back(curve_json(curve));
  return {{"devices", cells.devices},
          {"step_sd", cells.step_sd},
          {"range_sd", cells.range_sd},
          {"shape_sd", cells.shape_sd},
          {"stuck_low", cells.stuck_low},
          {"stuck_high", cells.stuck_high},
          {"write_noise", cells.write_noise},
          {"write_probability", cells.write_probability},
          {"seed", cells.seed},
          {"measured", std::move(measured)}};
}

template <class Number>
std::vector<Number> numbers(const json& file, const std::string& place, const char* key, std::size_t expected,
                            double low, double high) {
  if (!file.contains(key) || !file.at(key).is_array() || file.at(key).size() != expected) {
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: {}: a list of {} numbers is expected, as 'hopflow snn train --network' writes it",
                            place, key, expected)};
  }
  std::vector<Number> out;
  out.reserve(expected);
  for (const json& value : file.at(key)) {
    if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high)) {
      throw Error{Error::Kind::bad_input, fmt::format("{}: {}: {} is not between {} and {}", place, key, value.dump(),
                                                      text::shortest(low), text::shortest(high))};
    }
    out.push_back(value.get<Number>());
  }
  return out;
}

}  // namespace

Normalise normalise_named(std::string_view name) {
  for (const auto& [normalise, known] : normalise_names) {
    if (known == name) return normalise;
  }
  refuse("normalise", fmt::format("'{}' is unknown; weights, gains and none are known", text::printable(name)));
}

std::string_view name_of(Normalise normalise) {
  return std::find_if(normalise_names.begin(), normalise_names.end(),
                      [&](const auto& row) { return row.first == normalise; })
      ->second;
}

TrainOptions train_options_from_json(const json& input) {
  if (!input.is_object()) refuse("(whole)", "not a map");
  TrainOptions options;
  if (input.contains("preset")) {
    if (!input.at("preset").is_string()) refuse("preset", "not a text");
    options.preset = input.at("preset").get<std::string>();
  }
  read(input, "neurons", options.neurons);
  read(input, "train", options.train);
  read(input, "test", options.test);
  options.label = std::min(options.train, 6000);
  read(input, "label", options.label);
  read(input, "seed", options.seed);
  if (given(input, "synapse")) options.device = DeviceCurve::from_json(input.at("synapse"));
  if (given(input, "anneal")) read(input, "anneal", options.anneal.emplace());
  if (given(input, "normalise")) {
    if (!input.at("normalise").is_string()) refuse("normalise", "not a text; weights, gains and none are known");
    options.normalise = normalise_named(input.at("normalise").get<std::string>());
  }
  if (given(input, "cells")) options.cells = cells_from_json(map_of(input, "cells"));
  if (given(input, "forgetting")) {
    const json& forgetting = map_of(input, "forgetting");
    read(forgetting, "tau_s", options.forgetting.tau_s);
    read(forgetting, "image_s", options.forgetting.image_s);
    read(forgetting, "wait_s", options.forgetting.wait_s);
  }
  return options;
}

json to_json(const TrainOptions& options) {
  return {{"preset", options.preset},
          {"neurons", options.neurons},
          {"train", options.train},
          {"label", options.label},
          {"test", options.test},
          {"seed", options.seed},
          {"normalise", name_of(options.normalisation())},
          {"anneal", options.anneal ? json(*options.anneal) : json(nullptr)},
          {"synapse", options.device ? curve_json(*options.device) : json(nullptr)},
          {"cells", cells_json(options.cells)},
          {"forgetting",
           {{"tau_s", options.forgetting.tau_s},
            {"image_s", options.forgetting.image_s},
            {"wait_s", options.forgetting.wait_s}}}};
}

json to_json(const TrainedNetwork& network) {
  json out{{"schema", "hopflow-network/1"}, {"preset", network.preset},   {"seed", network.seed},
           {"inputs", network.inputs},      {"neurons", network.neurons}, {"gain", network.gain},
           {"theta_mv", network.theta},     {"labels", network.labels},   {"response", network.response},
           {"weights", network.weights}};
  if (network.classes != TrainedNetwork{}.classes) out["classes"] = network.classes;
  return out;
}

TrainedNetwork network_from_json(const json& file, const std::string& place) {
  if (!file.is_object() || file.value("schema", json()) != "hopflow-network/1") {
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: no trained network; write one with 'hopflow snn train --network FILE'", place)};
  }
  TrainedNetwork network;
  if (!file.contains("preset") || !file.at("preset").is_string())
    throw Error{Error::Kind::bad_input, fmt::format("{}: preset: missing", place)};
  network.preset = preset_named(file.at("preset").get<std::string>()).name;
  const auto count = [&](const char* key, int high) {
    if (!file.contains(key) || !file.at(key).is_number_integer() || file.at(key) < 1 || file.at(key) > high) {
      throw Error{Error::Kind::bad_input, fmt::format("{}: {}: an integer from 1 to {} is expected", place, key, high)};
    }
    return file.at(key).get<int>();
  };
  network.inputs = count("inputs", 65535);
  network.neurons = count("neurons", 6400);
  if (!file.contains("seed") || !file.at("seed").is_number_unsigned())
    throw Error{Error::Kind::bad_input, fmt::format("{}: seed: an integer of 0 or more is expected", place)};
  network.seed = file.at("seed").get<std::uint64_t>();
  const auto width = static_cast<std::size_t>(network.neurons);
  network.gain = numbers<float>(file, place, "gain", width, 0, 1e30);
  network.theta = numbers<float>(file, place, "theta_mv", width, -1e6, 1e6);
  if (file.contains("classes")) network.classes = count("classes", most_classes);
  network.labels = numbers<int>(file, place, "labels", width, -1, network.classes - 1);
  network.response =
      numbers<double>(file, place, "response", width * static_cast<std::size_t>(network.classes), 0, 1e9);
  network.weights = numbers<float>(file, place, "weights", width * static_cast<std::size_t>(network.inputs), 0, 1e6);
  return network;
}

void read_weights(const std::filesystem::path& csv, TrainedNetwork& network) {
  const std::string content = text::read_file(csv);
  const std::string place = text::printable(csv.string());
  std::vector<float> weights;
  int line_number = 0, rows = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::string line = text::trim(std::string_view{content}.substr(begin, end - begin));
    begin = end + 1;
    ++line_number;
    if (line.empty()) continue;
    ++rows;
    int columns = 0;
    for (std::size_t from = 0; from <= line.size(); ++columns) {
      const std::size_t to = std::min(line.find(',', from), line.size());
      const std::string word = text::trim(std::string_view{line}.substr(from, to - from));
      const auto value = text::to_double(word);
      // Wires can leave less than Gmin of a conductance.
      if (!value || !std::isfinite(*value)) {
        throw Error{Error::Kind::bad_input,
                    fmt::format("{}:{}:{}: '{}' found; finite numbers are allowed, (G - Gmin)/(Gmax - Gmin)", place,
                                line_number, from + 1, text::printable(word))};
      }
      weights.push_back(static_cast<float>(*value));
      from = to + 1;
    }
    if (columns != network.neurons) {
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}:{}: {} numbers; the network has {} neurons, give one number for each", place,
                              line_number, columns, network.neurons)};
    }
  }
  if (rows != network.inputs) {
    throw Error{Error::Kind::bad_input, fmt::format("{}: {} lines; the network has {} inputs, give one line for each",
                                                    place, rows, network.inputs)};
  }
  network.weights = std::move(weights);
}

std::string weights_csv(const TrainedNetwork& network) {
  std::string out;
  const auto width = static_cast<std::size_t>(network.neurons);
  for (std::size_t k = 0; k < network.weights.size(); ++k) {
    out += fmt::format("{}", network.weights[k]);
    out += (k + 1) % width == 0 ? '\n' : ',';
  }
  return out;
}

}  // namespace hopflow::pipeline
