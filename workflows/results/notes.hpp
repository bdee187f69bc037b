// SPDX-License-Identifier: GPL-2.0-or-later
// The sentences that every report of a run must print.
#pragma once

#include <nlohmann/json.hpp>

#include "workflows/materials/study_state.hpp"

namespace hopflow {

/// Protocol, tier, limits: a list of sentences.
nlohmann::ordered_json notes_json(const StudyRun& run);

}  // namespace hopflow
