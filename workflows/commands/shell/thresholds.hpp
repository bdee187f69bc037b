// SPDX-License-Identifier: GPL-2.0-or-later
// What the methods decide by, read from their sources.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hopflow {

/// A named constant of a method.
struct Threshold {
  std::string name;    ///< as the source names it
  std::string value;   ///< as the source writes it
  std::string reason;  ///< unit and reason: the comment next to it, or the one above
};

/// Constants of a source: `constexpr` numbers with a name, and the fields of a `struct Thresholds`.
std::vector<Threshold> thresholds_of(std::string_view source);

/// All of neb/, as Markdown; written when the program is built.
std::string_view thresholds_markdown();

}  // namespace hopflow
