// SPDX-License-Identifier: GPL-2.0-or-later
// From a case's `engine:` block to a spec, by the reader of its kind.
#include "potentials/engine_block.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "potentials/forcefield/forcefield.hpp"
#include "potentials/registry.hpp"

namespace hopflow {

namespace {

EngineSpec without_prior(const yaml::Node& block, const Configuration& configuration,
                         const std::filesystem::path& folder) {
  const yaml::Node& kind = block.at("kind");
  return block_reader(kind)(block, configuration, folder);
}

std::optional<double> stated_error(const yaml::Node& block) {
  const yaml::Node* stated = block.find("barrier_error");
  return stated != nullptr ? std::optional{stated->number(0, 10)} : std::nullopt;
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
  static_cast<void>(stated_error(block));
  if (const yaml::Node* budget = block.find("budget")) {
    if (!engine.prior) budget->fail("'budget' is used only in searches with a prior engine; add 'prior: {kind: ...}'");
    engine.budget = static_cast<int>(budget->integer(3, 1000000));
  }
  return engine;
}

ModelError model_error_of_block(const yaml::Node& block, const EngineSpec& engine,
                                const std::filesystem::path& folder) {
  if (const auto stated = stated_error(block)) return {*stated, "stated with the engine"};
  if (const yaml::Node* table = block.find("forcefield"))
    if (const auto error = ForceField::load(folder / table->text()).barrier_error()) return *error;
  return model_error_of_tier(engine.tier);
}

}  // namespace hopflow
