// SPDX-License-Identifier: GPL-2.0-or-later
// The command line: parsed here, one command run, errors turned into exit codes.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "structures/core/error.hpp"
#include "workflows/command_line/command.hpp"

namespace hopflow {

/// Exit code of a kind of error.
Exit exit_of(Error::Kind kind);

/// Opens /dev/null in place of a standard stream that was closed, so that no file takes its number. What is then
/// written to standard output fails, and is an error as on a full disk.
void keep_standard_streams();

/// A line on standard error; one that cannot be written is lost, and nothing else.
void complain(const std::string& line) noexcept;

/// Parses, runs the command that is named, and alone turns errors into messages and exit codes.
/// @param add  adds the commands
Exit run_command_line(int argc, char** argv, const std::function<void(CLI::App&, Action&)>& add);

}  // namespace hopflow
