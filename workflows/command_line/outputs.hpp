// SPDX-License-Identifier: GPL-2.0-or-later
// One rule for what commands write: a file that is there stays unless --force is given; a device, a pipe or a socket
// is written to and never replaced.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>

#include <CLI/CLI.hpp>

namespace hopflow {

/// What an option names: one file, or a folder that a command fills once.
enum class Output { file, folder };

/// An option for an output, and --force where the command does not have it yet. The rule is applied before the command
/// computes anything.
CLI::Option* add_output(CLI::App& command, const std::string& names, std::string& target, const std::string& help,
                        Output kind = Output::file);

/// Whether --force was given to the command.
bool is_forced(const CLI::App& command);

/// The rule for every output that the commands on the line were given.
/// @throws Error{usage} naming the option, the file and --force
void refuse_to_overwrite(CLI::App& app);

/// The rule for one file; NAME.PID.tmp of a killed process goes. @param option  as it stands in the message
/// @throws Error{usage} if it exists and `force` is not given, or is a folder; Error{io} if its folder can't be written
void refuse_to_overwrite(const std::filesystem::path& path, bool force, const std::string& option = "-o");

/// The rule for the folder of a command that goes on where it stopped: it may write over its own files, known by the
/// store next to them, and over no others.
void go_on_or_refuse(const std::filesystem::path& folder, std::initializer_list<const char*> files, bool force);

}  // namespace hopflow
