// SPDX-License-Identifier: GPL-2.0-or-later
// A training small enough for unit tests: 60 digits, 20 neurons.
#pragma once

#include <string>

#include "workflows/pipeline/training/train.hpp"

inline hopflow::pipeline::TrainOptions small_training(const std::string& preset) {
  hopflow::pipeline::TrainOptions options;
  options.preset = preset;
  options.neurons = 20;
  options.train = 60;
  options.label = 40;
  options.test = 40;
  options.seed = 3;
  return options;
}
