// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "workflows/command_line/command.hpp"

namespace hopflow {

/// hopflow saddle: a saddle from a guess.
void add_saddle(CLI::App& app, Action& action, MpiSession& session);

}  // namespace hopflow
