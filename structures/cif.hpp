// SPDX-License-Identifier: GPL-2.0-or-later
// CIF in: syntax by gemmi, meaning checked here.
#pragma once

#include <filesystem>
#include <string>

#include "structures/crystal.hpp"

namespace hopflow {

/// Reads the one structure of a CIF and applies its symmetry operations.
/// Refused with file:line:column or file and tag: syntax errors, impossible cells, unknown elements, operations that
/// are not a group or contradict the stated symbol, partial occupancy or disorder, overlapping atoms, a formula that
/// the sites do not give, more than one structure.
/// @throws Error{bad_input}
Crystal read_cif(const std::filesystem::path& path);

/// As read_cif(), from text; `name` stands in messages where the file name would, its stem for a nameless block.
Crystal parse_cif(const std::string& text, const std::string& name);

}  // namespace hopflow
