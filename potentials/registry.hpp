// SPDX-License-Identifier: GPL-2.0-or-later
// Engine kinds by name.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "potentials/blocks/block_text.hpp"
#include "potentials/core/engine.hpp"
#include "structures/core/configuration.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow {

/// The kinds this build can run.
std::vector<std::string> engine_kinds();

/// Reads the `engine:` block of a case, for atoms like those of the configuration. @param folder  of the case
using BlockReader = EngineSpec (*)(const yaml::Node& block, const Configuration& configuration,
                                   const std::filesystem::path& folder);

/// @param kind  the block's key `kind`
/// @throws Error{bad_input} with file:line:column if no engine has this name
BlockReader block_reader(const yaml::Node& kind);

/// A kind's blocks as text, see NamedEngine.
struct BlockWriter {
  std::string (*print)(const yaml::Node& block, const std::filesystem::path& folder, const std::string& common,
                       const Renamed& renamed);
  /// Files in or below the folder, as the block names them.
  std::vector<std::string> (*files)(const yaml::Node& block, const std::filesystem::path& folder);
  bool (*answers_tables)(const yaml::Node& block);
};

/// @throws as block_reader()
BlockWriter block_writer(const yaml::Node& kind);

/// The kind that answers for force-field tables.
std::string table_engine();

/// Has the spec of a force-field table answered by another build of its program ("" for the system's), and by several
/// ranks together. @throws Error{missing_dependency} if that build is not there
void run_table(EngineSpec& spec, const std::filesystem::path& library, int ranks);

/// True for engines whose answers come from programs of others: units and signs may be anything.
bool is_foreign(const std::string& kind);

/// True if the kind's failures can end the process, so that it must live in one of its own.
bool needs_process(const std::string& kind);

/// How many specs of this kind one engine process keeps open; each i-PI client is a program with a memory of its own.
int most_instances(const std::string& kind);

/// Where the log of one instance lies in `folder`, or of its process for a kind without a log of its own.
std::filesystem::path engine_log(const std::string& kind, const std::filesystem::path& folder,
                                 const std::string& spec_hash);

/// The engine itself, in this process. @param folder  for logs and scratch files @param communicator  of the ranks that
/// answer together, for specs that want several
/// @throws Error{bad_input} for an unknown kind or document, Error{missing_dependency} if its library is not there
std::unique_ptr<Potential> make_potential(const EngineSpec& spec, const std::filesystem::path& folder,
                                          std::optional<int> communicator = {});

}  // namespace hopflow
