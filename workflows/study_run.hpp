// SPDX-License-Identifier: GPL-2.0-or-later
// A study becomes a run folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "workflows/commands/command.hpp"
#include "workflows/material_run.hpp"
#include "workflows/mpi_session.hpp"
#include "workflows/study.hpp"

namespace hopflow {

/// How far a run goes.
enum class Until { hops, barriers, device, crossbar, snn };

struct RunOptions {
  std::filesystem::path folder;
  std::filesystem::path data;     ///< folder with mnist/
  Until until = Until::snn;
  bool quick = false;
};

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

/// Copies the study and every file it reads into the run folder, so that the folder alone can be resumed.
/// Running again in the folder of the same study continues it.
/// @throws Error{bad_input} if the folder holds something else
void freeze_study(const Study& study, const RunOptions& options);

/// The study frozen in a run folder, and the options it was started with.
Study frozen_study(const std::filesystem::path& folder, RunOptions& options);

/// Runs, or goes on with, the study frozen in options.folder; writes every result file.
/// @throws Error{stopped} when asked to stop
Exit run_study(MpiSession& session, const RunOptions& options);

/// What a run would do: atoms, hops, images, memory. Asks no engine.
std::string describe_plan(const Study& study, int ranks);

}  // namespace hopflow
