// SPDX-License-Identifier: GPL-2.0-or-later
// An engine as a study names it: checked, printed and copied before it is known for which atoms it answers.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "potentials/core/engine.hpp"
#include "structures/core/configuration.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow {

struct NamedEngine;

/// The cheap engine that helps the searches of another, as a block names it.
struct PriorChoice {
  enum class Kind { unstated, none, table, engine };
  Kind kind = Kind::unstated;
  std::string forcefield, charge_set;         ///< of Kind::table; "" for the material's own, the table's default
  std::shared_ptr<const NamedEngine> engine;  ///< of Kind::engine
};

/// Plain value. Equal texts are equal engines.
struct NamedEngine {
  std::string kind;
  std::string text;                        ///< the block as one line of YAML; named_engine() reads it back
  yaml::Node block;                        ///< its own keys alone, for messages that say where
  std::optional<double> barrier_error_ev;  ///< of its barriers, where the user knows one; not part of the question
  PriorChoice prior{};                     ///< not part of the question
  int budget = 0;                          ///< calls one search may spend with a prior; 0: as many as it takes

  bool operator==(const NamedEngine& other) const { return text == other.text; }
};

/// True for a block that names no model of its own: the engine of its kind answers for force-field tables then. A
/// block without a kind is one.
/// @throws Error{bad_input} with file:line:column for a kind that no engine has
bool answers_tables(const yaml::Node& block);

/// Reads the block of any registered engine. Keys of every kind: `prior`, `budget`, `barrier_error`.
/// @param folder  what file names are relative to
/// @throws Error{bad_input} with file:line:column
NamedEngine named_engine(const yaml::Node& block, const std::filesystem::path& folder);

/// Files in or below `folder` that the block and its prior's block name: what a copy of a study needs. Names as
/// written; without the tables that a prior's force field extends.
std::vector<std::string> files_of(const NamedEngine& engine, const std::filesystem::path& folder);

/// The same engine with these files, and its prior's table, under other names.
NamedEngine with_names(const NamedEngine& engine, const std::filesystem::path& folder,
                       const std::function<std::string(const std::string&)>& renamed);

/// The engine for atoms like those of `reference`, without its prior. The contents of all files named become part of
/// the spec.
/// @throws Error{bad_input} if a file cannot be read or the block does not fit the atoms
EngineSpec engine_for(const NamedEngine& engine, const Configuration& reference, const std::filesystem::path& folder);

}  // namespace hopflow
