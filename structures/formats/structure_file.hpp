// SPDX-License-Identifier: GPL-2.0-or-later
// Structures in and out by file ending: .cif, .extxyz/.xyz, POSCAR/CONTCAR/.vasp/.poscar, .lmp/.data (LAMMPS data).
#pragma once

#include <filesystem>
#include <vector>

#include "structures/cif/cif.hpp"
#include "structures/core/crystal.hpp"

namespace hopflow {

/// Any structure format this build reads. @param choice  what a CIF leaves open; other formats leave nothing
/// @throws Error{bad_input} naming file and line, or listing the endings known
Crystal read_structure(const std::filesystem::path& path, const CifChoice& choice = {});

/// As read_structure(); with Disorder::Mode::enumerate every arrangement listed, likeliest first.
std::vector<Crystal> read_arrangements(const std::filesystem::path& path, const CifChoice& choice);

/// Writes by ending. @throws Error{usage} for an unknown ending, Error{io} if it cannot be written
void write_structure(const std::filesystem::path& path, const Crystal& crystal);

}  // namespace hopflow
