// SPDX-License-Identifier: GPL-2.0-or-later
// What is reported of a trained network.
#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "workflows/pipeline/training/train.hpp"

namespace hopflow::pipeline {

/// The pulses of a calibrated synapse: what turns counted pulses into energy.
struct PulseElectrics {
  double g_min_s = 0, g_max_s = 0;  ///< the conductances of w = 0 and w = 1
  double up_v = 0, down_v = 0;
  double width_s = 0;

  /// From a synapse as the device stage writes it; nullopt where it carries no conductances or pulse.
  static std::optional<PulseElectrics> from_json(const nlohmann::json& synapse);
};

/// Joule heat in the cells, V^2 G t; the wires' and the circuits' energy is not in it.
struct Energies {
  double per_write_j = 0;  ///< mean of one pulse
  double per_training_image_j = 0;
  double per_inference_j =
      0;  ///< one test image: each input spike reads its row at 0.1 V for one pulse width (assumed)
};
Energies energies(const TrainOptions& options, const TrainResult& result, const PulseElectrics& electrics);

/// What result_json() keeps of the receptive fields: this many neurons' weights, the first ones.
inline constexpr int report_fields = 25;

/// The question (see to_json(TrainOptions), curve left out) and: accuracy, accuracy_sampling_error,
/// accuracy_first_1000, accuracy_first_1000_sampling_error, the same by the likeliest digit,
/// confusion (classes x classes),
/// receptive_fields {rows, columns, side, values: `fields` neurons' weights, 0..1, three digits}, spikes_per_image with
/// a histogram, dead_neurons, weight histogram, pulses, energies, curve, synapse, notes. No wall times.
nlohmann::json result_json(const TrainOptions& options, const TrainResult& result,
                           const std::optional<PulseElectrics>& electrics = {}, int fields = report_fields);

}  // namespace hopflow::pipeline
