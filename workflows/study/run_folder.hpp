// SPDX-License-Identifier: GPL-2.0-or-later
// The folder a run lives in: the frozen study, the files it reads, how the run was started.
#pragma once

#include <filesystem>

#include "workflows/study/study.hpp"

namespace hopflow {

/// How far a run goes.
enum class Until { hops, barriers, device, crossbar, snn };

struct RunOptions {
  std::filesystem::path folder;
  std::filesystem::path data;  ///< folder with mnist/
  Until until = Until::snn;
  bool quick = false;
};

/// Copies the study and every file it reads into the run folder, so that the folder alone can be resumed.
/// Running again in the folder of the same study continues it.
/// @throws Error{bad_input} if the folder holds something else
void freeze_study(const Study& study, const RunOptions& options);

/// The study frozen in a run folder, and the options it was started with.
Study frozen_study(const std::filesystem::path& folder, RunOptions& options);

}  // namespace hopflow
