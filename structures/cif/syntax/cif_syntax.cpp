// SPDX-License-Identifier: GPL-2.0-or-later
// gemmi's grammar with actions of our own, which keep where each value stands; this file alone includes it, as it is
// slow to compile.
#include "structures/cif/syntax/cif_syntax.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/core.h>
#include <gemmi/cif.hpp>

#include "structures/cif/syntax/cif2.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

namespace rules = gemmi::cif::rules;
namespace pegtl = tao::pegtl;

constexpr std::size_t most_values = 8'000'000, most_blocks = 10'000;

/// DDLm and mmCIF write _cell.length_a for _cell_length_a. Other categories keep their dots:
/// _diffrn_radiation.wavelength_id and _diffrn_radiation_wavelength.id are two tags.
std::string normal_tag(const std::string& tag) {
  constexpr std::array categories{"_atom_site", "_audit", "_cell", "_chemical", "_exptl", "_space_group", "_symmetry"};
  std::string out = text::lower(tag);
  if (std::any_of(categories.begin(), categories.end(),
                  [&](const char* category) { return out.starts_with(category); }))
    std::replace(out.begin(), out.end(), '.', '_');
  return out;
}

[[noreturn]] void fail(const std::string& name, CifPlace place, const std::string& problem) {
  throw Error{Error::Kind::bad_input,
              fmt::format("{}:{}:{}: {}", name, place.line, place.column, text::printable(problem))};
}

/// Lists of reflections and profiles, by far the longest of a file.
bool is_read_over(const std::string& tag) {
  return tag.starts_with("_refln_") || tag.starts_with("_diffrn_refln_") || tag.starts_with("_pd_");
}

/// What the actions fill while the grammar reads.
struct Reading {
  const std::string& name;
  const Cif2Values& cif2;
  std::vector<CifBlock> blocks{};
  std::set<std::string> names{}, tags{};  // of blocks; of the block that is read
  bool in_frame = false;
  bool keeps = true;  // the loop that is read is kept
  std::size_t loop_values = 0, values = 0;
  CifPlace last_field{};  // where a text field last began or ended

  template <typename Input>
  static CifPlace place_of(const Input& in) {
    const auto at = in.iterator();
    return {static_cast<int>(at.line), static_cast<int>(at.column)};
  }
  template <typename Input>
  CifValue value(const Input& in) {
    if (++values > most_values)
      fail(name, place_of(in),
           fmt::format("more than {} values; remove lists that do not belong to the structure", most_values));
    CifValue out;
    out.place = place_of(in);
    const std::string raw = in.string();
    const auto other = cif2.find({out.place.line, out.place.column});
    if (other != cif2.end()) {
      out.null = other->second.null;
      out.text = other->second.text;
    } else {
      out.null = gemmi::cif::is_null(raw);
      out.unknown = raw == "?";
      if (!out.null) out.text = gemmi::cif::as_string(raw);
    }
    return out;
  }
  void once(const std::string& tag, CifPlace place) {
    if (!tags.insert(tag).second)
      fail(name, place, fmt::format("tag {} stands twice in data_{}", tag, blocks.back().name));
  }
  void begin_block(const std::string& block, CifPlace place) {
    if (blocks.size() >= most_blocks) fail(name, place, fmt::format("more than {} data blocks", most_blocks));
    if (!block.empty() && !names.insert(text::lower(block)).second)
      fail(name, place, fmt::format("two data blocks are named '{}'", block));
    tags.clear();
    in_frame = false;
    blocks.push_back({block, place, {}, {}});
  }
  void check_last_item() const {
    if (in_frame || blocks.empty() || blocks.back().items.empty()) return;
    const CifItem& last = blocks.back().items.back();
    if (last.value.place.line == 0) fail(name, last.place, fmt::format("tag {} has no value", last.tag));
  }
};

template <typename Rule>
struct Build : pegtl::nothing<Rule> {};

template <>
struct Build<rules::datablockname> {
  template <typename Input>
  static void apply(const Input& in, Reading& out) {
    out.check_last_item();
    const CifPlace after = Reading::place_of(in);  // behind "data_"
    out.begin_block(in.string().empty() ? "#" : in.string(), {after.line, after.column - 5});
  }
};
template <>
struct Build<rules::str_global> {
  template <typename Input>
  static void apply(const Input& in, Reading& out) {
    out.check_last_item();
    out.begin_block("", Reading::place_of(in));
  }
};
template <>
struct Build<rules::framename> {
  template <typename Input>
  static void apply(const Input&, Reading& out) {
    out.check_last_item();
    out.in_frame = true;
  }
};
template <>
struct Build<rules::endframe> {
  template <typename Input>
  static void apply(const Input&, Reading& out) {
    out.in_frame = false;
  }
};
template <>
struct Build<rules::field_sep> {
  template <typename Input>
  static void apply(const Input& in, Reading& out) {
    out.last_field = Reading::place_of(in);
  }
};
template <>
struct Build<rules::item_tag> {
  template <typename Input>
  static void apply(const Input& in, Reading& out) {
    if (out.in_frame) return;
    out.check_last_item();
    const std::string tag = normal_tag(in.string());
    out.once(tag, Reading::place_of(in));
    out.blocks.back().items.push_back({tag, {}, Reading::place_of(in)});
  }
};
template <>
struct Build<rules::item_value> {
  template <typename Input>
  static void apply(const Input& in, Reading& out) {
    if (!out.in_frame) out.blocks.back().items.back().value = out.value(in);
  }
};
template <>
struct Build<rules::str_loop> {
  template <typename Input>
  static void apply(const Input& in, Reading& out) {
    out.check_last_item();
    out.loop_values = 0;
    if (out.in_frame) return;
    out.blocks.back().loops.push_back({{}, {}, Reading::place_of(in)});
  }
};
template <>
struct Build<rules::loop_tag> {
  template <typename Input>
  static void apply(const Input& in, Reading& out) {
    if (out.in_frame) return;
    CifLoop& loop = out.blocks.back().loops.back();
    const std::string tag = normal_tag(in.string());
    out.once(tag, Reading::place_of(in));
    out.keeps = loop.tags.empty() ? !is_read_over(tag) : out.keeps;
    loop.tags.push_back(tag);
  }
};
template <>
struct Build<rules::loop_value> {
  template <typename Input>
  static void apply(const Input& in, Reading& out) {
    ++out.loop_values;
    if (!out.in_frame && out.keeps) out.blocks.back().loops.back().values.push_back(out.value(in));
  }
};
template <>
struct Build<rules::loop> {
  template <typename Input>
  static void apply(const Input&, Reading& out) {
    if (out.in_frame) return;
    const CifLoop& loop = out.blocks.back().loops.back();
    if (out.loop_values == 0)
      fail(out.name, loop.place, fmt::format("the loop of {} has no values; remove it", loop.tags.front()));
    if (out.loop_values % loop.tags.size() != 0)
      fail(out.name, loop.place,
           fmt::format(
               "the loop that begins here has {} columns and {} values, no whole number of rows; a value or a quote is "
               "missing, or one stands too many",
               loop.tags.size(), out.loop_values));
  }
};

