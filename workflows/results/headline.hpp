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

/// A barrier found before with a dear engine, in the same form: its hop, total error with named parts, failed checks,
/// and a verdict on published barriers of one hop. @param band  that applies to the material
nlohmann::ordered_json headline_json(const ReferenceBand& band, const MaterialRun& material,
                                     const nlohmann::json& reference);

/// All numbers a material is known by, the first one before the others: the run's own, and those of the stored bands
/// that apply.
/// @param stored_tier  stored bands go first, those of this tier before others: every material of the study has one;
/// "" if the study has no such tier
nlohmann::ordered_json headlines_json(const MaterialRun& material, const nlohmann::ordered_json& own,
                                      const std::string& stored_tier, const nlohmann::json& reference);

/// Every stored band the study names for a material: whether it applies, and what its answers say.
nlohmann::ordered_json reference_bands_json(const MaterialRun& material);

/// Published orders of barriers ("PrPyr > MAPbI3") against the network barriers of a run's materials.
/// @param materials    as summary.json lists them, with headlines
/// @param comparisons  of comparisons_json(): an order that is not separated there gets no verdict
nlohmann::ordered_json paper_orders_json(const nlohmann::ordered_json& materials,
                                         const nlohmann::ordered_json& comparisons, const nlohmann::json& reference);

}  // namespace hopflow
