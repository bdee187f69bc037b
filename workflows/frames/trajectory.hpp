// SPDX-License-Identifier: GPL-2.0-or-later
// ASE's .traj files.
#pragma once

#include <filesystem>
#include <vector>

#include "workflows/frames/frames.hpp"

namespace hopflow {

/// All frames of an ASE trajectory (ULM container, little endian): numbers, positions, cell, pbc; atoms of FixAtoms and
/// axes of FixCartesian are held.
/// @throws Error{bad_input} if it is no such file, or breaks off
std::vector<PathFrame> read_trajectory(const std::filesystem::path& file);

}  // namespace hopflow
