// SPDX-License-Identifier: GPL-2.0-or-later
// A study becomes a run folder.
#pragma once

#include <string>

#include "workflows/command_line/exit.hpp"
#include "workflows/crew/mpi_session.hpp"
#include "workflows/study/run_folder.hpp"

namespace hopflow {

class Door;

/// Runs, or goes on with, the study frozen in options.folder; writes every result file.
/// @param door  through which engines elsewhere join; nullptr: none do
/// @param guests_alone  clients of i-PI engines are started by those who join, none here
/// @throws Error{stopped} when asked to stop
Exit run_study(MpiSession& session, const RunOptions& options, Door* door = nullptr, bool guests_alone = false);

/// What a run would do: atoms, hops, images, memory. Asks no engine.
std::string describe_plan(const Study& study, int ranks);

}  // namespace hopflow
