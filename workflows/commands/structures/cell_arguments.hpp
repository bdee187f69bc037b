// SPDX-License-Identifier: GPL-2.0-or-later
// Which cell a command means: the one of the file, another of the same crystal, a supercell.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "structures/cells/supercell.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"

namespace hopflow {

/// What is asked for: where to start (cell as read, primitive or conventional), and what to build from it.
struct CellArguments {
  std::vector<std::string> matrix;              ///< words of --matrix
  double min_distance = 0, chain_distance = 0;  ///< A, 0: not asked
  bool primitive = false, conventional = false;
  double symprec = 0.01;  ///< A
};

/// --min-distance, --chain-distance, --matrix, --primitive, --conventional, --symprec.
void add_cell_options(CLI::App& command, CellArguments& arguments);

/// Where the built cells go.
struct CellOutput {
  std::string output;
  bool force = false, as_json = false;
};

/// --matrix takes several words and may have swallowed the file name: puts it back.
void return_file(CellArguments& arguments, StructureInput& input);

/// -o, --force, --json. @param usual  what stands in for -o, in words; "": it must be given
void add_cell_output(CLI::App& command, CellOutput& arguments, const std::string& usual = "");

struct BuiltCell {
  Crystal start;                       ///< as read, primitive or conventional
  Supercell supercell;                 ///< of `start`
  Eigen::Matrix3d matrix;              ///< columns: its vectors in those of the cell as read; entries may be fractions
  std::optional<double> chain_repeat;  ///< A
};

/// @throws Error{usage} if the options contradict each other or ask for nothing, Error{bad_input} if there is no such
/// cell
BuiltCell build_cell(const Crystal& crystal, const CellArguments& arguments);

/// Nine integers "2 0 0  0 1 0  0 0 1" (rows: new vectors in old ones) or three ("2 1 1" or 2x1x1, the diagonal), in
/// one word or several; commas, semicolons and brackets may stand between. @return columns: new vectors in old ones
/// @throws Error{usage}
Eigen::Matrix3i matrix_argument(const std::vector<std::string>& words);

/// "[2 0 0] [0 1/2 1/2] [0 0 1]": rows, new vectors in old ones.
std::string matrix_text(const Eigen::Matrix3d& matrix);

/// Keys matrix_rows, min_image_distance_angstrom, chain_repeat_angstrom.
nlohmann::ordered_json cell_json(const BuiltCell& cell);

/// "cell.cif" with "I1" becomes "cell-I1.cif".
std::filesystem::path with_suffix(const std::filesystem::path& path, const std::string& suffix);

/// Per crystal the suffix of its file: "" for one, "1", "2", ... for the arrangements of an enumeration.
std::vector<std::string> arrangement_suffixes(const std::vector<Crystal>& crystals);

/// Number, degeneracy and probability of the arrangement in its list; null if there is none.
nlohmann::ordered_json arrangement_json(const std::vector<Crystal>& crystals, std::size_t which);

}  // namespace hopflow
