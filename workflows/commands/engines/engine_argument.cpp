// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/commands/engines/engine_argument.hpp"

#include <filesystem>

#include "potentials/engine_block.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow {

EngineSpec engine_argument(const std::string& text, const Configuration& configuration) {
  const bool inline_text = !text.empty() && text[0] == '{';
  const yaml::Node root = inline_text ? yaml::parse(text, "--engine") : yaml::load(text);
  const yaml::Node* block = root.is_map() ? root.find("engine") : nullptr;
  return engine_from_block(block != nullptr ? *block : root, configuration,
                           inline_text ? std::filesystem::path{} : std::filesystem::path{text}.parent_path());
}

}  // namespace hopflow
