// SPDX-License-Identifier: GPL-2.0-or-later
// The files a run leaves behind.
#pragma once

#include <nlohmann/json.hpp>

#include "workflows/materials/study_state.hpp"

namespace hopflow {

/// summary.json as a value: results alone, no wall-clock data, the same bytes on any number of ranks.
nlohmann::ordered_json summary_of(const StudyRun& run);

/// A barrier as `hopflow barrier --json` and summary.json state it.
nlohmann::ordered_json barrier_json(const BarrierResult& barrier);

/// Attempt frequencies: keys attempt_frequency_thz (forward) and prefactor, what it rests on.
nlohmann::ordered_json prefactor_json(const Prefactor& prefactor);

/// Rates both ways at a temperature, and the factor within which each is known.
/// @param ln_sd  of the logarithm of both frequencies
nlohmann::ordered_json rates_json(const BarrierResult& barrier, double forward_thz, double reverse_thz, double ln_sd,
                                  double temperature_k);

/// An engine as results name it.
nlohmann::ordered_json engine_json(const EngineSpec& engine);

/// A path as extended XYZ, energies and forces included.
std::string path_extxyz(const BarrierResult& barrier);

/// Distance and energy along a path as CSV.
std::string profile_csv(const BarrierResult& barrier);

/// Writes every result file of the run folder, report included. @throws Error{io}
void write_results(const StudyRun& run);

}  // namespace hopflow
