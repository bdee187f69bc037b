// SPDX-License-Identifier: GPL-2.0-or-later
// A device under any voltage over time, by an implicit integrator with error control (CVODE).
#pragma once

#include <vector>

#include "workflows/pipeline/models/memristor.hpp"

namespace hopflow::pipeline {

/// A voltage over time: corners joined by straight lines; two corners at one time are a jump.
struct Waveform {
  std::vector<double> time_s;     ///< not descending
  std::vector<double> voltage_v;  ///< as many
};

/// What the device did, at every corner and `samples` times evenly in between.
struct WaveformRun {
  std::vector<double> time_s, voltage_v, current_a, state;
};

struct WaveformOptions {
  int samples = 0;                   ///< between two corners
  double relative_tolerance = 1e-8;  ///< of the integrator; so is the absolute one, times 1e-2
  Compliance compliance = Compliance::off;
  Relaxation relaxation = Relaxation::on;
};

/// @param x  state before, 0 to 1
/// @throws Error{bad_input} naming what is wrong with the waveform; Error{engine} if the integrator gives up
WaveformRun drive(const DeviceParameters& parameters, const Waveform& waveform, double x,
                  const WaveformOptions& options = {});

}  // namespace hopflow::pipeline
