// SPDX-License-Identifier: GPL-2.0-or-later
// Which of two materials is harder for an ion: only said under one protocol, and only beyond the error.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/materials/material_run.hpp"

namespace hopflow {

/// Everything two barriers must share before they are compared.
nlohmann::ordered_json protocol_json(const Study& study, const MaterialRun& material);

/// Whether every one of summary.json's materials[] is first known by a stored band: then these are compared, else the
/// run's own network barriers are, for all.
bool known_by_stored_bands(const nlohmann::ordered_json& materials);

/// Two entries of summary.json's materials[], by their protocols and network barriers (endless in at least one
/// dimension), or by their stored bands where both have one: keys a, b, difference_ev (a - b), error_ev (both error
/// bars in quadrature), probability (that the order found is the true one), verdict ("separated" from 0.95 on, else
/// "not separated"), higher, reason.
nlohmann::ordered_json compare_barriers(const nlohmann::ordered_json& a, const nlohmann::ordered_json& b);

/// Every pair of a list of materials.
nlohmann::ordered_json comparisons_json(const nlohmann::ordered_json& materials);

}  // namespace hopflow
