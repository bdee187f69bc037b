// SPDX-License-Identifier: GPL-2.0-or-later
// Readers under inputs changed at random: one function for each, which returns or throws an Error, and nothing else.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fuzz {

struct Target {
  const char* name;  ///< and of its folder in the corpus
  void (*read)(const std::string& content);
};

/// The readers of this executable.
std::vector<Target> targets();

/// A file with this content, for readers that take names.
std::filesystem::path as_file(const std::string& content, const std::string& ending = "");

}  // namespace fuzz
