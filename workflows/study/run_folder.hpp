// SPDX-License-Identifier: GPL-2.0-or-later
// The folder a run lives in: the frozen study, the files it reads, how the run was started.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

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

/// Makes the folder of a run that has none yet: it appears with a note of what it was begun from, so that whatever cuts
/// the run off then, `run` and `resume` can take it up.
/// @throws Error{bad_input} if the folder holds something else
void begin_folder(const RunOptions& options, const std::filesystem::path& study_file);

/// Whether a folder holds a run, be it one that was cut off at its very beginning.
bool is_run_folder(const std::filesystem::path& folder);

/// Copies the study and every file it reads into the run folder, so that the folder alone can be resumed; running again
/// in the folder of the same study continues it. All of it takes its place in one step: whenever this is cut off, the
/// folder holds the study before or the new one.
/// @throws Error{bad_input} if the folder holds another study's run
void freeze_study(const Study& study, const RunOptions& options);

/// Prepares a folder whose run may have been cut off: puts in place what was about to be, and removes what the writing
/// of files left behind. For the holder of the folder's lock.
void tidy_folder(const std::filesystem::path& folder);

/// The study file of a run that was cut off before its study was frozen; nothing if there is no such run.
std::optional<std::filesystem::path> begun_study(const std::filesystem::path& folder, RunOptions& options);

/// Refuses a folder in which something leads out of it: a run writes nowhere else.
/// @throws Error{bad_input} naming the symbolic link
void refuse_links(const std::filesystem::path& folder);

/// The study frozen in a run folder, and the options it was started with.
Study frozen_study(const std::filesystem::path& folder, RunOptions& options);

/// hops, barriers, device, crossbar or snn.
std::optional<Until> until_from(std::string_view word);

}  // namespace hopflow
