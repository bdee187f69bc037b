// SPDX-License-Identifier: GPL-2.0-or-later
// Which programs and Python packages are on this machine.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace hopflow {

/// Where a shell would find the program.
std::optional<std::filesystem::path> on_path(const std::string& program);

/// First line of a fixed command's output, "" if it fails.
std::string first_line(const std::string& command);

/// A Python with ASE: its command and ASE's version; nullopt if there is none.
struct PythonWithAse {
  std::string command, version;
};
std::optional<PythonWithAse> python_with_ase();

/// Version of a package in the Python of the machine-learned potentials, "" if it or torch is missing there.
std::string learned_version(const std::string& package);

}  // namespace hopflow
