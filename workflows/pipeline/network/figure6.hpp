// SPDX-License-Identifier: GPL-2.0-or-later
// The published figure of the network, drawn again: accuracy against neurons (6B) and training images (6D), receptive
// fields (6C), and what a set of unequal devices costs. Many trainings, one question each.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/training/train.hpp"

namespace hopflow::pipeline {

struct Figure6Options {
  std::vector<std::string> presets{"dc2015", "pair", "post-only"};
  std::vector<int> neurons{100, 200, 400, 800, 1600};
  std::vector<int> samples{500, 1000, 2000, 3000, 4000, 5000, 6000};
  int usual_neurons = 400;   ///< of 6D and of the losses
  int usual_samples = 6000;  ///< of 6B and of the losses
  int label = 10000;
  int test = 10000;
  int seeds = 5;            ///< 1, 2, ... seeds
  int field_neurons = 100;  ///< 6C: of a network of that many
  std::vector<int> field_samples{1000, 6000};
  CellEffects unequal = usual_spread();
};

/// One training: its answer depends on the question alone.
struct Figure6Task {
  std::string name;  ///< a file name
  TrainOptions options;
  int fields = 0;  ///< receptive fields its answer keeps

  nlohmann::json question(const std::array<std::string, 4>& data_sha256) const;
};

/// All trainings, the long ones first; each question once.
/// @throws Error{bad_input} for an unknown preset or empty lists
std::vector<Figure6Task> figure6_tasks(const Figure6Options& options);

/// The answers as figures: path -> content of figure6.json, CSV and SVG files and index.html.
/// @param answers  by task name, as result_json() gives them
std::map<std::string, std::string> figure6_files(const Figure6Options& options,
                                                 const std::map<std::string, nlohmann::json>& answers);

}  // namespace hopflow::pipeline
