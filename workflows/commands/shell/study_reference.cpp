// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/commands/shell/study_reference.hpp"

#include <map>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/text.hpp"
#include "workflows/study/study.hpp"

namespace hopflow {

namespace {

using Json = nlohmann::ordered_json;

/// Blocks that are lists or open maps, whose keys are read by the engines and the structure reader.
struct Block {
  const char *path, *values, *help;
  bool required;
};
constexpr Block blocks[] = {
    {"study", "name", "name of the study; the run folder is runs/NAME", true},
    {"materials", "list", "the crystals; each an entry with the keys below", true},
    {"materials[].name", "name", "name of the material, also of its folder", true},
    {"materials[].structure", "file", "cif, extxyz, POSCAR or LAMMPS data; relative to the study", true},
    {"materials[].forcefield", "file", "force-field table for LAMMPS; needed where no engine is named", false},
    {"materials[].engine", "block", "an engine of this material alone, as in engine", false},
    {"materials[].charge_set", "name", "one of the table's charge sets", false},
    {"materials[].block", "name", "data block to read, for a CIF with several structures", false},
    {"materials[].disorder", "words",
     "how disorder is resolved: ordered, majority, enumerate N, choice K, seed S, supercell or supercell S", false},
    {"materials[].require_experimental", "true or false", "refuse a structure that says it is a model", false},
    {"materials[].paths", "map", "first path of a hop: its id, and an extxyz file", false},
    {"materials[].reference_bands", "list",
     "barriers computed earlier with an expensive engine, kept as data (reference-band/1)", false},
    {"materials[].paper", "list", "ids of the reference rows that are shown next to the barrier", false},
    {"engine", "block",
     "what computes energies and forces: {kind: lammps, ...} for force-field tables, {kind: ipi, command: ...}, or any "
     "other kind",
     false},
    {"refine", "none, a block or a list", "engines that re-evaluate or re-converge every converged path", false},
};

std::string values_of(const StudyKey& key) {
  const bool bounded = key.low < key.high;
  const std::string range =
      bounded ? fmt::format(" from {} to {}", text::shortest(key.low), text::shortest(key.high)) : "";
  if (!key.choices.empty()) return text::join(key.choices, ", ");
  if (key.kind == "list") return "list of numbers" + range;
  return key.kind + range;
}

Json schema_of(const StudyKey& key) {
  Json out;
  if (key.kind == "number" || key.kind == "integer") {
    out["type"] = key.kind;
    out["minimum"] = key.low;
    out["maximum"] = key.high;
  } else if (key.kind == "boolean") {
    out["type"] = "boolean";
  } else if (key.kind == "list") {
    out = {{"type", "array"}, {"items", {{"type", "number"}, {"minimum", key.low}, {"maximum", key.high}}}};
  } else if (key.path == "hops.select") {
    out["anyOf"] = {{{"enum", key.choices}}, {{"type", "array"}, {"items", {{"type", "string"}}}, {"minItems", 1}}};
  } else if (!key.choices.empty()) {
    out["enum"] = key.choices;
  } else {
    out["type"] = {"string", "null"};
  }
  out["description"] = key.help;
  out["default"] = Json::parse(key.fallback, nullptr, false);
  if (out["default"].is_discarded()) out["default"] = key.fallback;
  return out;
}

Json material_schema() {
  Json properties = Json::object(), required = Json::array();
  constexpr std::string_view prefix = "materials[].";
  for (const Block& block : blocks) {
    if (!std::string_view{block.path}.starts_with(prefix)) continue;
    const std::string name = std::string{block.path}.substr(prefix.size());
    properties[name] = {{"description", block.help}};
    const std::string values = block.values;
    properties[name]["type"] = values == "list"                       ? "array"
                               : values == "map" || values == "block" ? "object"
                               : values == "true or false"            ? "boolean"
                                                                      : "string";
    if (block.required) required.push_back(name);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}};
}

}  // namespace

std::string study_keys_markdown() {
  std::string out = "| key | values | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const Block& block : blocks)
    out += fmt::format("| `{}` | {} | {} | {} |\n", block.path, block.values, block.required ? "required" : "",
                       block.help);
  for (const StudyKey& key : study_keys())
    out += fmt::format("| `{}` | {} | `{}` | {} |\n", key.path, values_of(key), key.fallback, key.help);
  return out;
}

std::string study_schema() {
  Json properties{{"study", {{"type", "string"}, {"maxLength", 40}, {"description", blocks[0].help}}},
                  {"materials", {{"type", "array"}, {"minItems", 1}, {"items", material_schema()}}},
                  {"engine", {{"type", "object"}, {"required", {"kind"}}}},
                  {"refine", {{"anyOf", {{{"enum", {"none"}}}, {{"type", "object"}}, {{"type", "array"}}}}}}};
  for (const StudyKey& key : study_keys()) {
    const auto dot = key.path.find('.');
    if (dot == std::string::npos) {
      properties[key.path] = schema_of(key);
      continue;
    }
    Json& section = properties[key.path.substr(0, dot)];
    if (section.is_null())
      section = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
    section["properties"][key.path.substr(dot + 1)] = schema_of(key);
  }
  const Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                    {"title", "hopflow study"},
                    {"description", "Written by 'hopflow manual schema'."},
                    {"type", "object"},
                    {"required", {"study", "materials"}},
                    {"additionalProperties", false},
                    {"properties", properties}};
  return schema.dump(2) + "\n";
}

std::string explained(const std::string& printed) {
  std::map<std::string, std::string> help;
  for (const StudyKey& key : study_keys())
    help[key.path] = key.kind == "number" || key.kind == "integer" || !key.choices.empty()
                         ? fmt::format("{}; {}", key.help, values_of(key))
                         : key.help;
  std::string out, section;
  bool in_materials = false;
  for (std::size_t begin = 0; begin < printed.size();) {
    const auto end = std::min(printed.find('\n', begin), printed.size());
    const std::string line = printed.substr(begin, end - begin);
    begin = end + 1;
    const auto indent = line.find_first_not_of(' ');
    const auto colon = line.find(':');
    if (indent == 0) {
      section = line.substr(0, colon);
      in_materials = section == "materials";
    }
    if (indent != std::string::npos && colon != std::string::npos && !in_materials) {
      const std::string key = line.substr(indent, colon - indent);
      const auto found = help.find(indent == 0 ? key : section + "." + key);
      if (found != help.end()) out += std::string(indent, ' ') + "# " + found->second + "\n";
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace hopflow
