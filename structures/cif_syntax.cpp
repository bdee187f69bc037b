// SPDX-License-Identifier: GPL-2.0-or-later
// gemmi's grammar, and nothing else of gemmi; this file alone includes it, as it is slow to compile.
#include "structures/cif_syntax.hpp"

#include <set>

#include <fmt/core.h>
#include <gemmi/cif.hpp>

#include "structures/error.hpp"
#include "structures/text.hpp"

namespace hopflow {

namespace {

std::string normal_tag(const std::string& tag) {
  std::string out = text::lower(tag);
  for (char& c : out)
    if (c == '.') c = '_';
  return out;
}

CifValue value_of(const std::string& raw) {
  CifValue out;
  out.null = gemmi::cif::is_null(raw);
  if (!out.null) out.text = gemmi::cif::as_string(raw);
  return out;
}

[[noreturn]] void fail(const std::string& name, std::size_t line, std::size_t column, const std::string& problem) {
  throw Error{Error::Kind::bad_input, fmt::format("{}:{}:{}: {}", name, line, column, text::printable(problem))};
}

/// What the grammar found wrong, in words that help.
std::string explain(const std::string& message) {
  if (message.find("Wrong number of values") != std::string::npos)
    return "the number of values in the loop that begins here is no multiple of its columns; a value or a quote is missing";
  if (message.find("unterminated") != std::string::npos) return message + "; close it";
  if (message.find("expected block header") != std::string::npos)
    return "expected 'data_' and a name: this is not a CIF";
  return "not CIF syntax (" + message + "); expected a tag, a value, loop_ or data_";
}

/// Columns count bytes; a byte outside ASCII belongs in comments and quoted text only, which the grammar sees to.
void refuse_foreign_encodings(const std::string& text, const std::string& name) {
  if (text.size() >= 2 && ((text[0] == '\xff' && text[1] == '\xfe') || (text[0] == '\xfe' && text[1] == '\xff')))
    fail(name, 1, 1, "the file is UTF-16; save it as plain text (ASCII or UTF-8)");
  std::size_t line = 1, start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      start = i + 1;
    }
    if (text[i] == '\0') fail(name, line, i - start + 1, "a zero byte: this is not a text file");
  }
}

}  // namespace

const CifValue* CifBlock::value(std::string_view tag) const {
  for (const CifItem& item : items)
    if (item.tag == tag) return &item.value;
  for (const CifLoop& loop : loops)
    for (std::size_t k = 0; k < loop.tags.size(); ++k)
      if (loop.tags[k] == tag && loop.rows() == 1) return &loop.values[k];
  return nullptr;
}

std::vector<CifValue> CifBlock::column(std::string_view tag) const {
  for (const CifLoop& loop : loops)
    for (std::size_t k = 0; k < loop.tags.size(); ++k)
      if (loop.tags[k] == tag) {
        std::vector<CifValue> out;
        for (std::size_t row = 0; row < loop.rows(); ++row) out.push_back(loop.values[row * loop.tags.size() + k]);
        return out;
      }
  for (const CifItem& item : items)
    if (item.tag == tag) return {item.value};
  return {};
}

int CifBlock::line(std::string_view tag) const {
  for (const CifItem& item : items)
    if (item.tag == tag) return item.line;
  for (const CifLoop& loop : loops)
    for (const std::string& other : loop.tags)
      if (other == tag) return loop.line;
  return 0;
}

std::vector<CifBlock> parse_cif_syntax(const std::string& raw, const std::string& name) {
  std::string_view content = raw;
  if (text::trim(content).empty()) fail(name, 1, 1, "the file is empty");
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  refuse_foreign_encodings(raw, name);
  // Old Macintosh files end lines with a lone CR, which the grammar does not count as an end.
  std::string unix_lines;
  if (content.find('\n') == std::string_view::npos && content.find('\r') != std::string_view::npos) {
    unix_lines = content;
    for (char& c : unix_lines)
      if (c == '\r') c = '\n';
    content = unix_lines;
  }

  gemmi::cif::Document document;
  document.source = name;
  try {
    tao::pegtl::memory_input<> in(content.data(), content.size(), name);
    gemmi::cif::parse_input(document, in);
  } catch (const tao::pegtl::parse_error& problem) {
    const auto& at = problem.positions().front();
    fail(name, at.line, at.column, explain(std::string{problem.message()}));
  } catch (const std::runtime_error& problem) {
    fail(name, 1, 1, problem.what());
  }

  std::vector<CifBlock> out;
  std::set<std::string> names;
  for (const gemmi::cif::Block& block : document.blocks) {
    CifBlock made;
    made.name = block.name;
    std::set<std::string> tags;
    const auto once = [&](const std::string& tag, int line) {
      if (!tags.insert(tag).second)
        fail(name, static_cast<std::size_t>(line), 1, fmt::format("tag {} stands twice in data_{}", tag, block.name));
    };
    for (const gemmi::cif::Item& item : block.items) {
      if (item.type == gemmi::cif::ItemType::Pair) {
        const std::string tag = normal_tag(item.pair[0]);
        once(tag, item.line_number);
        if (item.pair[1].empty())
          fail(name, static_cast<std::size_t>(item.line_number), 1, fmt::format("tag {} has no value", tag));
        made.items.push_back({tag, value_of(item.pair[1]), item.line_number});
      } else if (item.type == gemmi::cif::ItemType::Loop) {
        CifLoop loop;
        loop.line = item.line_number;
        for (const std::string& tag : item.loop.tags) {
          once(normal_tag(tag), item.line_number);
          loop.tags.push_back(normal_tag(tag));
        }
        for (const std::string& value : item.loop.values) loop.values.push_back(value_of(value));
        made.loops.push_back(std::move(loop));
      }
    }
    if (!names.insert(text::lower(made.name)).second)
      fail(name, 1, 1, fmt::format("two data blocks are named '{}'", made.name));
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace hopflow
