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

/// Two entries of summary.json's materials[], by their protocols and network barriers (endless in at least one
/// dimension): keys a, b, difference_ev (a - b), error_ev (both error bars in quadrature), probability (that the order
/// found is the true one), verdict ("separated" from 0.95 on, else "not separated"), higher, reason.
nlohmann::ordered_json compare_barriers(const nlohmann::ordered_json& a, const nlohmann::ordered_json& b);

/// Every pair of a list of materials.
nlohmann::ordered_json comparisons_json(const nlohmann::ordered_json& materials);

}  // namespace hopflow
