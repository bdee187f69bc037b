// SPDX-License-Identifier: GPL-2.0-or-later
// Which LAMMPS commands a case file may give, and in which characters.
#pragma once

#include <string>
#include <string_view>

namespace hopflow {

/// What is wrong with a command line of a case file, "" if it may be run: one of the listed commands, plain characters
/// only, nothing that reads or writes outside the engine's own folder.
std::string problem_with_command(std::string_view command);

}  // namespace hopflow
