// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/network/snn_output.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/text.hpp"
#include "workflows/pipeline/core/statistics.hpp"
#include "workflows/pipeline/training/train_json.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

constexpr double read_v = 0.1;
constexpr int histogram_bins = 20;
constexpr int spike_bin = 5, most_spike_bins = 20;

json fields_json(const TrainedNetwork& network, int wanted) {
  const auto pixels = static_cast<std::size_t>(network.inputs), width = static_cast<std::size_t>(network.neurons);
  const int count = std::min(wanted, network.neurons);
  const int columns = std::max(1, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(count)))));
  json values = json::array();
  for (std::size_t j = 0; j < static_cast<std::size_t>(count); ++j) {
    json field = json::array();
    for (std::size_t i = 0; i < pixels; ++i)
      field.push_back(std::round(static_cast<double>(network.weights[i * width + j]) * 1000) / 1000);
    values.push_back(std::move(field));
  }
  return {{"rows", (count + columns - 1) / columns},
          {"columns", columns},
          {"side", static_cast<int>(std::lround(std::sqrt(static_cast<double>(pixels))))},
          {"values", std::move(values)}};
}

json weight_histogram(const TrainedNetwork& network) {
  std::vector<long> counts(histogram_bins, 0);
  for (const float w : network.weights) {
    ++counts[static_cast<std::size_t>(std::clamp(static_cast<int>(w * histogram_bins), 0, histogram_bins - 1))];
  }
  json edges = json::array();
  for (int k = 0; k <= histogram_bins; ++k) edges.push_back(static_cast<double>(k) / histogram_bins);
  return {{"edges", std::move(edges)}, {"counts", counts}};
}

/// The last bin holds everything above.
json spike_histogram(const std::vector<int>& spikes) {
  std::vector<long> counts(most_spike_bins, 0);
  for (const int n : spikes) ++counts[static_cast<std::size_t>(std::min(n / spike_bin, most_spike_bins - 1))];
  json edges = json::array();
  for (int k = 0; k <= most_spike_bins; ++k) edges.push_back(k * spike_bin);
  return {{"edges", std::move(edges)}, {"counts", counts}};
}

/// A network no better than a constant answer says so; "" for a better one. Sampling errors are those of the images.
std::string chance_note(const TrainOptions& options, const TrainResult& result) {
  long shown = 0, commonest = 0;
  for (const std::vector<int>& row : result.confusion) {
    const long of_class = std::accumulate(row.begin(), row.end(), 0L);
    shown += of_class;
    commonest = std::max(commonest, of_class);
  }
  if (shown == 0) return "";
  const double constant = static_cast<double>(commonest) / static_cast<double>(shown);
  const Interval interval = wilson(static_cast<int>(std::lround(result.accuracy * options.test)), options.test);
  if (interval.low > constant) return "";
  return fmt::format(
      "at chance: always answering the commonest class would be right in {:.1f} % of these images; {} of {} neurons "
      "are silent",
      100 * constant, result.dead_neurons, options.neurons);
}

