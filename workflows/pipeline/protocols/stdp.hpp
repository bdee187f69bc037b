// SPDX-License-Identifier: GPL-2.0-or-later
// Spike-timing-dependent plasticity of a device between two neurons whose spikes overlap across it.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/protocols/protocol_options.hpp"
#include "workflows/pipeline/protocols/waveform.hpp"

namespace hopflow::pipeline {

/// One neuron's spike: `spike_v` for `width_s`, then from -`tail_v` back to zero along a straight line within `tail_s`.
/// No published waveform stands behind the numbers; they are to be chosen. Alone, no spike passes a threshold.
struct StdpOptions {
  double spike_v = 0.6, tail_v = 0.6;
  double width_s = 1e-6, tail_s = 2e-5;
  double start = 0.6;
  double read_v = 0.1;
  int points = 10;  ///< spike distances on each side, evenly up to tail_s
};

std::span<const ProtocolOption<StdpOptions>> stdp_options();

struct StdpPoint {
  double distance_s = 0;             ///< post after pre
  double before_s = 0, after_s = 0;  ///< conductance (S)
};

/// The voltage across the device, postsynaptic minus presynaptic: pre first and its tail adds to the spike that
/// follows.
Waveform spike_pair(const StdpOptions& options, double distance_s);

/// @throws Error{bad_input} naming the option that is out of its range
std::vector<StdpPoint> stdp(const DeviceParameters& parameters, const StdpOptions& options);

/// Pre before post potentiates, post before pre depresses, and neither grows with the distance.
bool hebbian(const std::vector<StdpPoint>& curve);

/// {"distance_s": [], "relative_change": [], "spike_v", ...}
nlohmann::json stdp_json(const std::vector<StdpPoint>& curve, const StdpOptions& options);

}  // namespace hopflow::pipeline
