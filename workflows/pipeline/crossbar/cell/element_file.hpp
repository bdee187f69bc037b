// SPDX-License-Identifier: GPL-2.0-or-later
// What is in series with an array's memristors, from a file, and as JSON.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/crossbar/cell/series_element.hpp"

namespace hopflow::pipeline {

/// Cells of a study's array with something in series: each of their reads is a non-linear problem of its own.
inline constexpr long most_series_cells = 1024;

/// A YAML file: `cell` (1R, 1S1R, 1T1R, 1D1R), `law` for 1S1R (exponential, threshold), the law's numbers, and
/// `forward` (set, reset) for the direction of a diode.
/// @throws Error{bad_input} with file:line:column for a key, a word or a number that is not allowed, or one that lacks
SeriesElement read_series_element(const std::filesystem::path& file);

/// The same keys, for results; read_series_element() reads them, too.
nlohmann::json to_json(const SeriesElement& element);
/// From what to_json() gives. @param place  stands in messages where the file name would
/// @throws as read_series_element()
SeriesElement series_element_from_json(const nlohmann::json& element, const std::string& place);

}  // namespace hopflow::pipeline