json notes_json(const TrainOptions& options, const TrainResult& result) {
  json notes = json::array();
  if (std::string chance = chance_note(options, result); !chance.empty()) notes.push_back(std::move(chance));
  notes.push_back(
      fmt::format("one pass over the first {} training images; neurons labelled on the first {} training images with "
                  "learning off; tested on the first {} test images",
                  options.train, options.label, options.test));
  notes.push_back(
      "answers: the digit whose neurons have the highest mean rate, as published; accuracy_likeliest takes the "
      "likeliest "
      "digit given how often each neuron spiked on the labelling images, which is another rule and usually higher");
  if (!result.curve.empty()) {
    notes.push_back(
        "learning curve: training images, each answered before it is learnt by neurons labelled on the images before "
        "it; its last point is not the test accuracy");
  }
  if (!preset_named(options.preset).takes_device) {
    notes.push_back(
        "dc2015: the published rule and constants, without the published program's random input delays; ideal "
        "synapses, so no property of a material enters");
  } else {
    notes.push_back(
        options.device && !options.device->window_ms.empty()
            ? "the STDP window is the device's"
            : "the pulse windows (20 ms, or 40 ms after an output spike) are chosen, not derived from a device");
  }
  switch (options.normalisation()) {
    case Normalise::weights:
      notes.push_back("weights are rescaled before every training image, as published; no crossbar does this");
      break;
    case Normalise::gains:
      notes.push_back("each neuron's gain is set before every training image, conductances are left as written");
      break;
    case Normalise::none: notes.push_back("no normalisation: conductances and gains are left as they are"); break;
  }
  if (options.device) {
    const double largest = options.device->largest_step();
    notes.push_back(fmt::format(
        "synapses follow the device's curve; one full write pulse moves the conductance by up to {:.3g} of its range",
        largest));
    if (largest > 0.5) {
      notes.push_back(
          "such a device is nearly a switch: single pulses overwrite what was learnt, and the accuracy says what that "
          "costs");
    } else if (largest > 0.05) {
      notes.push_back(
          "a few such pulses overwrite what a synapse has learnt, and the accuracy says what that costs; a write "
          "probability or annealing below 1 would spread learning over more images");
    }
    if (options.anneal.value_or(1) < 1) {
      notes.push_back(fmt::format(
          "pulses shrink to {} of their size in the course of the training: chosen, not a property of the device",
          text::shortest(*options.anneal)));
    }
  }
  const CellEffects& cells = options.cells;
  if (cells.write_probability < 1) {
    notes.push_back(fmt::format("write pulses are sent with probability {}: chosen, not a property of the device",
                                text::shortest(cells.write_probability)));
  }
  if (!cells.measured.empty()) {
    notes.push_back(
        fmt::format("every cell is one of {} devices with curves of their own, from the device's population",
                    cells.measured.size()));
  } else if (cells.devices > 1) {
    notes.push_back(fmt::format(
        "every cell is one of {} devices drawn from assumed spreads: steps {} (sd of ln), range {}, exponent of the "
        "curve {}",
        cells.devices, text::shortest(cells.step_sd), text::shortest(cells.range_sd), text::shortest(cells.shape_sd)));
  }
  if (cells.stuck_low + cells.stuck_high > 0) {
    notes.push_back(fmt::format("stuck cells: a share of {} at the lowest, {} at the highest conductance",
                                text::shortest(cells.stuck_low), text::shortest(cells.stuck_high)));
  }
  if (cells.write_noise > 0)
    notes.push_back(fmt::format("write noise: each step has a standard deviation of {} of its size",
                                text::shortest(cells.write_noise)));
  if (options.forgetting.tau_s > 0) {
    notes.push_back(
        fmt::format("devices forget with {:.3g} s; a training image takes {} s, the test comes {} s after labelling",
                    options.forgetting.tau_s, text::shortest(options.forgetting.image_s),
                    text::shortest(options.forgetting.wait_s)));
  }
  const std::int64_t runaways = result.training.runaways + result.labelling.runaways + result.presentations.runaways;
  const std::int64_t given_up = result.training.given_up + result.labelling.given_up + result.presentations.given_up;
  if (runaways > 0)
    notes.push_back(fmt::format("run-away: {} presentations with over four spikes a neuron on average", runaways));
  if (given_up > 0)
    notes.push_back(
        fmt::format("{} images gave under five spikes, however bright; a network that is silent on several in a row "
                    "sees each further one once",
                    given_up));
  if (result.unanswered > 0)
    notes.push_back(
        fmt::format("{} test images were answered by no labelled neuron and count as wrong", result.unanswered));
  return notes;
}

}  // namespace

std::optional<PulseElectrics> PulseElectrics::from_json(const json& synapse) {
  if (!synapse.is_object() || !synapse.contains("pulse") || !synapse.at("pulse").is_object()) return std::nullopt;
  const auto number = [](const json& from, const char* key) -> std::optional<double> {
    if (!from.contains(key) || !from.at(key).is_number()) return std::nullopt;
    return from.at(key).get<double>();
  };
  const auto low = number(synapse, "g_min_s"), high = number(synapse, "g_max_s");
  const auto up = number(synapse.at("pulse"), "up_v"), down = number(synapse.at("pulse"), "down_v"),
             width = number(synapse.at("pulse"), "width_s");
  if (!low || !high || !up || !down || !width) return std::nullopt;
  return PulseElectrics{*low, *high, *up, *down, *width};
}

