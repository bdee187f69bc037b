// SPDX-License-Identifier: GPL-2.0-or-later
// The device the crossbar tests use: thresholds, conductances and spread near the published ones.
#pragma once

#include "tests/pipeline/device/sample_device.hpp"

namespace hopflow::pipeline {

inline DeviceParameters flexible_device() {
  DeviceParameters p = sample_device();
  p.ratio_sigma_decades = 0.5;
  return p;
}

/// Every cell the same.
inline DeviceParameters alike_device() {
  DeviceParameters p = flexible_device();
  p.ratio_sigma_decades = 0;
  return p;
}

}  // namespace hopflow::pipeline
