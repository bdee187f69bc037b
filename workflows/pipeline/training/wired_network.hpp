// SPDX-License-Identifier: GPL-2.0-or-later
// A trained network whose weights are read through the wires of tiled arrays.
#pragma once

#include <nlohmann/json.hpp>

#include "workflows/pipeline/training/classify.hpp"

namespace hopflow::pipeline {

struct NetworkWires {
  double line_resistance_ohm = 0;  ///< of one segment of a row and of a column
  double on_s = 0, off_s = 0;      ///< conductance of weight 1 and of weight 0 (S)
};

/// Accuracy on the first `count` test images for tiles of 128 x 128 and 32 x 32 cells and rows without a spike grounded
/// and floating, each as read and with every neuron's gain trimmed; with what the wires leave of a conductance and the
/// energy of a spike.
/// @throws Error{bad_input} if a conductance or the resistance is out of its range
nlohmann::json accuracy_through_wires(const TrainedNetwork& network, const ImageSet& images, int count,
                                      const NetworkWires& wires);

}  // namespace hopflow::pipeline
