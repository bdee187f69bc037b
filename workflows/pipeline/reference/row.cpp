// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/reference/row.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/reference/conditions.hpp"
#include "workflows/pipeline/reference/paper_names.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 6> kinetics{"set_voltage", "reset_voltage", "switching_time",
                                                   "retention",   "on_resistance", "on_current"};

/// Everything a protocol may state. Units stand in the names.
constexpr auto protocol_keys = std::to_array<std::string_view>({"like",
                                                                "temperature_k",
                                                                "read_v",
                                                                "level_s",
                                                                "compliance_a",
                                                                "film_thickness_nm",
                                                                "sweep_limit_v",
                                                                "sweep_step_v",
                                                                "sweep_dwell_s",
                                                                "series_resistance_ohm",
                                                                "pulse_v",
                                                                "width_s",
                                                                "pulses",
                                                                "start",
                                                                "from",
                                                                "to",
                                                                "direction",
                                                                "set_v",
                                                                "set_s",
                                                                "reset_v",
                                                                "reset_s",
                                                                "low_v",
                                                                "high_v",
                                                                "step_v",
                                                                "spike_v",
                                                                "tail_v",
                                                                "spike_s",
                                                                "tail_s",
                                                                "ratio_above",
                                                                "devices",
                                                                "decades",
                                                                "steps",
                                                                "state",
                                                                "rows",
                                                                "columns",
                                                                "scheme",
                                                                "bias_v",
                                                                "erase_v",
                                                                "line_resistance_ohm",
                                                                "low_hz",
                                                                "high_hz",
                                                                "label_above",
                                                                "most_change",
                                                                "neurons",
                                                                "train",
                                                                "test",
                                                                "seeds",
                                                                "pot_v",
                                                                "dep_v",
                                                                "ltp_v",
                                                                "ltd_v",
                                                                "cycles"});

[[noreturn]] void refuse(const json& row, const std::string& problem) {
  throw Error{Error::Kind::bad_input,
              fmt::format("reference: row '{}': {}", text::printable(row.at("id").get<std::string>()), problem)};
}

std::string hint(std::string_view word, std::span<const std::string_view> known) {
  const std::vector<std::string> words{known.begin(), known.end()};
  const auto near = text::nearest(word, words);
  return near ? fmt::format("did you mean '{}'?", *near) : fmt::format("known: {}", text::join(words, ", "));
}

const json* row_called(const json& rows, const std::string& id) {
  for (const json& row : rows)
    if (row.at("id") == id) return &row;
  return nullptr;
}

/// Adds what is not stated yet.
void add_missing(json& protocol, const json& more) {
  for (const auto& [key, value] : more.items())
    if (!protocol.contains(key)) protocol[key] = value;
}

/// The value of the context row that describes the test, its keys in lower case.
json described_by(const json& rows, const json& row, const std::string& id, bool stated) {
  const json* other = row_called(rows, id);
  json out = json::object();
  if (other == nullptr) {
    if (stated) refuse(row, fmt::format("protocol.like names '{}', and no row has this id", text::printable(id)));
    return out;
  }
  if (!other->at("value").is_object()) return out;
  for (const auto& [key, value] : other->at("value").items()) {
    // A context row may describe more than a protocol holds.
    const std::string low = text::lower(key);
    if (std::ranges::find(protocol_keys, low) != protocol_keys.end()) out[low] = value;
  }
  return out;
}

void check_protocol(const json& row, const json& protocol) {
  if (!protocol.is_object()) refuse(row, "protocol is not a map; write {pulse_v: 1.25, width_s: 1.0e-7}");
  for (const auto& [key, value] : protocol.items()) {
    if (std::ranges::find(protocol_keys, key) == protocol_keys.end())
      refuse(row, fmt::format("protocol: '{}' is not known; {}", text::printable(key), hint(key, protocol_keys)));
    if (value.is_number() && !std::isfinite(value.get<double>()))
      refuse(row, fmt::format("protocol: '{}' is not a finite number", text::printable(key)));
  }
}

