// SPDX-License-Identifier: GPL-2.0-or-later
// What the network stage of a study is asked.
#pragma once

#include <nlohmann/json.hpp>

#include "workflows/materials/study_state.hpp"

namespace hopflow {

/// One training of the study's network on a material's device, which is done.
nlohmann::json network_input(const StudyRun& run, const MaterialRun& material, long seed,
                             const nlohmann::json& data_hashes);

/// Cell (row, column) of a Latin square of order snn.draws: a barrier drawn within its error bar by the row, a seed by
/// the column, an array of unequal cells by the letter.
nlohmann::json drawn_network_input(const StudyRun& run, const MaterialRun& material, int row, int column,
                                   const nlohmann::json& data_hashes);

}  // namespace hopflow
