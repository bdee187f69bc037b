// SPDX-License-Identifier: GPL-2.0-or-later
// A trained network answers: labels of neurons, answers to images, accuracy.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "workflows/pipeline/spiking/presenter.hpp"
#include "workflows/pipeline/training/mnist.hpp"

namespace hopflow::pipeline {

/// What is going on: a pass's name, images done, images in all. May be called from several threads, one at a time.
using TrainProgress = std::function<void(const char* pass, int done, int total)>;

/// Everything a test needs to know of a training.
struct TrainedNetwork {
  std::string preset;
  std::uint64_t seed = 1;  ///< of the spike trains of labelling and test images
  int inputs = 0;
  int neurons = 0;
  int classes = 10;            ///< of images: labels lie below
  std::vector<float> weights;  ///< inputs x neurons, the row of an input contiguous; g = (G - Gmin)/(Gmax - Gmin), 0..1
  std::vector<float> gain;     ///< per neuron: it sees gain x weight
  std::vector<float> theta;    ///< per neuron, threshold adaptation (mV)
  std::vector<int> labels;     ///< per neuron; -1: dead, no spike on the labelling images
  std::vector<double> response;  ///< neurons x classes: mean spikes on a labelling image of each
};

/// Spike counts with learning off.
struct Observation {
  std::vector<int> counts;  ///< images x neurons
  PresentationCount presentations;
};

/// Shows the first `count` images. They come in runs of 100, each run from rest: answers depend on nothing before it,
/// so the runs may be spread over threads.
Observation observe(const TrainedNetwork& network, const ImageSet& images, int count, RandomUse use, const char* pass,
                    int threads, const TrainProgress& progress);

/// Fills labels and response. A neuron's label is the digit with the highest mean spike count. Ties go to the smaller
/// digit.
/// @param counts  images x neurons @param digits  images, 0 to network.classes - 1
void label_neurons(std::span<const int> counts, std::span<const std::uint8_t> digits, TrainedNetwork& network);

/// The published answer: the digit whose neurons have the highest mean count; -1 if no labelled neuron spiked.
int answer(std::span<const int> counts, std::span<const int> labels);

/// The likeliest digit if counts were independent Poisson numbers with the means of the labelling images (naive Bayes);
/// uses what all neurons say of all digits. @param response  neurons x classes
int likeliest(std::span<const int> counts, std::span<const double> response);

struct TestResult {
  double accuracy = 0;                                               ///< by the preset's read-out
  double accuracy_first_1000 = 0;                                    ///< over the first min(1000, test) test images
  double accuracy_mean_rate = 0, accuracy_mean_rate_first_1000 = 0;  ///< by answer()
  double accuracy_likeliest = 0, accuracy_likeliest_first_1000 = 0;  ///< by likeliest()
  std::vector<std::vector<int>> confusion;  ///< rows: class shown; columns: answer by the preset's read-out
  std::vector<int> answers;                 ///< per test image; -1: unanswered
  std::vector<int> spikes;                  ///< per test image, excitatory, in the presentation that counts
  int unanswered = 0;                       ///< test images whose spikes came from no labelled neuron; wrong
  double spikes_per_image = 0;              ///< mean of `spikes`
  PresentationCount presentations;

  /// A network that answers nothing has no accuracy.
  bool silent() const { return !answers.empty() && unanswered == static_cast<int>(answers.size()); }
};

/// Tests on the first `count` images of the test set.
TestResult test_network(const TrainedNetwork& network, const ImageSet& images, int count, int threads,
                        const TrainProgress& progress);

/// Standard error of an accuracy from so many images: half of Wilson's interval at one standard error, which is not 0
/// where all or none of the images were answered rightly.
double sampling_error(double accuracy, int images);

}  // namespace hopflow::pipeline
