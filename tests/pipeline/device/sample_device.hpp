// SPDX-License-Identifier: GPL-2.0-or-later
// A device with round numbers for tests that need just any.
#pragma once

#include "workflows/pipeline/models/parameters.hpp"

inline hopflow::pipeline::DeviceParameters sample_device() {
  hopflow::pipeline::DeviceParameters p;
  p.barrier_ev = 0.39;
  p.on_conductance_s = 1 / 383.0;
  p.off_conductance_s = 2e-9;
  p.child_a_per_v2 = 8e-9;
  p.set_threshold_v = 0.9;
  p.reset_threshold_v = 0.5;
  p.sharing_length_hops = 0.7;
  p.stabilisation_ev = 0.29;
  return p;
}
