// SPDX-License-Identifier: GPL-2.0-or-later
// What the table of study keys says, for readers and for other programs.
#pragma once

#include <string>

namespace hopflow {

/// A Markdown table of every key: what it means, its values and its default.
std::string study_keys_markdown();

/// The JSON schema of a study file.
std::string study_schema();

/// A printed study with the meaning of each key in a comment above it.
std::string explained(const std::string& printed);

}  // namespace hopflow
