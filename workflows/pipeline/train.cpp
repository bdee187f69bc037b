// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/train.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>

#include <fmt/core.h>

#include "structures/error.hpp"
#include "workflows/pipeline/snn.hpp"

namespace hopflow::pipeline {

namespace {

constexpr int fewest_spikes = 5;
constexpr int most_attempts = 40;         ///< 255 spikes with P < 0.7 a step then; darker images have nothing to say
constexpr int run_length = 100;
constexpr int runaway_spikes_per_neuron = 4;
constexpr int most_curve_points = 12;

void check(const char* name, int value, int low, int high) {
  if (value < low || value > high) {
    throw Error{Error::Kind::bad_input, fmt::format("{}: {} is out of range; {} to {} are allowed", name, value, low, high)};
  }
}

/// The network with its protocol: shows images until they are answered.
class Trainer {
 public:
  Trainer(const TrainOptions& options, int inputs, TrainResult& result)
      : options_{options},
        result_{result},
        network_{NetworkConstants{}, inputs, options.neurons, options.seed},
        encoder_{steps(network_.constants().image_ms), network_.constants().dt} {
    RuleOptions rule;
    rule.preset = options.preset;
    rule.dt_ms = network_.constants().dt;
    rule.seed = options.seed;
    rule.device = options.device;
    rule.write_probability = options.write_probability;
    rule.anneal = options.anneal;
    rule_ = make_rule<float>(rule);
  }

  Network<float>& network() { return network_; }

  /// Shows one image till it has an answer. @param learn  in the course of training, progress 0..1
  void show(std::span<const std::uint8_t> image, RandomUse use, int index, std::optional<double> learn, std::span<int> counts) {
    LearningRule<float>* const rule = learn ? rule_.get() : nullptr;
    const bool rests = options_.preset != "post-only";
    double intensity = 2;
    for (int attempt = 0;; ++attempt, intensity += 1) {
      if (learn) {
        rule_->begin_image(*learn);
        switch (options_.normalisation()) {
          case Normalise::weights: network_.normalise_weights(); break;
          case Normalise::gains: network_.normalise_gains(); break;
          case Normalise::none: break;
        }
      }
      encoder_.encode(image, intensity,
                      {.seed = options_.seed, .use = use, .image = static_cast<std::uint32_t>(index), .attempt = static_cast<std::uint32_t>(attempt)},
                      trains_);
      network_.present(trains_, rule);
      const std::size_t spikes = network_.spikes().size();
      std::fill(counts.begin(), counts.end(), 0);
      for (const Spike& spike : network_.spikes()) ++counts[static_cast<std::size_t>(spike.neuron)];
      if (rests) {
        network_.rest(steps(network_.constants().rest_ms), rule);
      } else {
        network_.clear();
      }
      if (spikes > static_cast<std::size_t>(runaway_spikes_per_neuron * options_.neurons)) ++result_.runaways;
      if (spikes >= fewest_spikes) return;
      if (attempt + 1 == most_attempts) {
        ++result_.given_up;
        return;
      }
      ++result_.shown_again;
    }
  }

  /// Spike counts with learning off, images x neurons.
  std::vector<int> observe(const ImageSet& images, int count, RandomUse use, const char* pass, const TrainProgress& progress) {
    const auto width = static_cast<std::size_t>(options_.neurons);
    std::vector<int> counts(static_cast<std::size_t>(count) * width);
    for (int i = 0; i < count; ++i) {
      if (i % run_length == 0) {
        network_.clear();
        if (progress) progress(pass, i, count);
      }
      show(images.image(i), use, i, std::nullopt, std::span{counts}.subspan(static_cast<std::size_t>(i) * width, width));
    }
    if (progress) progress(pass, count, count);
    return counts;
  }

 private:
  int steps(double time_ms) const { return static_cast<int>(std::lround(time_ms / network_.constants().dt)); }

