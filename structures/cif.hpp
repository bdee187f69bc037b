// SPDX-License-Identifier: GPL-2.0-or-later
// CIF in: syntax by gemmi, meaning checked here.
#pragma once

#include <filesystem>
#include <string>

#include "structures/crystal.hpp"
#include "structures/disorder.hpp"

namespace hopflow {

/// Reads the one structure of a CIF and applies its symmetry operations.
/// Refused with file:line:column: syntax errors, impossible cells, unknown elements, operations that are not a group or
/// contradict the stated symbol, overlapping atoms, a formula that the sites do not give, more than one structure; and
/// partial occupancy or disorder, unless `disorder` says how to resolve it, which Crystal::disorder then reports.
/// @throws Error{bad_input}
Crystal read_cif(const std::filesystem::path& path, const Disorder& disorder = {});

/// As read_cif(), from text; `name` stands in messages where the file name would, its stem for a nameless block.
Crystal parse_cif(const std::string& text, const std::string& name, const Disorder& disorder = {});

/// As parse_cif(); with Disorder::Mode::enumerate every arrangement listed, likeliest first.
std::vector<Crystal> parse_cif_arrangements(const std::string& text, const std::string& name, const Disorder& disorder);

}  // namespace hopflow
