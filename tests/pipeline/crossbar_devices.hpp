// SPDX-License-Identifier: GPL-2.0-or-later
// The device the crossbar tests use: thresholds, conductances and spread near the published ones.
#pragma once

#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

inline DeviceParameters flexible_device() {
  DeviceParameters p;
  p.barrier_ev = 0.39;
  p.on_conductance_s = 1 / 383.0;
  p.off_conductance_s = 2e-9;
  p.child_a_per_v2 = 8e-9;
  p.set_threshold_v = 0.9;
  p.reset_threshold_v = 0.5;
  p.sharing_length_hops = 0.7;
  p.stabilisation_ev = 0.29;
  p.ratio_sigma_decades = 0.5;
  return p;
}

}  // namespace hopflow::pipeline
