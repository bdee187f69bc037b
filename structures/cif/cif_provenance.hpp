// SPDX-License-Identifier: GPL-2.0-or-later
// What a CIF says about where it comes from, and whether it says it is a model.
#pragma once

#include <string>
#include <vector>

#include "structures/cif/syntax/cif_syntax.hpp"

namespace hopflow {

struct Provenance {
  bool model = false;              ///< the file says it is a model or computed, not experimental
  std::vector<std::string> lines;  ///< its own words, one line each, control characters made visible
};

/// From the comment lines before the first block and the audit, name, source and database items of the block.
Provenance read_provenance(const std::string& text, const CifBlock& block);

}  // namespace hopflow