/// What the grammar found wrong, in words that help.
std::string explain(const std::string& message, std::string_view rest, bool in_frame) {
  if (message.find("unterminated") != std::string::npos) return message + "; close it";
  if (message.find("expected block header") != std::string::npos)
    return "expected 'data_' and a name: this is not a CIF";
  const unsigned char next = rest.empty() ? ' ' : static_cast<unsigned char>(rest.front());
  if (next > 0x7e) return "a character outside ASCII in a value without quotes; put quotes around it";
  if (next < 0x20 && !rest.empty() && next != '\n' && next != '\r' && next != '\t')
    return fmt::format("a control character (\\x{:02x})", next);
  if (in_frame && rest.empty()) return "the last save frame is not closed; add save_";
  const std::string found{rest.substr(0, std::min<std::size_t>(rest.find_first_of(" \t\r\n"), 40))};
  return fmt::format("not CIF syntax{}; expected a tag, a value, loop_ or data_",
                     found.empty() ? "" : fmt::format(" at '{}'", found));
}

void refuse_foreign_encodings(std::string_view text, const std::string& name) {
  if (text.size() >= 2 && ((text[0] == '\xff' && text[1] == '\xfe') || (text[0] == '\xfe' && text[1] == '\xff')))
    fail(name, {1, 1}, "the file is UTF-16 or UTF-32; save it as plain text (ASCII or UTF-8)");
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    const std::string_view before = text.substr(0, zero);
    const auto start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    fail(name,
         {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1, static_cast<int>(zero - start) + 1},
         "a zero byte: this is not a text file");
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
        out.reserve(loop.rows());
        for (std::size_t row = 0; row < loop.rows(); ++row) out.push_back(loop.values[row * loop.tags.size() + k]);
        return out;
      }
  for (const CifItem& item : items)
    if (item.tag == tag) return {item.value};
  return {};
}

CifPlace CifBlock::place(std::string_view tag) const {
  for (const CifItem& item : items)
    if (item.tag == tag) return item.value.place;
  for (const CifLoop& loop : loops)
    for (const std::string& other : loop.tags)
      if (other == tag) return loop.place;
  return {};
}

CifPlace CifBlock::place_of_prefix(std::string_view prefix) const {
  for (const CifItem& item : items)
    if (item.tag.starts_with(prefix) && !item.value.null) return item.value.place;
  for (const CifLoop& loop : loops)
    for (std::size_t k = 0; k < loop.tags.size(); ++k) {
      if (!loop.tags[k].starts_with(prefix)) continue;
      for (std::size_t at = k; at < loop.values.size(); at += loop.tags.size())
        if (!loop.values[at].null) return loop.values[at].place;
    }
  return {};
}

std::vector<CifBlock> parse_cif_syntax(const std::string& raw, const std::string& name) {
  std::string_view content = raw;
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  if (content.find_first_not_of(" \t\r\n") == std::string_view::npos) fail(name, {1, 1}, "the file is empty");
  refuse_foreign_encodings(content, name);
  // A lone CR, as old Macintosh files have it, ends a line too, which the grammar does not know: a comment would go on.
  std::string rewritten;
  if (content.find('\r') != std::string_view::npos) {
    rewritten = content;
    for (std::size_t k = 0; k < rewritten.size(); ++k)
      if (rewritten[k] == '\r' && (k + 1 == rewritten.size() || rewritten[k + 1] != '\n')) rewritten[k] = '\n';
    content = rewritten;
  }
  Cif2Values cif2;
  if (is_cif2(content)) {
    rewritten = std::string{content};
    cif2 = reduce_cif2(rewritten, name);
    content = rewritten;
  }

  Reading reading{name, cif2};
  try {
    pegtl::memory_input<> in(content.data(), content.size(), name);
    pegtl::parse<rules::file, Build, gemmi::cif::Errors>(in, reading);
  } catch (const pegtl::parse_error& problem) {
    const auto& at = problem.positions().front();
    const std::string message{problem.message()};
    if (message.find("unterminated text field") != std::string::npos)
      fail(name, reading.last_field, explain(message, "", false));
    fail(name, {static_cast<int>(at.line), static_cast<int>(at.column)},
         explain(message, content.substr(std::min(at.byte, content.size())), reading.in_frame));
  }
  reading.check_last_item();
  return std::move(reading.blocks);
}

}  // namespace hopflow
