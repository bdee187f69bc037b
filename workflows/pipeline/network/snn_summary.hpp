// SPDX-License-Identifier: GPL-2.0-or-later
// Many trainings of one material reported as one: mean, spread, and which cause the spread comes from.
#pragma once

#include <map>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// {"accuracy_mean", "accuracy_sd", "seeds": [...], "uncertainty"}; null if no training ended.
/// uncertainty: null, or of draws in a Latin square (rows barriers, columns seeds, letters arrays of unequal cells)
/// {"order", "accuracy_mean", "accuracy_sd", "accuracies": [[...]], "barriers_ev": [...], "retention_s": [...],
///  "parts": [{"cause": barrier | seed | cells | rest, "sd", "f"}], "note"}
/// @param seeds, draws  outputs of the stage or null; draws row by row
nlohmann::json snn_summary(std::span<const nlohmann::json> seeds, std::span<const nlohmann::json> draws);

/// Accuracies of two materials compared seed by seed, same images: {"mean", "sd", "sem", "pairs"} of a - b; null
/// without a common seed. @param a, b  as snn_summary() gives them
nlohmann::json paired_difference(const nlohmann::json& a, const nlohmann::json& b);

/// CSV and SVG files below `folder`: accuracies, confusion matrix, histograms, receptive fields of the first seed,
/// draws.
std::map<std::string, std::string> snn_files(const std::string& folder, const nlohmann::json& summary);

}  // namespace hopflow::pipeline
