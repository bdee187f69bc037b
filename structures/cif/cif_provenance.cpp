// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/cif_provenance.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr std::size_t most_lines = 12, longest_line = 300;

/// True if `word` stands in `text` (lower case) with no letter or digit on either side.
bool has_word(const std::string& text, std::string_view word) {
  const auto is_inside = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool left = at == 0 || !is_inside(text[at - 1]);
    const bool right = at + word.size() == text.size() || !is_inside(text[at + word.size()]);
    if (left && right) return true;
  }
  return false;
}

bool says_model(const std::string& line) {
  const std::string small = text::lower(line);
  constexpr std::array words{"model",       "modelled",  "modeled",      "not experimental",     "computed",
                             "theoretical", "simulated", "hypothetical", "calculated structure", "dft"};
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return has_word(small, word); });
}

}  // namespace

Provenance read_provenance(const std::string& content, const CifBlock& block) {
  Provenance out;
  const auto add = [&](std::string line) {
    line = text::printable(text::trim(line).substr(0, longest_line));
    if (line.empty() || line.find_first_not_of("#-=*_ .") == std::string::npos) return;
    if (says_model(line)) out.model = true;
    if (out.lines.size() < most_lines && std::find(out.lines.begin(), out.lines.end(), line) == out.lines.end())
      out.lines.push_back(line);
  };
  const auto add_lines = [&](std::string_view many) {
    while (!many.empty()) {
      const auto end = many.find('\n');
      add(std::string{many.substr(0, end)});
      many.remove_prefix(end == std::string_view::npos ? many.size() : end + 1);
    }
  };

  // Comments are no part of the grammar's answer: those before anything else are read from the text.
  std::string_view rest = content;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    std::string line = text::trim(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty()) continue;
    if (line[0] != '#') break;
    if (line.starts_with("#\\#CIF")) continue;
    add(line.substr(std::min(line.find_first_not_of("# "), line.size())));
  }
  for (const CifItem& item : block.items) {
    if (item.value.null) continue;
    const std::string_view tag = item.tag;
    if (tag == "_audit_creation_method" || tag == "_audit_update_record" || tag == "_chemical_name_common" ||
        tag == "_exptl_method" || tag == "_audit_block_doi" || tag == "_journal_paper_doi" ||
        tag.starts_with("_database_code") || tag.starts_with("_cod_database_code"))
      add_lines(item.value.text);
  }
  return out;
}

}  // namespace hopflow
