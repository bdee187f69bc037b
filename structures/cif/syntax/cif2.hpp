// SPDX-License-Identifier: GPL-2.0-or-later
// What CIF 2.0 adds to the syntax of CIF 1.1, taken back to it so that one grammar reads both.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace hopflow {

/// A value that CIF 1.1 cannot write.
struct Cif2Value {
  std::string text;
  bool null = false;  ///< a list or a table
};

/// By line and column at which the value begins.
using Cif2Values = std::map<std::pair<int, int>, Cif2Value>;

/// True if the text begins with the mark of CIF 2.0.
bool is_cif2(std::string_view text);

/// Replaces triple-quoted text, lists, tables and words beyond ASCII by '?' and blanks, so that no line or column
/// moves.
/// @return what they said
/// @throws Error{bad_input} file:line:column of text or a list that is not closed, or nested more than 64 deep
Cif2Values reduce_cif2(std::string& text, const std::string& name);

}  // namespace hopflow
