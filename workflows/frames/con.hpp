// SPDX-License-Identifier: GPL-2.0-or-later
// eOn's .con files.
#pragma once

#include <string>
#include <vector>

#include "workflows/frames/frames.hpp"

namespace hopflow {

/// All frames of a .con file: cell by lengths and angles, atoms by component, held ones marked.
/// @throws Error{bad_input} naming the line
std::vector<PathFrame> parse_con(const std::string& content, const std::string& name);

}  // namespace hopflow
