// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/commands/structures/cell_arguments.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

/// Entries of these matrices are whole numbers over small divisors.
std::string fraction_text(double value) {
  for (int divisor = 1; divisor <= 12; ++divisor)
    if (const double whole = std::round(value * divisor); std::abs(value * divisor - whole) < 1e-6)
      return divisor == 1 ? fmt::format("{:.0f}", whole + 0.0) : fmt::format("{:.0f}/{}", whole, divisor);
  return fmt::format("{:.6g}", value);
}

}  // namespace

void add_cell_options(CLI::App& command, CellArguments& arguments) {
  auto* distance =
      command.add_option("--min-distance", arguments.min_distance, "keep every atom this far from its images (A)");
  distance->check(CLI::Range(1.0, 200.0));
  auto* along = command.add_option("--chain-distance", arguments.chain_distance,
                                   "in a crystal of chains: minimum distance of a defect from its image along its own "
                                   "chain (A); the nearest image of all may be on another chain");
  along->check(CLI::Range(1.0, 200.0));
  command
      .add_option("--matrix", arguments.matrix,
                  "2x2x2, or three integers (the diagonal), or nine (rows: new vectors in units of the old ones); "
                  "quotes are optional")
      ->expected(1, 9)
      ->excludes(distance)
      ->excludes(along);
  auto* primitive = command.add_flag("--primitive", arguments.primitive, "start from the primitive cell");
  command
      .add_flag("--conventional", arguments.conventional, "start from the cell of the space group's standard setting")
      ->excludes(primitive);
  command.add_option("--symprec", arguments.symprec, "tolerance of --primitive and --conventional (A)")
      ->capture_default_str();
}

void return_file(CellArguments& arguments, StructureInput& input) {
  if (!input.file.empty() || arguments.matrix.size() < 2) return;
  input.file = arguments.matrix.back();
  arguments.matrix.pop_back();
}

void add_cell_output(CLI::App& command, CellOutput& arguments, const std::string& usual) {
  auto* output = command.add_option("-o,--output", arguments.output,
                                    "file to write: .cif, .extxyz, POSCAR, .lmp; with --disorder enumerate one for "
                                    "each arrangement (NAME-1.cif, ...)" +
                                        (usual.empty() ? "" : "; default: " + usual));
  if (usual.empty()) output->required();
  command.add_flag("--force", arguments.force, "overwrite the file if it exists");
  command.add_flag("--json", arguments.as_json, "print the result as JSON");
}

Eigen::Matrix3i matrix_argument(const std::vector<std::string>& argument) {
  std::string plain = text::join(argument, " ");
  for (char& c : plain)
    if (c == ',' || c == ';' || c == '[' || c == ']' || c == 'x' || c == 'X' || c == '*') c = ' ';
  std::vector<int> numbers;
  for (const std::string& word : text::split_words(plain)) {
    const auto number = text::to_integer(word);
    if (!number || *number < -1000 || *number > 1000)
      throw Error{Error::Kind::usage,
                  fmt::format("--matrix: '{}' is not an integer from -1000 to 1000", text::printable(word))};
    numbers.push_back(static_cast<int>(*number));
  }
  if (numbers.size() != 3 && numbers.size() != 9)
    throw Error{
        Error::Kind::usage,
        fmt::format("--matrix: {} numbers; expected nine (rows: new vectors in old ones) or three (the diagonal)",
                    numbers.size())};
  return matrix_of_rows(numbers);
}

BuiltCell build_cell(const Crystal& crystal, const CellArguments& arguments) {
  const bool other = arguments.primitive || arguments.conventional;
  const bool by_distance = arguments.min_distance > 0 || arguments.chain_distance > 0;
  if (!other && !by_distance && arguments.matrix.empty())
    throw Error{Error::Kind::usage,
                "which cell? give --min-distance (A), --chain-distance (A), --matrix, --primitive or --conventional"};
  OtherCell start{Eigen::Matrix3d::Identity(), crystal};
  if (arguments.primitive) start = primitive_cell(crystal, arguments.symprec);
  if (arguments.conventional) start = conventional_cell(crystal, arguments.symprec);
  if (arguments.chain_distance > 0 && !chain_repeat(start.crystal, Eigen::Matrix3i::Identity()))
    throw Error{Error::Kind::usage, fmt::format("--chain-distance: {} has no chains; give --min-distance alone",
                                                text::printable(crystal.name))};
  Supercell supercell;
  if (!arguments.matrix.empty())
    supercell = make_supercell(start.crystal, matrix_argument(arguments.matrix));
  else if (by_distance)
    supercell = find_supercell(start.crystal, std::max(arguments.min_distance, 1e-3), arguments.chain_distance);
  else
    supercell = make_supercell(start.crystal, Eigen::Matrix3i::Identity());
  const std::optional<double> along = chain_repeat(start.crystal, supercell.matrix);
  const Eigen::Matrix3d matrix = start.matrix * supercell.matrix.cast<double>();
  return {std::move(start.crystal), std::move(supercell), matrix, along};
}

std::string matrix_text(const Eigen::Matrix3d& matrix) {
  std::string out;
  for (int column = 0; column < 3; ++column)
    out += fmt::format("{}[{} {} {}]", column == 0 ? "" : " ", fraction_text(matrix(0, column)),
                       fraction_text(matrix(1, column)), fraction_text(matrix(2, column)));
  return out;
}

nlohmann::ordered_json cell_json(const BuiltCell& cell) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (int column = 0; column < 3; ++column) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    for (int k = 0; k < 3; ++k) row.push_back(number_json(cell.matrix(k, column)));
    rows.push_back(row);
  }
  return {{"matrix_rows", rows},
          {"min_image_distance_angstrom", cell.supercell.min_image_distance},
          {"chain_repeat_angstrom",
           cell.chain_repeat ? nlohmann::ordered_json(*cell.chain_repeat) : nlohmann::ordered_json(nullptr)}};
}

std::filesystem::path with_suffix(const std::filesystem::path& path, const std::string& suffix) {
  if (suffix.empty()) return path;
  return path.parent_path() / (path.stem().string() + "-" + suffix + path.extension().string());
}

std::vector<std::string> arrangement_suffixes(const std::vector<Crystal>& crystals) {
  std::vector<std::string> out;
  for (const Crystal& crystal : crystals)
    out.push_back(crystal.disorder && crystal.disorder->mode.starts_with("enumerate")
                      ? fmt::format("{}", crystal.disorder->taken)
                      : "");
  return out;
}

nlohmann::ordered_json arrangement_json(const std::vector<Crystal>& crystals, std::size_t which) {
  const auto& first = crystals.front().disorder;
  const auto& own = crystals[which].disorder;
  if (!own || own->taken < 1) return nullptr;
  const Arrangement& a = first->representatives[static_cast<std::size_t>(own->taken - 1)];
  return {{"number", own->taken}, {"degeneracy", a.degeneracy}, {"probability", a.probability}, {"formula", a.formula}};
}

}  // namespace hopflow
