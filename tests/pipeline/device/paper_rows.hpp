// SPDX-License-Identifier: GPL-2.0-or-later
// The shipped reference rows, and one calibration to them for all tests of a program.
#pragma once

#include "workflows/pipeline/calibration/calibrate.hpp"
#include "workflows/pipeline/calibration/reference_file.hpp"

inline const nlohmann::json& paper() {
  static const nlohmann::json rows =
      hopflow::pipeline::load_reference(HOPFLOW_SOURCE_DIR "/inputs/reference/paper.yaml");
  return rows;
}

inline const hopflow::pipeline::Calibration& fitted() {
  static const hopflow::pipeline::Calibration fit = [] {
    hopflow::pipeline::CalibrationRequest request;
    request.start.barrier_ev = 0.39;
    return hopflow::pipeline::calibrate(paper(), request);
  }();
  return fit;
}
