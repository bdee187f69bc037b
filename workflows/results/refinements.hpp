// SPDX-License-Identifier: GPL-2.0-or-later
// What other engines say of a path, as results state it.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "workflows/sampling/hop_run.hpp"

namespace hopflow {

/// One entry for each refinement: engine, how it was asked, its numbers; null where a number would not be one.
/// @param folder  of the hop's files, "" if none are written
nlohmann::ordered_json refinements_json(const HopRun& hop, const std::string& folder);

/// The paths with the other engines' energies and forces, by file name.
std::map<std::string, std::string> refinement_files(const HopRun& hop, const std::string& folder);

/// Every engine's barriers of a hop next to each other, for users; "" without refinements.
std::string engine_table(const HopRun& hop, const EngineSpec& engine);

}  // namespace hopflow
