// SPDX-License-Identifier: GPL-2.0-or-later
// The `engine:` block of a case file: LAMMPS commands given as text, an i-PI client's command line, or an analytic
// surface.
#pragma once

#include <filesystem>

#include "potentials/core/engine.hpp"
#include "potentials/core/model_error.hpp"
#include "structures/core/configuration.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow {

/// Builds the engine a case names, for atoms like those of `configuration` (its species and order).
/// Files are looked up next to the case, then in the potentials folders of the LAMMPS installation; their content
/// becomes part of the spec. Any engine may have `prior: {kind: ...}`, a cheap engine that helps its searches (none: no
/// such help), and `budget: N`, the calls of it that one search may spend.
/// @throws Error{bad_input} with file:line:column; Error{missing_dependency} for a kind this build cannot run
EngineSpec engine_from_block(const yaml::Node& block, const Configuration& configuration,
                             const std::filesystem::path& folder);

/// How far barriers of the engine in a block lie from the truth: what the block states (`barrier_error`, eV), else its
/// force-field table, else what is known of its tier.
/// @param engine  of engine_from_block()
ModelError model_error_of_block(const yaml::Node& block, const EngineSpec& engine, const std::filesystem::path& folder);

}  // namespace hopflow
