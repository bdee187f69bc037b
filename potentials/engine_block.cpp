// SPDX-License-Identifier: GPL-2.0-or-later
// From a case's `engine:` block to a spec, by the reader of its kind.
#include "potentials/engine_block.hpp"

#include <memory>
#include <utility>

#include "potentials/registry.hpp"

namespace hopflow {

namespace {

EngineSpec without_prior(const yaml::Node& block, const Configuration& configuration,
                         const std::filesystem::path& folder) {
  const yaml::Node& kind = block.at("kind");
  return block_reader(kind)(block, configuration, folder);
}

}  // namespace

EngineSpec engine_from_block(const yaml::Node& block, const Configuration& configuration,
                             const std::filesystem::path& folder) {
  EngineSpec engine = without_prior(block.without("prior").without("budget"), configuration, folder);
  if (const yaml::Node* prior = block.find("prior"); prior != nullptr && !prior->is_scalar()) {
    auto cheap = std::make_shared<EngineSpec>(without_prior(*prior, configuration, folder));
    if (cheap->hash() == engine.hash()) prior->fail("this is the engine itself; name a cheaper one");
    engine.prior = std::move(cheap);
  } else if (prior != nullptr) {
    prior->one_of({"none"});
  }
  if (const yaml::Node* budget = block.find("budget")) {
    if (!engine.prior) budget->fail("a budget of calls is for searches with a prior engine; add 'prior: {kind: ...}'");
    engine.budget = static_cast<int>(budget->integer(3, 1000000));
  }
  return engine;
}

}  // namespace hopflow
