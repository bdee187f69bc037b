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
  EngineSpec engine =
      without_prior(block.without("prior").without("budget").without("barrier_error"), configuration, folder);
  if (const yaml::Node* prior = block.find("prior"); prior != nullptr && !prior->is_scalar()) {
    if (const yaml::Node* another = prior->find("prior"))
      another->fail("a prior engine cannot have a prior of its own; leave it out");
    auto cheap = std::make_shared<EngineSpec>(without_prior(*prior, configuration, folder));
    if (cheap->hash() == engine.hash()) prior->fail("the prior is the same as the engine; name a cheaper one");
    engine.prior = std::move(cheap);
  } else if (prior != nullptr) {
    prior->one_of({"none"});
  }
  if (const yaml::Node* error = block.find("barrier_error")) static_cast<void>(error->number(0, 10));
  if (const yaml::Node* budget = block.find("budget")) {
    if (!engine.prior) budget->fail("'budget' is used only in searches with a prior engine; add 'prior: {kind: ...}'");
    engine.budget = static_cast<int>(budget->integer(3, 1000000));
  }
  return engine;
}

}  // namespace hopflow
