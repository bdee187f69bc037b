// SPDX-License-Identifier: GPL-2.0-or-later
// list_thresholds OUT ROOT SOURCE...: writes the source of thresholds_markdown(); the build calls it.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "workflows/commands/shell/thresholds.hpp"

namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

int main(int count, char** words) {
  try {
    std::string out =
        "// Written by list_thresholds.\n#include \"workflows/commands/shell/thresholds.hpp\"\n\n"
        "std::string_view hopflow::thresholds_markdown() {\n  static const std::string table = std::string{}";
    for (int k = 3; k < count; ++k) {
      const auto rows = hopflow::thresholds_of(content_of(words[k]));
      if (rows.empty()) continue;
      std::string section = "## " + std::filesystem::path{words[k]}.lexically_relative(words[2]).string() +
                            "\n\n| name | value | unit and reason |\n| --- | --- | --- |\n";
      for (const hopflow::Threshold& row : rows)
        section += "| `" + row.name + "` | `" + cell(row.value) + "` | " + cell(row.reason) + " |\n";
      out += " +\n    R\"~~(" + section + "\n)~~\"";
    }
    std::ofstream file{words[1]};
    file << out << ";\n  return table;\n}\n";
    file.close();
    return file ? 0 : 1;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "list_thresholds: %s\n", problem.what());
    return 1;
  }
}
