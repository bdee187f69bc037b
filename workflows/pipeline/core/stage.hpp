// SPDX-License-Identifier: GPL-2.0-or-later
// Pipeline stages as pure functions of JSON: what the scheduler hashes, remembers and hands to any rank.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// Where a stage finds data too large for its input; never changes a result (the input carries the data's hashes).
struct StageSite {
  std::filesystem::path data;  ///< folder with mnist/
};

/// A stage's answer: {"result": {...}, "files": {"relative/path": "text", ...}}.
/// Depends on `input` alone. @throws Error{bad_input} naming the key
using Stage = std::function<nlohmann::json(const nlohmann::json& input, const StageSite& site)>;

/// Stages by the name they are asked by.
using Stages = std::map<std::string, Stage>;

}  // namespace hopflow::pipeline