  const TrainOptions& options_;
  TrainResult& result_;
  Network<float> network_;
  PoissonEncoder encoder_;
  SpikeTrains trains_;
  std::unique_ptr<LearningRule<float>> rule_;
};

void learn(Trainer& trainer, const ImageSet& images, const TrainOptions& options, TrainResult& result, const TrainProgress& progress) {
  const auto width = static_cast<std::size_t>(options.neurons);
  const int part = std::max(250, (options.train + most_curve_points) / (most_curve_points + 1));
  std::vector<int> counts(static_cast<std::size_t>(std::min(part, options.train)) * width);
  std::vector<int> labels;
  int right = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < options.train; ++i) {
    if (progress && i % run_length == 0) progress("train", i, options.train);
    const auto row = std::span{counts}.subspan(static_cast<std::size_t>(i % part) * width, width);
    trainer.show(images.image(i), RandomUse::train_spikes, i, static_cast<double>(i) / options.train, row);
    if (!labels.empty() && answer(row, labels) == images.labels[static_cast<std::size_t>(i)]) ++right;
    if ((i + 1) % part != 0) continue;
    if (!labels.empty()) result.curve.push_back({i + 1 - part, static_cast<double>(right) / part});
    labels = label_neurons(counts, std::span{images.labels}.subspan(static_cast<std::size_t>(i + 1 - part), static_cast<std::size_t>(part)), options.neurons);
    right = 0;
  }
  result.train_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (progress) progress("train", options.train, options.train);
}

void judge(std::span<const int> counts, const ImageSet& images, const TrainOptions& options, TrainResult& result) {
  const auto width = static_cast<std::size_t>(options.neurons);
  int right = 0, right_first = 0;
  long spikes = 0;
  for (int i = 0; i < options.test; ++i) {
    const auto row = counts.subspan(static_cast<std::size_t>(i) * width, width);
    result.spikes.push_back(std::accumulate(row.begin(), row.end(), 0));
    spikes += result.spikes.back();
    const int digit = images.labels[static_cast<std::size_t>(i)];
    const int given = answer(row, result.labels);
    result.answers.push_back(given);
    if (given < 0) {
      ++result.unanswered;
      continue;
    }
    ++result.confusion[static_cast<std::size_t>(digit)][static_cast<std::size_t>(given)];
    if (given != digit) continue;
    ++right;
    if (i < 1000) ++right_first;
  }
  result.accuracy = static_cast<double>(right) / options.test;
  result.accuracy_first_1000 = static_cast<double>(right_first) / std::min(options.test, 1000);
  result.spikes_per_image = static_cast<double>(spikes) / options.test;
}

}  // namespace

std::vector<int> label_neurons(std::span<const int> counts, std::span<const std::uint8_t> digits, int neurons) {
  std::array<int, 10> images{};
  for (const std::uint8_t digit : digits) ++images[digit];
  const auto width = static_cast<std::size_t>(neurons);
  std::vector<std::array<long, 10>> sums(width);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    for (std::size_t j = 0; j < width; ++j) sums[j][digits[i]] += counts[i * width + j];
  }
  std::vector<int> labels(width, -1);
  for (std::size_t j = 0; j < width; ++j) {
    double best = 0;
    for (std::size_t digit = 0; digit < 10; ++digit) {
      const double mean = images[digit] == 0 ? 0 : static_cast<double>(sums[j][digit]) / images[digit];
      if (mean > best) {
        best = mean;
        labels[j] = static_cast<int>(digit);
      }
    }
  }
  return labels;
}

int answer(std::span<const int> counts, std::span<const int> labels) {
  std::array<long, 10> sums{};
  std::array<int, 10> neurons{};
  for (std::size_t j = 0; j < counts.size(); ++j) {
    if (labels[j] < 0) continue;
    const auto digit = static_cast<std::size_t>(labels[j]);
    sums[digit] += counts[j];
    ++neurons[digit];
  }
  int given = -1;
  double best = 0;
  for (std::size_t digit = 0; digit < 10; ++digit) {
    const double mean = neurons[digit] == 0 ? 0 : static_cast<double>(sums[digit]) / neurons[digit];
    if (mean > best) {
      best = mean;
      given = static_cast<int>(digit);
    }
  }
  return given;
}

TrainResult train_and_test(const Mnist& mnist, const TrainOptions& options, const TrainProgress& progress) {
  check("neurons", options.neurons, 1, 6400);
  check("train", options.train, 1, mnist.train.count);
  check("label", options.label, 1, mnist.train.count);
  check("test", options.test, 1, mnist.test.count);
  TrainResult result;
  Trainer trainer{options, mnist.train.pixels_per_image(), result};
  learn(trainer, mnist.train, options, result, progress);
  result.labels = label_neurons(trainer.observe(mnist.train, options.label, RandomUse::label_spikes, "label", progress),
                                std::span{mnist.train.labels}.first(static_cast<std::size_t>(options.label)), options.neurons);
  result.dead_neurons = static_cast<int>(std::count(result.labels.begin(), result.labels.end(), -1));
  judge(trainer.observe(mnist.test, options.test, RandomUse::test_spikes, "test", progress), mnist.test, options, result);
  const Synapses<float>& synapses = trainer.network().synapses();
  for (int j = 0; j < synapses.neurons; ++j) {
    for (int i = 0; i < synapses.inputs; ++i) result.weights.push_back(synapses.row(i)[j]);
  }
  return result;
}

}  // namespace hopflow::pipeline
