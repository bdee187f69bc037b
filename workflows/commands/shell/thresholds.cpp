// SPDX-License-Identifier: GPL-2.0-or-later
// Reads declarations line by line; the sources are formatted, so one begins each line.
#include "workflows/commands/shell/thresholds.hpp"

#include <algorithm>
#include <regex>

namespace hopflow {

namespace {

std::vector<std::string> lines_of(std::string_view source) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < source.size();) {
    const std::size_t end = std::min(source.find('\n', begin), source.size());
    lines.emplace_back(source.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// The words of "// ..." or "///< ...".
std::string comment_of(const std::string& line) {
  const auto at = line.find("//");
  if (at == std::string::npos) return "";
  return trimmed(line.substr(std::min(line.find_first_not_of("/<", at), line.size())));
}

bool is_comment(const std::string& line) { return trimmed(line).starts_with("//"); }
std::size_t indent_of(const std::string& line) { return std::min(line.find_first_not_of(' '), line.size()); }
std::string joined(const std::string& a, const std::string& b) { return a.empty() || b.empty() ? a + b : a + " " + b; }

/// name = value of each declarator; commas in brackets part none.
void add_declarators(std::vector<Threshold>& out, const std::string& declarators, const std::string& reason) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : declarators) {
    depth += (c == '(' || c == '{' || c == '<') - (c == ')' || c == '}' || c == '>');
    if (c == ',' && depth == 0)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (const std::string& part : parts) {
    const auto equals = part.find('=');
    if (equals == std::string::npos || part.find("numeric_limits") != std::string::npos) continue;
    out.push_back({trimmed(part.substr(0, equals)), trimmed(part.substr(equals + 1)), reason});
  }
}

}  // namespace

std::vector<Threshold> thresholds_of(std::string_view source) {
  static const std::regex constant{R"(^\s*(?:(?:inline|static) )*constexpr (?:double|int|long|std::size_t) (.*)$)"};
  static const std::regex field{R"(^  (?:double|int|long|std::size_t) (.*)$)"};
  const std::vector<std::string> lines = lines_of(source);
  std::vector<Threshold> out;
  std::string above;
  bool in_struct = false;
  for (std::size_t k = 0; k < lines.size(); ++k) {
    const std::string& line = lines[k];
    if (is_comment(line)) {
      above = k > 0 && is_comment(lines[k - 1]) ? joined(above, comment_of(line)) : comment_of(line);
      continue;
    }
    if (line.starts_with("struct ") && line.ends_with("Thresholds {")) in_struct = true;
    if (line.starts_with("};")) in_struct = false;
    std::smatch found;
    if (!std::regex_match(line, found, constant) && !(in_struct && std::regex_match(line, found, field))) {
      above.clear();
      continue;
    }
    const std::size_t indent = indent_of(line);
    std::string text = found[1];
    while (text.find(';') == std::string::npos && k + 1 < lines.size()) text = joined(text, trimmed(lines[++k]));
    std::string reason = comment_of(text.substr(std::min(text.find(';'), text.size())));
    while (!reason.empty() && k + 1 < lines.size() && is_comment(lines[k + 1]) && indent_of(lines[k + 1]) > indent)
      reason = joined(reason, comment_of(lines[++k]));
    add_declarators(out, text.substr(0, text.find(';')), reason.empty() ? above : reason);
    if (!reason.empty()) above.clear();
  }
  return out;
}

}  // namespace hopflow
