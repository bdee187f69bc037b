// SPDX-License-Identifier: GPL-2.0-or-later
// The number a material is known by, with everything that limits it.
#pragma once

#include <nlohmann/json.hpp>

#include "workflows/materials/material_run.hpp"

namespace hopflow {

/// The published rows a study puts next to a material's barrier, as the reference file states them.
nlohmann::ordered_json paper_json(const MaterialRun& material, const nlohmann::json& reference);

/// Network barrier and easiest hop with their total errors and named parts, the protocol they were found with, failed
/// checks, and a verdict on every published row named for the material. A published barrier of one hop is compared
/// with the easiest hop, anything else with the network.
/// @param reference  rows of the study's reference file; empty without one
nlohmann::ordered_json headline_json(const Study& study, const MaterialRun& material, const Transport& transport,
                                     const nlohmann::json& reference);

/// Published orders of barriers ("PrPyr > MAPbI3") against the network barriers of a run's materials.
/// @param materials    as summary.json lists them, with headlines
/// @param comparisons  of comparisons_json(): an order that is not separated there gets no verdict
nlohmann::ordered_json paper_orders_json(const nlohmann::ordered_json& materials,
                                         const nlohmann::ordered_json& comparisons, const nlohmann::json& reference);

}  // namespace hopflow
