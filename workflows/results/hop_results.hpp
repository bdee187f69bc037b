// SPDX-License-Identifier: GPL-2.0-or-later
// Hops and their samples as summary.json holds them.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "workflows/materials/material_run.hpp"

namespace hopflow {

template <class T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

/// Where a hop's path is kept, in the run folder.
std::string path_folder(const MaterialRun& material, const HopRun& hop);

/// The file of one sample's path, where a hop has several.
std::string sample_path(const MaterialRun& material, const HopRun& hop, const SampleRun& sample);

/// A hop's entry in materials[].barriers: the barrier where there is one, nulls where not.
nlohmann::ordered_json hop_result_json(const Study& study, const MaterialRun& material, const HopRun& hop);

/// Every band of the material together: how many converged, and how their barriers scatter; null unless hops were
/// sampled.
nlohmann::ordered_json sampling_json(const MaterialRun& material);

/// The hop that decides in cells of several sizes, and in an endless one; null unless the study asks for such cells.
nlohmann::ordered_json cell_series_json(const MaterialRun& material);

}  // namespace hopflow