void complete(const json& rows, json& row) {
  if (row.value("kind", json{}) == "") row.erase("kind");  // completed before, and nothing was found
  const PaperName* named = row.contains("kind") ? nullptr : find_paper_name(row.at("id").get<std::string>());
  if (row.contains("kind")) {
    if (!row.at("kind").is_string() || find_kind(row.at("kind").get<std::string>()) == nullptr) {
      std::vector<std::string_view> names;
      for (const RowKind& kind : row_kinds()) names.push_back(kind.name);
      const std::string found = row.at("kind").is_string() ? row.at("kind").get<std::string>() : row.at("kind").dump();
      refuse(row, fmt::format("kind '{}' is not known; {}", text::printable(found), hint(found, names)));
    }
  } else {
    row["kind"] = named != nullptr ? std::string{named->kind} : "";
  }
  if (!row.contains("film") || !row.at("film").is_string())
    row["film"] = named != nullptr ? std::string{named->film} : "";
  row["film"] = text::lower(row.at("film").get<std::string>());
  json protocol = row.value("protocol", json::object());
  check_protocol(row, protocol);
  // Prose counts only where the row states no protocol: two truths would need a third one to choose.
  if (!row.contains("protocol") && row.value("cond", json{}).is_string())
    add_missing(protocol, conditions_of(row.at("cond").get<std::string>()));
  if (named != nullptr) add_missing(protocol, json::parse(named->protocol));
  if (protocol.contains("like")) {
    if (!protocol.at("like").is_string()) refuse(row, "protocol.like is not the id of a row");
    const std::string like = protocol.at("like");
    protocol.erase("like");
    add_missing(protocol, described_by(rows, row, like, named == nullptr));
  }
  const json& value = row.at("value");
  if (row.at("kind") == "switching_time" && value.is_object() && value.contains("V") && value.at("V").is_number() &&
      !protocol.contains("pulse_v")) {
    const double size = std::abs(value.at("V").get<double>());
    protocol["pulse_v"] = protocol.value("direction", json{}) == "reset" ? -size : value.at("V").get<double>();
  }
  row["protocol"] = std::move(protocol);
}

/// A word with no letter or digit on either side.
bool stands_alone(const std::string& text, std::size_t at, std::size_t length) {
  const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return (at == 0 || !letter(text[at - 1])) && (at + length == text.size() || !letter(text[at + length]));
}

}  // namespace

std::span<const RowKind> row_kinds() {
  static constexpr std::string_view structure = "hopflow check on the film's structure, not a device";
  static constexpr std::string_view network = "a trained network (hopflow snn train, or a study's snn section)";
  static constexpr std::string_view context = "describes the experiment";
  static constexpr auto kinds = std::to_array<RowKind>({
      {"off_current", "current of the film without a filament (A)", ""},
      {"on_current", "current after the set half of a sweep (A)", ""},
      {"on_resistance", "resistance of the full filament (ohm)", ""},
      {"on_off_ratio", "on current over off current", ""},
      {"on_off_order", "films from the smallest on/off ratio to the largest", ""},
      {"ratio_spread", "[low, high] of on/off ratios of many devices", ""},
      {"set_voltage", "where a sweep sets (V)", ""},
      {"reset_voltage", "where a sweep resets (V)", ""},
      {"hrs_slopes", "[low bias, below the set voltage] of d ln I / d ln V without a filament", ""},
      {"lrs_slope", "d ln I / d ln V after a set", ""},
      {"transition", "abrupt or gradual", ""},
      {"polarity", "sign of the set and the reset bias, in words", ""},
      {"forming", "none needed or needed", ""},
      {"pulse_ratio", "on/off ratio after one set and one reset pulse", ""},
      {"endurance", "cycles", "a law of wear, which neither a barrier nor a reference gives"},
      {"endurance_law", "{law: {ratio, cycles, exponent}}: ratio exp(-(N / cycles)^exponent)", context},
      {"retention", "time constant of forgetting (s)", ""},
      {"switching_time", "s, or {V, s}", ""},
      {"write_energy", "V x final current x width of one pulse (J)", ""},
      {"analog_window", "[low, high] of the voltages that change a conductance gradually (V)", ""},
      {"window_asymmetry", "which window is wider, in words or as two widths with > or <", ""},
      {"pulse_linearity", "linear or non-linear in pulse number", ""},
      {"stdp", "Hebbian, anti-Hebbian, symmetric or none, in words", ""},
      {"impedance", "falls or rises with frequency; resistor-like, capacitive or inductive", ""},
      {"pattern", "letters that an array is programmed with", ""},
      {"half_select", "fraction of the write bias that leaves a cell alone", ""},
      {"yield", "fraction of devices above a ratio", ""},
      {"barrier_hop", "migration barrier of one hop (eV)", ""},
      {"barrier_network", "migration barrier of a network of hops, or a range for any (eV)", ""},
      {"barrier_order", "films by their barrier", "barriers of several films: a study gives them"},
      {"structure", "of the film", structure},
      {"network_accuracy", "fraction of images a network answers rightly", network},
      {"network_trend", "accuracy against samples or neurons", network},
      {"network_spread", "loss of accuracy by unequal devices", network},
      {"geometry", "film thickness in nm, by layer or as film_thickness_nm", context},
      {"sweep_protocol", "{cycle_V, step_mV, compliance_A}", context},
      {"other", "anything else", "nothing in this program"},
  });
  return kinds;
}

