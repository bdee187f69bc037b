// SPDX-License-Identifier: GPL-2.0-or-later
// The syntax of a CIF: data blocks, items, loops, and where they stand. Nothing here knows what a tag means.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hopflow {

/// A value as text, quotes taken off; `null` for the CIF's . and ? (unknown or not applicable).
struct CifValue {
  std::string text;
  bool null = false;
};

struct CifItem {
  std::string tag;  ///< lower case, '.' of DDLm names written '_'
  CifValue value;
  int line = 0;
};

struct CifLoop {
  std::vector<std::string> tags;  ///< as CifItem::tag
  std::vector<CifValue> values;   ///< row by row
  int line = 0;

  std::size_t rows() const { return tags.empty() ? 0 : values.size() / tags.size(); }
};

struct CifBlock {
  std::string name;
  std::vector<CifItem> items;
  std::vector<CifLoop> loops;

  /// The value of a tag that stands alone (or in a loop of one row); nullptr if absent.
  const CifValue* value(std::string_view tag) const;
  /// All values of a tag, in a loop or alone; empty if absent.
  std::vector<CifValue> column(std::string_view tag) const;
  /// Line of the tag or of its loop, 0 if absent.
  int line(std::string_view tag) const;
  bool has(std::string_view tag) const { return line(tag) > 0; }
};

/// @param name  what stands for the file in messages
/// @throws Error{bad_input} file:line:column and what is wrong, also for a tag that stands twice in a block
std::vector<CifBlock> parse_cif_syntax(const std::string& text, const std::string& name);

}  // namespace hopflow
