// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/cell/element_file.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow::pipeline {

namespace {

using Law = SeriesElement::Law;

bool uses(const SeriesNumber& number, Law law) { return std::ranges::find(number.laws, law) != number.laws.end(); }

std::vector<std::string> cells() {
  std::vector<std::string> names;
  for (const SeriesLaw& each : series_laws())
    if (std::ranges::find(names, each.cell) == names.end()) names.emplace_back(each.cell);
  return names;
}

std::vector<const SeriesLaw*> laws_of(std::string_view cell) {
  std::vector<const SeriesLaw*> out;
  for (const SeriesLaw& each : series_laws())
    if (each.cell == cell) out.push_back(&each);
  return out;
}

std::vector<std::string> keys_of(Law law) {
  std::vector<std::string> keys{"cell"};
  if (laws_of(law_of({.law = law}).cell).size() > 1) keys.emplace_back("law");
  if (law == Law::diode) keys.emplace_back("forward");
  for (const SeriesNumber& number : series_numbers())
    if (uses(number, law)) keys.emplace_back(number.key);
  return keys;
}

/// The law that `cell` and, where a cell has several, `law` name; what is wrong with them otherwise.
struct Named {
  std::optional<Law> law;
  const char* key = "cell";
  std::string problem;
};

Named named(const std::string& cell, const std::optional<std::string>& law) {
  const auto all = laws_of(cell);
  if (all.empty())
    return {std::nullopt, "cell",
            fmt::format("is '{}'; allowed: {}", text::printable(cell), text::join(cells(), ", "))};
  if (all.size() == 1) return {all.front()->law, "", ""};
  std::vector<std::string> names;
  for (const SeriesLaw* each : all) {
    if (law && *law == each->name) return {each->law, "", ""};
    names.emplace_back(each->name);
  }
  return {std::nullopt, "law",
          fmt::format("is {}; give one of {} for a cell {}", law ? "'" + text::printable(*law) + "'" : "missing",
                      text::join(names, ", "), cell)};
}

/// What the numbers of an element must be to one another.
std::string conflict(const SeriesElement& e) {
  if ((e.law == Law::threshold || e.law == Law::transistor) && !(e.off_ohm > e.on_ohm))
    return fmt::format("is {} ohm, not above on_ohm ({} ohm)", text::shortest(e.off_ohm), text::shortest(e.on_ohm));
  return "";
}

SeriesElement element_of(const yaml::Node& root) {
  const yaml::Node& cell = root.at("cell");
  const yaml::Node* law = root.find("law");
  const Named found = named(cell.text(), law != nullptr ? std::optional{law->text()} : std::nullopt);
  if (!found.law)
    (law != nullptr && std::string_view{found.key} == "law" ? *law : cell).fail(found.key + (" " + found.problem));
  SeriesElement element{.law = *found.law};
  root.allow_keys(keys_of(element.law));
  for (const SeriesNumber& number : series_numbers()) {
    if (!uses(number, element.law)) continue;
    if (const yaml::Node* value = root.find(number.key))
      element.*number.member = value->number(number.low, number.high);
    else if (number.needed)
      root.at(number.key);
  }
  if (const yaml::Node* forward = root.find("forward")) element.reversed = forward->one_of({"set", "reset"}) == "reset";
  if (const std::string problem = conflict(element); !problem.empty())
    (root.find("off_ohm") != nullptr ? root.at("off_ohm") : root.at("on_ohm")).fail("off_ohm " + problem);
  return element;
}

}  // namespace

SeriesElement read_series_element(const std::filesystem::path& file) { return element_of(yaml::load(file)); }

// JSON is YAML.
SeriesElement series_element_from_json(const nlohmann::json& element, const std::string& place) {
  return element_of(yaml::parse(element.dump(), place));
}

nlohmann::json to_json(const SeriesElement& element) {
  const SeriesLaw& law = law_of(element);
  nlohmann::json out{{"cell", law.cell}};
  if (laws_of(law.cell).size() > 1) out["law"] = law.name;
  if (element.law == Law::diode) out["forward"] = element.reversed ? "reset" : "set";
  for (const SeriesNumber& number : series_numbers())
    if (uses(number, element.law) && std::isfinite(element.*number.member))
      out[std::string{number.key}] = element.*number.member;
  return out;
}

}  // namespace hopflow::pipeline
