// SPDX-License-Identifier: GPL-2.0-or-later
// Published rows a device is compared with: what a fit may see, what it must not, and how a prediction is judged.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// The rows of a reference file as a JSON array, in the file's order: objects with id, role, group, quantity, value,
/// unit, tol and whatever else the row says. Unquoted decimal words become numbers, true/false booleans, null null;
/// everything else stays text.
/// @throws Error{bad_input} with file:line:column on bad syntax, a row without id or role, an unknown role, an id twice
nlohmann::json load_reference(const std::filesystem::path& path);

/// What a reference file calls the publication its rows come from (`source:`), "" if it does not say.
std::string reference_source(const std::filesystem::path& path);

/// What a device is like, from a YAML file: parameters with their units in the keys, {"film_thickness_nm": 200, ...}.
/// @throws Error{bad_input} with file:line:column
nlohmann::json read_geometry(const std::filesystem::path& path);

/// As load_reference(), from text.
nlohmann::json parse_reference(const std::string& text, const std::string& name);

/// The row with this id, or nullptr.
const nlohmann::json* find_row(const nlohmann::json& rows, std::string_view id);

/// A row's value as a number; nullopt if the row is absent or holds something else.
std::optional<double> row_number(const nlohmann::json& rows, std::string_view id);

/// k of a tolerance "factor k"; nullopt for another form.
std::optional<double> factor_of(const nlohmann::json& tolerance);

/// Whether a model's number agrees with a published one, by the tolerance the row states:
///   0.1            relative, |model - paper| <= 0.1 |paper|
///   "factor 3"     |log10(model/paper)| <= log10 3 (words after the number are ignored)
///   "lower bound"  model >= paper
///   "+-0.05"       absolute (words after the number are ignored)
/// @return nullopt if the tolerance has none of these forms
std::optional<bool> within(const nlohmann::json& tolerance, double paper, double model);

}  // namespace hopflow::pipeline