Energies energies(const TrainOptions& options, const TrainResult& result, const PulseElectrics& e) {
  const double span_s = e.g_max_s - e.g_min_s;
  const WriteCount& w = result.writes;
  const double writing = e.width_s * (e.up_v * e.up_v * (e.g_min_s * w.amount_up + span_s * w.state_up) +
                                      e.down_v * e.down_v * (e.g_min_s * w.amount_down + span_s * w.state_down));
  double reading = 0;
  const TrainedNetwork& network = result.network;
  const auto width = static_cast<std::size_t>(network.neurons);
  for (std::size_t i = 0; i < result.presentations.input_spikes.size(); ++i) {
    double row = 0;
    for (std::size_t j = 0; j < width; ++j)
      row += e.g_min_s + span_s * static_cast<double>(network.weights[i * width + j]);
    reading += static_cast<double>(result.presentations.input_spikes[i]) * row;
  }
  const std::int64_t pulses = w.pulses_up + w.pulses_down;
  return {pulses > 0 ? writing / static_cast<double>(pulses) : 0, writing / options.train,
          read_v * read_v * e.width_s * reading / options.test};
}

json result_json(const TrainOptions& options, const TrainResult& result, const std::optional<PulseElectrics>& electrics,
                 int fields) {
  json curve = json::array();
  for (const CurvePoint& point : result.curve)
    curve.push_back({{"samples", point.samples}, {"accuracy", point.accuracy}});
  const int first = std::min(1000, options.test);
  const Interval interval = wilson(static_cast<int>(std::lround(result.accuracy * options.test)), options.test);
  json out{
      {"seed", options.seed},
      {"preset", options.preset},
      {"normalise", name_of(options.normalisation())},
      {"neurons", options.neurons},
      {"train", options.train},
      {"label", options.label},
      {"test", options.test},
      {"accuracy", result.accuracy},
      {"accuracy_sampling_error", sampling_error(result.accuracy, options.test)},
      {"accuracy_interval_95", {interval.low, interval.high}},
      {"reason", nullptr},
      {"accuracy_first_1000", result.accuracy_first_1000},
      {"accuracy_first_1000_sampling_error", sampling_error(result.accuracy_first_1000, first)},
      {"readout", preset_named(options.preset).readout == Readout::mean_rate ? "mean_rate" : "likeliest"},
      {"accuracy_mean_rate", result.accuracy_mean_rate},
      {"accuracy_mean_rate_first_1000", result.accuracy_mean_rate_first_1000},
      {"accuracy_likeliest", result.accuracy_likeliest},
      {"accuracy_likeliest_first_1000", result.accuracy_likeliest_first_1000},
      {"confusion", result.confusion},
      {"unanswered", result.unanswered},
      {"receptive_fields", fields_json(result.network, fields)},
      {"spikes_per_image", result.spikes_per_image},
      {"spike_histogram", spike_histogram(result.spikes)},
      {"weight_histogram", weight_histogram(result.network)},
      {"dead_neurons", result.dead_neurons},
      {"shown_again", result.training.shown_again + result.labelling.shown_again + result.presentations.shown_again},
      {"runaways", result.training.runaways + result.labelling.runaways + result.presentations.runaways},
      {"pulses_up", result.writes.pulses_up},
      {"pulses_down", result.writes.pulses_down},
      {"curve", std::move(curve)},
      {"synapse", options.device ? "device" : "ideal"},
      {"energy", nullptr},
      {"notes", notes_json(options, result)}};
  if (result.silent()) {
    for (const char* key : {"accuracy", "accuracy_sampling_error", "accuracy_interval_95", "accuracy_first_1000",
                            "accuracy_first_1000_sampling_error", "accuracy_mean_rate", "accuracy_mean_rate_first_1000",
                            "accuracy_likeliest", "accuracy_likeliest_first_1000"})
      out[key] = nullptr;
    out["reason"] =
        fmt::format("none of {} test images was answered: that is no answer, not an accuracy of 0", options.test);
  }
  if (electrics && options.device) {
    const Energies spent = energies(options, result, *electrics);
    out["energy"] = {{"per_write_j", spent.per_write_j},
                     {"per_training_image_j", spent.per_training_image_j},
                     {"per_inference_j", spent.per_inference_j}};
    out["notes"].push_back(
        fmt::format("energies are Joule heat in the cells: writes at {:.3g} V and {:.3g} V for {:.3g} s; an input "
                    "spike reads its row at {} V for as long (assumed)",
                    electrics->up_v, electrics->down_v, electrics->width_s, text::shortest(read_v)));
  }
  return out;
}

}  // namespace hopflow::pipeline
