// SPDX-License-Identifier: GPL-2.0-or-later
// Structures in and out by file ending: .cif, .extxyz/.xyz, POSCAR/CONTCAR/.vasp/.poscar, .lmp/.data (LAMMPS data).
#pragma once

#include <filesystem>

#include "structures/crystal.hpp"

namespace hopflow {

/// Any structure format this build reads.
/// @throws Error{bad_input} naming file and line, or listing the endings known
Crystal read_structure(const std::filesystem::path& path);

/// Writes by ending. @throws Error{usage} for an unknown ending, Error{io} if it cannot be written
void write_structure(const std::filesystem::path& path, const Crystal& crystal);

}  // namespace hopflow
