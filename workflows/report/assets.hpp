// SPDX-License-Identifier: GPL-2.0-or-later
// The page sources and JavaScript libraries carried inside the executable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hopflow::report {

/// One embedded file.
struct Asset {
  std::string name;       ///< below page/ or node_modules/: "page.css", "3dmol/build/3Dmol-min.js"
  std::string_view text;  ///< lives as long as the program
  std::string sha256;     ///< 64 lower-case hex digits
};

/// All of them; scripts (*.js) in the order they go into the page.
const std::vector<Asset>& assets();

}  // namespace hopflow::report
