// SPDX-License-Identifier: GPL-2.0-or-later
// The syntax of a CIF: data blocks, items, loops, and where they stand. Nothing here knows what a tag means.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hopflow {

/// Where something begins in a file; both count from 1, columns in bytes. Line 0: nowhere in particular.
struct CifPlace {
  int line = 0;
  int column = 1;
};

/// A value as text, quotes taken off; `null` for the CIF's . and ? (unknown or not applicable).
struct CifValue {
  std::string text;
  CifPlace place;
  bool null = false;
  bool unknown = false;  ///< null, and written ?
};

struct CifItem {
  std::string tag;  ///< lower case; '.' of DDLm names of cell, sites and symmetry written '_'
  CifValue value;
  CifPlace place;
};

struct CifLoop {
  std::vector<std::string> tags;  ///< as CifItem::tag
  std::vector<CifValue> values;   ///< row by row; none for lists of reflections, which are long and say nothing here
  CifPlace place;

  std::size_t rows() const { return tags.empty() ? 0 : values.size() / tags.size(); }
};

struct CifBlock {
  std::string name;
  CifPlace begin;
  std::vector<CifItem> items;
  std::vector<CifLoop> loops;

  /// The value of a tag that stands alone (or in a loop of one row); nullptr if absent.
  const CifValue* value(std::string_view tag) const;
  /// All values of a tag, in a loop or alone; empty if absent.
  std::vector<CifValue> column(std::string_view tag) const;
  /// Place of the tag's value, or of its loop; line 0 if absent.
  CifPlace place(std::string_view tag) const;
  /// Place of the first tag that begins so and has a value other than . and ?; line 0 if there is none.
  CifPlace place_of_prefix(std::string_view prefix) const;
  bool has(std::string_view tag) const { return place(tag).line > 0; }
};

/// CIF 1.1 and, behind the mark #\#CIF_2.0, its triple-quoted text; lists and tables of CIF 2.0 count as unknown
/// values. Save frames are read over. At most 10 000 blocks and 8 million values.
/// @param name  what stands for the file in messages
/// @throws Error{bad_input} file:line:column and what is wrong, also for a tag that stands twice in a block
std::vector<CifBlock> parse_cif_syntax(const std::string& text, const std::string& name);

}  // namespace hopflow
