// SPDX-License-Identifier: GPL-2.0-or-later
// Arguments that the structure commands have in common, and what they print alike.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "structures/cif/disorder/disorder.hpp"
#include "structures/core/crystal.hpp"

namespace hopflow {

/// The file a structure command reads, and how.
struct StructureInput {
  std::string file;
  std::vector<std::string> disorder{"ordered"};  ///< words of --disorder; may have swallowed the file name
  std::string block;                             ///< of a CIF with several structures, "" for the only one
  std::string format;                            ///< "" to take it from the name
  std::optional<int> frame;                      ///< of a file with several
  bool framework_only = false;
  std::optional<int> average;        ///< read the average structure, see CifChoice
  std::optional<Ordering> ordering;  ///< instead of what the word supercell means
  bool require_experimental = false;
};

/// Adds FILE, --block, --disorder, --format, --frame, --framework-only and --require-experimental.
void add_structure_input(CLI::App& command, StructureInput& input, const std::string& file_help);

/// What --disorder says. @throws Error{usage}
Disorder disorder_argument(StructureInput& input);

/// Reads the structure. @throws Error{usage} for an option, Error{bad_input} for the file, or if it says that it is a
/// model although --require-experimental is given
Crystal read_input(const StructureInput& input);

/// The same; with --disorder enumerate every arrangement that is listed.
std::vector<Crystal> read_every(const StructureInput& input);

/// Atomic number of an element named on the command line. @throws Error{usage} naming the option's value
int element_argument(const std::string& symbol);

/// A whole number as such, any other with its fraction.
nlohmann::ordered_json number_json(double value);

/// How disorder was resolved, null where there was nothing to choose.
nlohmann::ordered_json disorder_json(const Crystal& crystal);

/// JSON as text; bytes that are no UTF-8 (they may stand in labels) become replacement characters.
std::string json_text(const nlohmann::ordered_json& json);

/// Warnings and the model notice on stderr, so that stdout stays the result.
void print_notices(const Crystal& crystal);

}  // namespace hopflow
