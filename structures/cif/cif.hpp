// SPDX-License-Identifier: GPL-2.0-or-later
// CIF in: syntax by gemmi, meaning checked here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "structures/cif/disorder/disorder.hpp"
#include "structures/core/crystal.hpp"

namespace hopflow {

/// What a CIF may leave open, decided from outside.
struct CifChoice {
  Disorder disorder{};
  std::string block{};           ///< name of the data block that is meant; "" where only one holds a structure
  bool framework_only = false;   ///< leave out what framework_of() leaves out, and do not ask for it to be complete
  std::optional<int> average{};  ///< atomic number: keep every place, full or not; where elements share one, this one
};

/// Reads the one structure of a CIF and applies its symmetry operations.
/// Refused with file:line:column: syntax errors, impossible cells, unknown elements, operations that are not a group or
/// contradict the stated symbol, overlapping atoms, a formula that the sites do not give; more than one structure,
/// unless `choice` names a block; and partial occupancy or disorder, unless it says how to resolve them, which
/// Crystal::disorder then reports.
/// @throws Error{bad_input}
Crystal read_cif(const std::filesystem::path& path, const CifChoice& choice = {});

/// The atoms of a structure without guest molecules and, in a halide of other metals, without alkali ions and whatever
/// is neither metal nor halogen: the frame whose hops an incomplete file still gives.
Crystal framework_of(const Crystal& crystal);

/// As read_cif(), from text; `name` stands in messages where the file name would, its stem for a nameless block.
Crystal parse_cif(const std::string& text, const std::string& name, const CifChoice& choice = {});

/// As parse_cif(); with Disorder::Mode::enumerate every arrangement listed, likeliest first.
std::vector<Crystal> parse_cif_arrangements(const std::string& text, const std::string& name, const CifChoice& choice);

}  // namespace hopflow
