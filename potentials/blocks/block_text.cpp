// SPDX-License-Identifier: GPL-2.0-or-later
#include "potentials/blocks/block_text.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "structures/core/text.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

/// Reads back as the same text and, where it is a number, as a number.
std::string scalar(const std::string& value) {
  const bool plain = !value.empty() && value != "null" && value.front() != '-' && value.front() != '.' &&
                     std::ranges::all_of(value, [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                              c == '.' || c == '-' || c == '+';
                     });
  return plain || text::to_double(value) ? value : yaml::quoted(value);
}

/// A name may stand in a longer text, as files of LAMMPS do in its commands.
std::string with_names(const std::string& value, const Renamed& renamed) {
  std::string out;
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(value.find(' ', begin), value.size());
    out += renamed(value.substr(begin, end - begin));
    if (end == value.size()) return out;
    out += ' ';
    begin = end + 1;
  }
}

std::string flow(const yaml::Node& node, const Renamed& renamed) {
  std::vector<std::string> parts;
  switch (node.kind()) {
    case yaml::Node::Kind::null: return "null";
    case yaml::Node::Kind::scalar: return scalar(with_names(node.text(), renamed));
    case yaml::Node::Kind::list:
      for (const yaml::Node& item : node.items()) parts.push_back(flow(item, renamed));
      return fmt::format("[{}]", text::join(parts, ", "));
    case yaml::Node::Kind::map: break;
  }
  for (const auto& [key, value] : node.entries())
    parts.push_back(fmt::format("{}: {}", scalar(key), flow(value, renamed)));
  return fmt::format("{{{}}}", text::join(parts, ", "));
}

}  // namespace

std::string print_block(const yaml::Node& block, const fs::path&, const std::string& common, const Renamed& renamed) {
  std::string out = flow(block, renamed);
  out.pop_back();
  return out + common + '}';
}

std::vector<std::string> files_of_block(const yaml::Node& block, const fs::path& folder) {
  std::vector<std::string> found;
  const yaml::Node* files = block.find("files");
  if (files == nullptr || !files->is_list()) return found;
  for (const yaml::Node& item : files->items()) {
    std::error_code ignored;
    if (!item.is_scalar() || fs::path{item.text()}.is_absolute() || !fs::is_regular_file(folder / item.text(), ignored))
      continue;
    if (std::ranges::find(found, item.text()) == found.end()) found.push_back(item.text());
  }
  return found;
}

}  // namespace hopflow
