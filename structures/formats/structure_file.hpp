// SPDX-License-Identifier: GPL-2.0-or-later
// Structures in and out by file ending: .cif, .extxyz/.xyz, POSCAR/CONTCAR/.vasp/.poscar, .lmp/.data (LAMMPS data).
#pragma once

#include <filesystem>
#include <vector>

#include "structures/crystal.hpp"
#include "structures/disorder.hpp"

namespace hopflow {

/// Any structure format this build reads. @param disorder  how disorder of a CIF is resolved; others have none
/// @throws Error{bad_input} naming file and line, or listing the endings known
Crystal read_structure(const std::filesystem::path& path, const Disorder& disorder = {});

/// As read_structure(); with Disorder::Mode::enumerate every arrangement listed, likeliest first.
std::vector<Crystal> read_arrangements(const std::filesystem::path& path, const Disorder& disorder);

/// Writes by ending. @throws Error{usage} for an unknown ending, Error{io} if it cannot be written
void write_structure(const std::filesystem::path& path, const Crystal& crystal);

}  // namespace hopflow
