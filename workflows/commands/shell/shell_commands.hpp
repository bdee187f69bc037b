// SPDX-License-Identifier: GPL-2.0-or-later
// Commands about the program itself, made from the tables of its options and of the study's keys.
#pragma once

#include "workflows/command_line/command.hpp"

namespace hopflow {

void add_completion(CLI::App& app, Action& action);
void add_manual(CLI::App& app, Action& action);

}  // namespace hopflow
