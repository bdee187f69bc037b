// SPDX-License-Identifier: GPL-2.0-or-later
// The compact models by name. A new one is a file next to this with its law of motion, and a row in registry.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/pipeline/models/memristor.hpp"

namespace hopflow::pipeline {

struct Model {
  std::string_view name;
  std::string_view summary;              ///< one line for help and notes
  std::vector<std::string_view> fitted;  ///< which of set_threshold_v, reset_threshold_v, sharing_length_hops,
                                         ///< stabilisation_ev a calibration moves
  Speed (*speed)(const DeviceParameters&, double applied_v, Compliance, Relaxation);
  /// The parameters under which the exported circuit (thresholds and heat) is this model; nullptr: it isn't.
  DeviceParameters (*circuit)(const DeviceParameters&);
};

/// Every model; the first is the default.
std::span<const Model> models();

/// nullptr if there is none of this name.
const Model* find_model(std::string_view name);

/// Their names, in that order.
std::vector<std::string> model_names();

/// @throws Error{bad_input} naming the known ones
const Model& model_named(std::string_view name);

}  // namespace hopflow::pipeline
