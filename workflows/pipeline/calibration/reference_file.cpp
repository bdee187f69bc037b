// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/calibration/reference_file.hpp"

#include <cmath>
#include <set>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

/// A quoted "5" stays text: the strict reader refuses it as a number.
json scalar(const yaml::Node& node) {
  const std::string word = node.text();
  if (word == "true") return true;
  if (word == "false") return false;
  if (text::to_double(word)) {
    try {
      return node.number();
    } catch (const Error&) {
      return word;
    }
  }
  return word;
}

json to_json(const yaml::Node& node) {
  if (node.is_null()) return nullptr;
  if (node.is_scalar()) return scalar(node);
  if (node.is_list()) {
    json list = json::array();
    for (const yaml::Node& item : node.items()) list.push_back(to_json(item));
    return list;
  }
  json map = json::object();
  for (const auto& [key, value] : node.entries()) map[key] = to_json(value);
  return map;
}

json rows_of(const yaml::Node& root) {
  json rows = json::array();
  std::set<std::string> seen;
  for (const yaml::Node& row : root.at("rows").items()) {
    const std::string id = row.at("id").text();
    row.at("role").one_of({"calibrate", "holdout", "context"});
    row.at("value");
    if (!seen.insert(id).second) row.at("id").fail(fmt::format("the id '{}' stands twice; ids must be unique", id));
    rows.push_back(to_json(row));
  }
  return rows;
}

/// The first number after `prefix`, e.g. 3 in "factor 3 in time".
std::optional<double> number_with_prefix(const std::string& words, std::string_view prefix) {
  if (words.rfind(prefix, 0) != 0) return std::nullopt;
  const auto rest = text::split_words(std::string_view{words}.substr(prefix.size()));
  return rest.empty() ? std::nullopt : text::to_double(rest.front());
}

}  // namespace

json read_geometry(const std::filesystem::path& path) {
  json out = json::object();
  const yaml::Node root = yaml::load(path);
  for (const auto& [key, value] : root.entries()) out[key] = value.number();
  return out;
}

json load_reference(const std::filesystem::path& path) { return rows_of(yaml::load(path)); }

std::string reference_source(const std::filesystem::path& path) {
  const yaml::Node root = yaml::load(path);
  const yaml::Node* source = root.find("source");
  return source == nullptr ? "" : source->text();
}

json parse_reference(const std::string& text, const std::string& name) { return rows_of(yaml::parse(text, name)); }

const json* find_row(const json& rows, std::string_view id) {
  for (const json& row : rows) {
    if (row.at("id").get_ref<const std::string&>() == id) return &row;
  }
  return nullptr;
}

std::optional<double> row_number(const json& rows, std::string_view id) {
  const json* row = find_row(rows, id);
  if (row == nullptr || !row->contains("value") || !row->at("value").is_number()) return std::nullopt;
  return row->at("value").get<double>();
}

std::optional<double> factor_of(const json& tolerance) {
  return tolerance.is_string() ? number_with_prefix(tolerance.get_ref<const std::string&>(), "factor ") : std::nullopt;
}

std::optional<bool> within(const json& tolerance, double paper, double model) {
  if (tolerance.is_number()) return std::abs(model - paper) <= tolerance.get<double>() * std::abs(paper);
  if (!tolerance.is_string()) return std::nullopt;
  const std::string words = tolerance.get<std::string>();
  if (words.rfind("lower bound", 0) == 0) return model >= paper;
  if (const auto factor = factor_of(tolerance)) {
    if (!(model / paper > 0)) return false;
    return std::abs(std::log10(model / paper)) <= std::log10(*factor) * (1 + 1e-12);
  }
  if (const auto width = number_with_prefix(words, "+-")) return std::abs(model - paper) <= *width;
  return std::nullopt;
}

}  // namespace hopflow::pipeline
