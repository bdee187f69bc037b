// SPDX-License-Identifier: GPL-2.0-or-later
// The data of a run, apart from what drives it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "workflows/materials/material_run.hpp"
#include "workflows/study/run_folder.hpp"

namespace hopflow {

/// What a finished run knows; written out by results.hpp.
struct StudyRun {
  Study study;
  RunOptions options;
  std::vector<MaterialRun> materials;
  // Wall-clock figures, for timing.json alone.
  double seconds_total = 0, seconds_barriers = 0;
  std::vector<std::pair<std::string, double>> seconds_to_barrier;
  long asked_of_engines = 0, answered_from_store = 0;
  int ranks = 1;
};

}  // namespace hopflow
