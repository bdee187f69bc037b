// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/commands/structure_arguments.hpp"

#include <cstdio>

#include <fmt/core.h>

#include "structures/element.hpp"
#include "structures/error.hpp"
#include "structures/text.hpp"

namespace hopflow {

int element_argument(const std::string& symbol) {
  if (const auto z = atomic_number(symbol)) return *z;
  throw Error{Error::Kind::usage,
              fmt::format("--element '{}': no such element; expected a symbol such as I or Pb", text::printable(symbol))};
}

Eigen::Matrix3i matrix_argument(const std::string& argument) {
  std::string plain = argument;
  for (char& c : plain)
    if (c == ',' || c == ';' || c == '[' || c == ']') c = ' ';
  std::vector<int> numbers;
  for (const std::string& word : text::split_words(plain)) {
    const auto number = text::to_integer(word);
    if (!number || *number < -1000 || *number > 1000)
      throw Error{Error::Kind::usage, fmt::format("--matrix: '{}' is no integer between -1000 and 1000",
                                                  text::printable(word))};
    numbers.push_back(static_cast<int>(*number));
  }
  Eigen::Matrix3i out = Eigen::Matrix3i::Zero();
  if (numbers.size() == 3)
    for (int k = 0; k < 3; ++k) out(k, k) = numbers[static_cast<std::size_t>(k)];
  else if (numbers.size() == 9)
    for (int row = 0; row < 3; ++row)
      for (int k = 0; k < 3; ++k) out(k, row) = numbers[static_cast<std::size_t>(3 * row + k)];
  else
    throw Error{Error::Kind::usage,
                fmt::format("--matrix: {} numbers; expected nine (rows: new vectors in old ones) or three (the diagonal)",
                            numbers.size())};
  return out;
}

void refuse_to_overwrite(const std::filesystem::path& path, bool force) {
  std::error_code status;
  if (!force && std::filesystem::exists(std::filesystem::symlink_status(path, status)))
    throw Error{Error::Kind::usage,
                fmt::format("-o {}: the file exists; choose another name or add --force", text::printable(path.string()))};
}

Supercell supercell_argument(const Crystal& crystal, const std::string& matrix, double min_distance) {
  return matrix.empty() ? find_supercell(crystal, min_distance) : make_supercell(crystal, matrix_argument(matrix));
}

nlohmann::ordered_json matrix_rows(const Eigen::Matrix3i& matrix) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (int column = 0; column < 3; ++column) out.push_back({matrix(0, column), matrix(1, column), matrix(2, column)});
  return out;
}

std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void print_notices(const Crystal& crystal) {
  if (crystal.model)
    fmt::print(stderr, "note: {} says it is a model or computed, not an experimental structure\n",
               text::printable(crystal.name));
  for (const std::string& warning : crystal.warnings) fmt::print(stderr, "warning: {}\n", text::printable(warning));
}

}  // namespace hopflow
