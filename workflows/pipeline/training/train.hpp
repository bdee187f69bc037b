// SPDX-License-Identifier: GPL-2.0-or-later
// Training, labelling and testing a network on images: the protocol around the engine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workflows/pipeline/spiking/learning.hpp"
#include "workflows/pipeline/training/classify.hpp"

namespace hopflow::pipeline {

/// What devices forget: g falls as exp(-t/tau). Off at tau = 0.
struct Forgetting {
  double tau_s = 0;      ///< retention time at the array's temperature
  double image_s = 0.5;  ///< how long one training image takes
  double wait_s = 0;     ///< between training and use: neurons are labelled before, the test comes after
};

/// What to train. The first `train` training images are shown once, the first `label` of them again with learning off
/// to label the neurons, then the first `test` test images.
struct TrainOptions {
  std::string preset = "dc2015";  ///< a name of presets()
  int neurons = 400;
  int train = 6000;
  int label = 6000;
  int test = 10000;
  std::uint64_t seed = 1;
  std::optional<DeviceCurve> device;
  std::optional<double> anneal;
  std::optional<Normalise> normalise;  ///< default: the preset's
  CellEffects cells{};
  Forgetting forgetting{};
  int threads = 1;  ///< of labelling and test; changes no bit of the result

  Normalise normalisation() const { return normalise.value_or(preset_named(preset).normalise); }
};

/// Predictions while training: neurons labelled by their spikes on one part of the training images answer the next
/// part.
struct CurvePoint {
  int samples = 0;  ///< images learnt when the answered part began
  double accuracy = 0;
};

struct TrainResult : TestResult {
  TrainedNetwork network;  ///< as tested
  int dead_neurons = 0;
  PresentationCount training, labelling;
  WriteCount writes;
  std::vector<CurvePoint> curve;
  double train_seconds = 0;  ///< of the training pass alone; wall time, never a result
};

/// Why no network of such devices is worth training: they forget within the time one training image takes. "" if there
/// is no such reason.
std::string untrainable(const Forgetting& forgetting);

/// The published protocol (Diehl & Cook 2015, sec. 2.5), see Presenter; weights are normalised before each training
/// image. Presets pair and post-only leave weights as written and normalise gains; post-only clears the state instead
/// of resting.
/// @throws Error{bad_input} naming the option and its bounds
TrainResult train_and_test(const Mnist& mnist, const TrainOptions& options, const TrainProgress& progress = {});

}  // namespace hopflow::pipeline
