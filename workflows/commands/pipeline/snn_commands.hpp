// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of `hopflow snn` that have a file of their own.
#pragma once

#include "workflows/command_line/command.hpp"

namespace hopflow {

/// Adds `figure6` to the command `snn`.
void add_snn_figure6(CLI::App* snn, Action& action);

}  // namespace hopflow
