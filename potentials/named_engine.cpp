// SPDX-License-Identifier: GPL-2.0-or-later
// What blocks of all kinds have in common; the rest is the business of a kind's row.
#include "potentials/named_engine.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "potentials/registry.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

std::string same(const std::string& name) { return name; }

PriorChoice read_prior(const yaml::Node& node, const fs::path& folder) {
  PriorChoice prior;
  if (node.is_scalar()) {
    node.one_of({"none"});
    prior.kind = PriorChoice::Kind::none;
    return prior;
  }
  static_cast<void>(node.at("kind"));
  if (!answers_tables(node)) {
    if (const yaml::Node* another = node.find("prior"))
      another->fail("a prior engine cannot have a prior of its own; leave it out");
    prior.kind = PriorChoice::Kind::engine;
    prior.engine = std::make_shared<const NamedEngine>(named_engine(node, folder));
    return prior;
  }
  node.allow_keys({"kind", "forcefield", "charge_set"});
  prior.kind = PriorChoice::Kind::table;
  if (const yaml::Node* table = node.find("forcefield")) {
    prior.forcefield = table->text();
    std::error_code ignored;
    if (!fs::is_regular_file(folder / prior.forcefield, ignored))
      table->fail(fmt::format("{}: no such file", text::printable(prior.forcefield)));
  }
  if (const yaml::Node* set = node.find("charge_set")) prior.charge_set = set->text();
  return prior;
}

std::string print_prior(const PriorChoice& prior) {
  switch (prior.kind) {
    case PriorChoice::Kind::unstated: return "";
    case PriorChoice::Kind::none: return ", prior: none";
    case PriorChoice::Kind::engine: return ", prior: " + prior.engine->text;
    case PriorChoice::Kind::table: break;
  }
  std::string out = fmt::format(", prior: {{kind: {}", table_engine());
  if (!prior.forcefield.empty()) out += fmt::format(", forcefield: {}", yaml::quoted(prior.forcefield));
  if (!prior.charge_set.empty()) out += fmt::format(", charge_set: {}", yaml::quoted(prior.charge_set));
  return out + "}";
}

/// The keys that a block of any kind may have, as they stand in its text.
std::string print_common(const NamedEngine& engine) {
  std::string out;
  if (engine.barrier_error_ev) out += fmt::format(", barrier_error: {}", text::shortest(*engine.barrier_error_ev));
  out += print_prior(engine.prior);
  if (engine.budget > 0) out += fmt::format(", budget: {}", engine.budget);
  return out;
}

}  // namespace

bool answers_tables(const yaml::Node& block) {
  const yaml::Node* kind = block.find("kind");
  return kind == nullptr || block_writer(*kind).answers_tables(block);
}

NamedEngine named_engine(const yaml::Node& block, const fs::path& folder) {
  NamedEngine out;
  out.kind = block.at("kind").text();
  out.block = block.without("prior").without("budget").without("barrier_error");
  if (const yaml::Node* node = block.find("barrier_error")) out.barrier_error_ev = node->number(0, 10);
  if (const yaml::Node* node = block.find("prior")) out.prior = read_prior(*node, folder);
  if (const yaml::Node* node = block.find("budget")) out.budget = static_cast<int>(node->integer(3, 1000000));
  out.text = block_writer(block.at("kind")).print(out.block, folder, print_common(out), same);
  return out;
}

std::vector<std::string> files_of(const NamedEngine& engine, const fs::path& folder) {
  std::vector<std::string> found = block_writer(engine.block.at("kind")).files(engine.block, folder);
  if (engine.prior.engine)
    for (std::string& name : files_of(*engine.prior.engine, folder))
      if (std::ranges::find(found, name) == found.end()) found.push_back(std::move(name));
  return found;
}

NamedEngine with_names(const NamedEngine& engine, const fs::path& folder, const Renamed& renamed) {
  NamedEngine out = engine;
  if (out.prior.engine)
    out.prior.engine = std::make_shared<const NamedEngine>(with_names(*out.prior.engine, folder, renamed));
  if (!out.prior.forcefield.empty()) out.prior.forcefield = renamed(out.prior.forcefield);
  const BlockWriter writer = block_writer(engine.block.at("kind"));
  const std::vector<std::string> names = writer.files(engine.block, folder);
  const Renamed only_files = [&](const std::string& word) {
    return std::ranges::find(names, word) == names.end() ? word : renamed(word);
  };
  // The block keeps its old names and with them its places: a copy is read again where it lies.
  out.text = writer.print(engine.block, folder, print_common(out), only_files);
  return out;
}

EngineSpec engine_for(const NamedEngine& engine, const Configuration& reference, const fs::path& folder) {
  return block_reader(engine.block.at("kind"))(engine.block, reference, folder);
}

}  // namespace hopflow
