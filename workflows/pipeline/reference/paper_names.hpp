// SPDX-License-Identifier: GPL-2.0-or-later
// The first reference files name the kind of a row by its id alone; this table reads them.
#pragma once

#include <string_view>

namespace hopflow::pipeline {

struct PaperName {
  std::string_view id;
  std::string_view kind;
  std::string_view film;      ///< "" where the row names none
  std::string_view protocol;  ///< JSON object of conditions the id implies
};

/// @return nullptr for an id that no such file used
const PaperName* find_paper_name(std::string_view id);

}  // namespace hopflow::pipeline
