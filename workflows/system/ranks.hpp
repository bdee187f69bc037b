// SPDX-License-Identifier: GPL-2.0-or-later
// A command that starts itself on several MPI ranks, and ends as this program's table of exit codes says: mpirun ends
// with 1 whenever it was asked to stop.
#pragma once

#include <optional>

#include "workflows/command_line/exit.hpp"

namespace hopflow {

/// Starts this command again under `mpirun -n ranks`, without its option --ranks, and waits for its end. TERM, INT and
/// HUP reach mpirun as TERM, USR1 as itself.
/// @return how it ended; nullopt for one rank, or where a launcher has started this process
/// @throws Error{missing_dependency} if there is no mpirun or it cannot start the ranks, Error{stopped} if the ranks
/// were stopped or killed
std::optional<Exit> on_ranks(int ranks);

}  // namespace hopflow
