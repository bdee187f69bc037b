// SPDX-License-Identifier: GPL-2.0-or-later
// Structures in and out by file ending: .cif, .extxyz/.xyz, POSCAR/CONTCAR/XDATCAR/.vasp/.poscar, .lmp/.data (LAMMPS
// data).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "structures/cif/cif.hpp"
#include "structures/core/crystal.hpp"

namespace hopflow {

/// What a file may leave open: of a CIF see CifChoice.
struct ReadChoice : CifChoice {
  std::string format{};        ///< "cif", "extxyz", "poscar", "xdatcar", "lammps-data"; "": by the name
  std::optional<int> frame{};  ///< of a file with several; from 0, negative from the end
};

/// Their names, as --format takes them.
std::vector<std::string> structure_formats();

/// Any structure format this build reads.
/// @throws Error{bad_input} naming file and line, or listing the endings known
Crystal read_structure(const std::filesystem::path& path, const ReadChoice& choice = {});

/// As read_structure(); with Disorder::Mode::enumerate every arrangement listed, likeliest first.
std::vector<Crystal> read_arrangements(const std::filesystem::path& path, const ReadChoice& choice);

/// Whether write_structure() knows the ending, asked before anything is computed.
/// @throws Error{usage} for an unknown ending
void require_known_ending(const std::filesystem::path& path);

/// Writes by ending. @throws Error{usage} for an unknown ending, Error{io} if it cannot be written
void write_structure(const std::filesystem::path& path, const Crystal& crystal);

}  // namespace hopflow
