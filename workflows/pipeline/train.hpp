// SPDX-License-Identifier: GPL-2.0-or-later
// Training, labelling and testing a network on images: the protocol around the engine.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "workflows/pipeline/learning_synapse.hpp"
#include "workflows/pipeline/mnist.hpp"

namespace hopflow::pipeline {

/// How the sum of a neuron's weights is kept in bounds before each training image.
enum class Normalise {
  weights,   ///< weights are rescaled, as published; no crossbar does this
  gains,     ///< the neuron's input gain is set, conductances stay as written
  none,
};

/// What to train. The first `train` training images are shown once, the first `label` of them again with learning off to
/// label the neurons, then the first `test` test images.
struct TrainOptions {
  std::string preset = "dc2015";   ///< dc2015 | pair | post-only, see make_rule()
  int neurons = 400;
  int train = 6000;
  int label = 6000;
  int test = 10000;
  std::uint64_t seed = 1;
  std::optional<DeviceCurve> device;
  double write_probability = 1;
  std::optional<double> anneal;
  std::optional<Normalise> normalise;   ///< default: weights for dc2015, gains for the others

  Normalise normalisation() const { return normalise.value_or(preset == "dc2015" ? Normalise::weights : Normalise::gains); }
};

/// Predictions while training: neurons labelled by their spikes on one part of the training images answer the next part.
struct CurvePoint {
  int samples = 0;        ///< images learnt when the answered part began
  double accuracy = 0;
};

struct TrainResult {
  double accuracy = 0;
  double accuracy_first_1000 = 0;                    ///< over the first min(1000, test) test images
  std::array<std::array<int, 10>, 10> confusion{};   ///< rows: digit shown; columns: answer
  std::vector<int> answers;                          ///< per test image; -1: unanswered
  std::vector<int> spikes;                           ///< per test image, excitatory, in the presentation that counts
  int unanswered = 0;                                ///< test images whose spikes came from no labelled neuron; wrong
  std::vector<int> labels;                           ///< per neuron; -1: dead, no spike on the labelling images
  double spikes_per_image = 0;                       ///< mean of `spikes`
  int dead_neurons = 0;
  int shown_again = 0;                               ///< presentations beyond the first, all passes
  int given_up = 0;                                  ///< images that stayed below five spikes however bright
  int runaways = 0;                                  ///< presentations with over four spikes a neuron on average, all passes
  std::vector<CurvePoint> curve;
  std::vector<float> weights;                        ///< neurons x pixels, row of a neuron contiguous; 0..1
  double train_seconds = 0;                          ///< of the training pass alone; wall time, never a result
};

/// What is going on: a pass's name, images done, images in all.
using TrainProgress = std::function<void(const char* pass, int done, int total)>;

/// The published protocol (Diehl & Cook 2015, sec. 2.5): weights normalised, 350 ms of image, 150 ms of rest; an image with
/// under five excitatory spikes is shown again, 32 Hz brighter each time at full white. A neuron's label is the digit with the highest mean
/// spike count on the labelling images; the answer is the digit whose neurons have the highest mean spike count. Ties go to
/// the smaller digit. Labelling and test images come in runs of 100, each run from rest: their answers depend on nothing before it.
/// Presets pair and post-only leave weights as written and normalise gains; post-only clears the state instead of resting.
/// @throws Error{bad_input} naming the option and its bounds
TrainResult train_and_test(const Mnist& mnist, const TrainOptions& options, const TrainProgress& progress = {});

/// Label of each neuron from its mean counts. @param counts  images x neurons @param digits  images, 0..9
std::vector<int> label_neurons(std::span<const int> counts, std::span<const std::uint8_t> digits, int neurons);

/// The digit whose neurons have the highest mean count; -1 if no labelled neuron spiked.
int answer(std::span<const int> counts, std::span<const int> labels);

}  // namespace hopflow::pipeline
