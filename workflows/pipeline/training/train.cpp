// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/training/train.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

namespace {

constexpr int most_curve_points = 12;
constexpr int progress_every = 100;

void check(const char* name, int value, int low, int high) {
  if (value < low || value > high) {
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: {} is out of range; {} to {} are allowed", name, value, low, high)};
  }
}

void check(const Forgetting& forgetting) {
  for (const auto& [name, value] :
       {std::pair{"tau_s", forgetting.tau_s}, {"image_s", forgetting.image_s}, {"wait_s", forgetting.wait_s}}) {
    if (!(value >= 0))
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: {} is negative; seconds are 0 or more", name, text::shortest(value))};
  }
}

/// The share of g left after so long.
double left_after(double seconds, double tau_s) { return tau_s > 0 ? std::exp(-seconds / tau_s) : 1; }

std::unique_ptr<LearningRule<float>> rule_of(const TrainOptions& options) {
  RuleOptions rule;
  rule.preset = options.preset;
  rule.dt_ms = NetworkConstants{}.dt;
  rule.seed = options.seed;
  rule.device = options.device;
  rule.anneal = options.anneal;
  rule.cells = options.cells;
  return make_rule<float>(rule);
}

NetworkConstants constants_of(const TrainOptions& options) {
  const Preset& preset = preset_named(options.preset);
  NetworkConstants constants;
  constants.theta_plus = preset.theta_plus;
  if (preset.theta_scales) constants.theta_plus *= options.neurons / 400.0 * 6000.0 / options.train;
  return constants;
}

void forget(Network<float>& network, LearningRule<float>& rule, double share) {
  if (share == 1) return;
  network.scale_weights(static_cast<float>(share));
  rule.after_decay(network.synapses());
}

void learn(Network<float>& network, LearningRule<float>& rule, const ImageSet& images, const TrainOptions& options,
           TrainResult& result, const TrainProgress& progress) {
  Presenter presenter{network, options.seed, preset_named(options.preset).rests};
  const auto width = static_cast<std::size_t>(options.neurons);
  const int part = std::max(250, (options.train + most_curve_points) / (most_curve_points + 1));
  const double kept = left_after(options.forgetting.image_s, options.forgetting.tau_s);
  std::vector<int> counts(static_cast<std::size_t>(std::min(part, options.train)) * width);
  TrainedNetwork judge;
  judge.neurons = options.neurons;
  judge.classes = images.classes;
  int right = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < options.train; ++i) {
    if (progress && i % progress_every == 0) progress("train", i, options.train);
    const auto row = std::span{counts}.subspan(static_cast<std::size_t>(i % part) * width, width);
    forget(network, rule, kept);
    rule.begin_image(static_cast<double>(i) / options.train);
    presenter.show(
        images.image(i), RandomUse::train_spikes, i, &rule,
        [&] {
          switch (options.normalisation()) {
            case Normalise::weights: network.normalise_weights(); break;
            case Normalise::gains: network.normalise_gains(); break;
            case Normalise::none: break;
          }
        },
        row);
    if (!judge.labels.empty() && answer(row, judge.labels) == images.labels[static_cast<std::size_t>(i)]) ++right;
    if ((i + 1) % part != 0) continue;
    if (!judge.labels.empty()) result.curve.push_back({i + 1 - part, static_cast<double>(right) / part});
    label_neurons(
        counts,
        std::span{images.labels}.subspan(static_cast<std::size_t>(i + 1 - part), static_cast<std::size_t>(part)),
        judge);
    right = 0;
  }
  result.train_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  result.training = presenter.count();
  result.writes = rule.writes();
  if (progress) progress("train", options.train, options.train);
}

/// What the network is now, labels aside.
void take(const Network<float>& network, TrainedNetwork& out) {
  const Synapses<float>& synapses = network.synapses();
  out.weights.clear();
  for (int i = 0; i < synapses.inputs; ++i)
    out.weights.insert(out.weights.end(), synapses.row(i), synapses.row(i) + synapses.neurons);
  out.gain.assign(synapses.gain.begin(), synapses.gain.begin() + synapses.neurons);
  out.theta.clear();
  for (int j = 0; j < synapses.neurons; ++j) out.theta.push_back(static_cast<float>(network.theta(j)));
}

}  // namespace

std::string untrainable(const Forgetting& forgetting) {
  if (!(forgetting.tau_s > 0) || forgetting.tau_s > forgetting.image_s) return "";
  return fmt::format(
      "the device forgets in {:.2g} s, within the {} s of one training image: nothing learnt is left for the next, so "
      "no network was trained",
      forgetting.tau_s, text::shortest(forgetting.image_s));
}

TrainResult train_and_test(const Mnist& mnist, const TrainOptions& options, const TrainProgress& progress) {
  check("neurons", options.neurons, 1, 6400);
  check("train", options.train, 1, mnist.train.count);
  check("label", options.label, 1, mnist.train.count);
  check("test", options.test, 1, mnist.test.count);
  check(options.forgetting);
  TrainResult result;
  const std::unique_ptr<LearningRule<float>> rule = rule_of(options);
  Network<float> network{constants_of(options), mnist.train.pixels_per_image(), options.neurons, options.seed};
  rule->place(network.synapses());
  learn(network, *rule, mnist.train, options, result, progress);
  TrainedNetwork& trained = result.network;
  trained.preset = options.preset;
  trained.seed = options.seed;
  trained.inputs = network.inputs();
  trained.neurons = network.neurons();
  trained.classes = mnist.train.classes;
  take(network, trained);
  Observation seen =
      observe(trained, mnist.train, options.label, RandomUse::label_spikes, "label", options.threads, progress);
  label_neurons(seen.counts, std::span{mnist.train.labels}.first(static_cast<std::size_t>(options.label)), trained);
  result.labelling = std::move(seen.presentations);
  result.dead_neurons = static_cast<int>(std::count(trained.labels.begin(), trained.labels.end(), -1));
  forget(network, *rule, left_after(options.forgetting.wait_s, options.forgetting.tau_s));
  take(network, trained);
  static_cast<TestResult&>(result) = test_network(trained, mnist.test, options.test, options.threads, progress);
  return result;
}

}  // namespace hopflow::pipeline
