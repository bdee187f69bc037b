// SPDX-License-Identifier: GPL-2.0-or-later
// Engine blocks as text, for kinds that have no words of their own for it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "structures/core/yaml.hpp"

namespace hopflow {

/// A name as it is to be written.
using Renamed = std::function<std::string(const std::string&)>;

/// The block as one line of YAML, in the order written, each word between blanks passed through `renamed`.
/// @param common  further keys, each after ", "; "" for none
std::string print_block(const yaml::Node& block, const std::filesystem::path& folder, const std::string& common,
                        const Renamed& renamed);

/// Items of the key `files` that are files in or below the folder.
std::vector<std::string> files_of_block(const yaml::Node& block, const std::filesystem::path& folder);

}  // namespace hopflow
