// SPDX-License-Identifier: GPL-2.0-or-later
// From a case's `engine:` block to a spec, by the reader of its kind.
#include "potentials/engine_block.hpp"

#include "potentials/registry.hpp"

namespace hopflow {

EngineSpec engine_from_block(const yaml::Node& block, const Configuration& configuration,
                             const std::filesystem::path& folder) {
  const yaml::Node& kind = block.at("kind");
  return block_reader(kind)(block, configuration, folder);
}

}  // namespace hopflow
