// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/snn_output.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/text.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

constexpr int most_fields = 25;

json fields_json(const TrainOptions& options, const TrainResult& result) {
  const std::size_t pixels = result.weights.size() / static_cast<std::size_t>(options.neurons);
  const int count = std::min(most_fields, options.neurons);
  const int columns = std::min(5, count);
  json values = json::array();
  for (int j = 0; j < count; ++j) {
    json field = json::array();
    for (std::size_t i = 0; i < pixels; ++i) {
      field.push_back(std::round(static_cast<double>(result.weights[static_cast<std::size_t>(j) * pixels + i]) * 1000) / 1000);
    }
    values.push_back(std::move(field));
  }
  return {{"rows", (count + columns - 1) / columns},
          {"columns", columns},
          {"side", static_cast<int>(std::lround(std::sqrt(static_cast<double>(pixels))))},
          {"values", std::move(values)}};
}

json notes_json(const TrainOptions& options, const TrainResult& result) {
  json notes = json::array();
  notes.push_back(fmt::format("one pass over the first {} training images; neurons labelled on the first {} of them with learning off; tested on the first {} test images",
                              options.train, options.label, options.test));
  if (!result.curve.empty()) {
    notes.push_back("learning curve: training images, each answered before it is learnt by neurons labelled on the images before it; its last point is not the test accuracy");
  }
  if (options.preset == "dc2015") {
    notes.push_back("dc2015: the published rule and constants, without the published program's random input delays; ideal synapses, so no property of a material enters");
  } else {
    notes.push_back("each neuron's gain is normalised before every training image, conductances are left as written; the pulse windows (20 ms, or 40 ms after an output spike) are chosen, not derived from a device");
  }
  if (options.device) {
    const double largest = options.device->largest_step();
    notes.push_back(fmt::format("synapses follow the device's curve; one full write pulse moves the conductance by up to {:.3g} of its range", largest));
    if (largest > 0.5) {
      notes.push_back("such a device is nearly a switch: single pulses overwrite what was learnt, and the accuracy says what that costs");
    } else if (largest > 0.05) {
      notes.push_back("a few such pulses overwrite what a synapse has learnt, and the accuracy says what that costs; a write probability or annealing below 1 would spread learning over more images");
    }
    if (options.write_probability < 1) {
      notes.push_back(fmt::format("write pulses are sent with probability {}: chosen, not a property of the device", text::shortest(options.write_probability)));
    }
    if (options.anneal.value_or(1) < 1) {
      notes.push_back(fmt::format("pulses shrink to {} of their size in the course of the training: chosen, not a property of the device", text::shortest(*options.anneal)));
    }
  }
  if (result.runaways > 0) notes.push_back(fmt::format("run-away: {} presentations with over four spikes a neuron on average", result.runaways));
  if (result.given_up > 0) notes.push_back(fmt::format("{} images gave under five spikes at any brightness", result.given_up));
  if (result.unanswered > 0) notes.push_back(fmt::format("{} test images were answered by no labelled neuron and count as wrong", result.unanswered));
  return notes;
}

}  // namespace

json result_json(const TrainOptions& options, const TrainResult& result) {
  json curve = json::array();
  for (const CurvePoint& point : result.curve) curve.push_back({{"samples", point.samples}, {"accuracy", point.accuracy}});
  return {{"seed", options.seed},
          {"preset", options.preset},
          {"neurons", options.neurons},
          {"train", options.train},
          {"label", options.label},
          {"test", options.test},
          {"accuracy", result.accuracy},
          {"accuracy_first_1000", result.accuracy_first_1000},
          {"confusion", result.confusion},
          {"unanswered", result.unanswered},
          {"receptive_fields", fields_json(options, result)},
          {"spikes_per_image", result.spikes_per_image},
          {"dead_neurons", result.dead_neurons},
          {"shown_again", result.shown_again},
          {"runaways", result.runaways},
          {"curve", std::move(curve)},
          {"synapse", options.device ? "device" : "ideal"},
          {"notes", notes_json(options, result)}};
}

}  // namespace hopflow::pipeline