const RowKind* find_kind(std::string_view name) {
  const auto kinds = row_kinds();
  const auto at = std::ranges::find(kinds, name, &RowKind::name);
  return at == kinds.end() ? nullptr : &*at;
}

json complete_rows(const json& rows) {
  json out = rows;
  for (json& row : out) complete(rows, row);
  return out;
}

bool states_barrier(std::string_view kind) { return kind == "barrier_hop" || kind == "barrier_network"; }

std::string kind_of(const json& row) { return row.value("kind", ""); }
std::string film_of(const json& row) { return row.value("film", ""); }

std::optional<double> condition(const json& row, std::string_view key) {
  const auto protocol = row.find("protocol");
  if (protocol == row.end() || !protocol->is_object()) return std::nullopt;
  const auto value = protocol->find(std::string{key});
  if (value == protocol->end() || !value->is_number()) return std::nullopt;
  return value->get<double>();
}

double condition_or(const json& row, std::string_view key, double otherwise) {
  return condition(row, key).value_or(otherwise);
}

std::vector<const json*> rows_of(const json& rows, std::string_view kind, std::string_view role) {
  std::vector<const json*> found;
  for (const json& row : rows)
    if (kind_of(row) == kind && row.at("role") == role) found.push_back(&row);
  return found;
}

bool is_kinetic(const json& row) { return std::ranges::find(kinetics, kind_of(row)) != kinetics.end(); }

std::string measured_film(const json& rows) {
  for (const json& row : rows)
    if (row.at("role") == "calibrate" && is_kinetic(row) && !film_of(row).empty()) return film_of(row);
  for (const json& row : rows)
    if (kind_of(row) == "off_current" && !film_of(row).empty()) return film_of(row);
  return "";
}

std::vector<std::string> films_of(const json& rows) {
  std::vector<std::string> films;
  for (const json& row : rows)
    if (const std::string film = film_of(row); !film.empty() && std::ranges::find(films, film) == films.end())
      films.push_back(film);
  return films;
}

std::vector<StatedParameter> stated_parameters(const json& rows) {
  std::vector<StatedParameter> found;
  for (const json& row : rows) {
    const std::string kind = kind_of(row), id = row.at("id");
    const json& value = row.at("value");
    if (!value.is_object()) continue;
    const auto add = [&](const char* key, const char* member, double divisor) {
      const auto at = value.find(key);
      if (at == value.end() || !at->is_number()) return;
      if (!(at->get<double>() > 0)) refuse(row, fmt::format("'{}' is {}; give a number above 0", key, at->dump()));
      found.push_back({member, at->get<double>() / divisor, id});
    };
    if (kind == "geometry") {
      for (const char* key : {"film_thickness_nm", "perovskite", "film"}) add(key, "film_thickness_nm", 1);
      add("series_resistance_ohm", "series_resistance_ohm", 1);
    }
    if (kind != "sweep_protocol") continue;
    add("step_mV", "sweep_step_v", 1000);
    add("compliance_A", "compliance_a", 1);
    add("dwell_s", "sweep_dwell_s", 1);
    if (!value.contains("cycle_V") || !value.at("cycle_V").is_array()) continue;
    double limit = 0;
    for (const json& corner : value.at("cycle_V"))
      if (corner.is_number()) limit = std::max(limit, std::abs(corner.get<double>()));
    if (limit > 0) found.push_back({"sweep_limit_v", limit, id});
  }
  return found;
}

std::optional<std::string> word_in(const json& value, std::span<const Phrase> words) {
  std::string said;
  if (value.is_string()) said = text::lower(value.get<std::string>());
  if (value.is_boolean()) said = value.get<bool>() ? "true" : "false";
  std::vector<Phrase> longest{words.begin(), words.end()};
  std::ranges::stable_sort(longest, [](const Phrase& a, const Phrase& b) { return a.phrase.size() > b.phrase.size(); });
  for (const Phrase& each : longest)
    for (std::size_t at = said.find(each.phrase); at != std::string::npos; at = said.find(each.phrase, at + 1))
      if (stands_alone(said, at, each.phrase.size())) return std::string{each.name};
  return std::nullopt;
}

}  // namespace hopflow::pipeline
