// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow new.
#pragma once

#include "workflows/command_line/command.hpp"

namespace hopflow {

void add_new(CLI::App& app, Action& action);

}  // namespace hopflow
