// SPDX-License-Identifier: GPL-2.0-or-later
// A study becomes a run folder.
#pragma once

#include <string>
#include <vector>

#include "workflows/commands/command.hpp"
#include "workflows/material_run.hpp"
#include "workflows/mpi_session.hpp"
#include "workflows/run_folder.hpp"

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

/// Runs, or goes on with, the study frozen in options.folder; writes every result file.
/// @throws Error{stopped} when asked to stop
Exit run_study(MpiSession& session, const RunOptions& options);

/// What a run would do: atoms, hops, images, memory. Asks no engine.
std::string describe_plan(const Study& study, int ranks);

}  // namespace hopflow
