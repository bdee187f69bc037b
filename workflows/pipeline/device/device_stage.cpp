// SPDX-License-Identifier: GPL-2.0-or-later
// The device stage: a barrier and the published rows in, parameters, rows, curves and notes out.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/pipeline/calibration/conflicts.hpp"
#include "workflows/pipeline/calibration/reference.hpp"
#include "workflows/pipeline/core/device_input.hpp"
#include "workflows/pipeline/core/stage.hpp"
#include "workflows/pipeline/device/device.hpp"
#include "workflows/pipeline/device/device_export.hpp"
#include "workflows/pipeline/device/device_rows.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/protocols/impedance.hpp"
#include "workflows/pipeline/protocols/programming_map.hpp"
#include "workflows/pipeline/protocols/stdp.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

constexpr double room_k = 300;
constexpr std::string_view measured_row = "iv.off.prpyr";  ///< off current of the film whose switching was measured

/// The reference's rows, checked for what the fit relies on.
json checked_rows(const InputReader& reader) {
  if (reader.find("reference") == nullptr) return json::array();
  const json& rows = reader.array("reference");
  for (const json& row : rows) {
    const InputReader entry{row, "device: reference"};
    entry.text("id");
    entry.one_of("role", {"calibrate", "holdout", "context"});
    if (!row.contains("value"))
      entry.fail("value", fmt::format("is missing in row '{}'", text::printable(row.at("id").get<std::string>())));
  }
  return rows;
}

/// Where a model takes a number from: what it doesn't use is neither fitted nor assumed.
std::string_view source_of(const ParameterRow& row, const Model& model) {
  static constexpr std::array<std::string_view, 4> kinetic{"set_threshold_v", "reset_threshold_v",
                                                           "sharing_length_hops", "stabilisation_ev"};
  const bool unused = std::ranges::find(kinetic, row.key) != kinetic.end() &&
                      std::ranges::find(model.fitted, row.key) == model.fitted.end();
  return unused ? "not used by this model" : row.source;
}

void note_provenance(const DeviceParameters& p, std::vector<std::string>& notes) {
  const Model& model = model_named(p.model);
  std::vector<std::string> fitted, assumed;
  for (const ParameterRow& row : parameter_table()) {
    if (source_of(row, model).starts_with("fitted")) fitted.emplace_back(row.key);
    if (row.source == "assumed") assumed.emplace_back(row.key);
  }
  notes.push_back(fmt::format("model {}: {}", model.name, model.summary));
  notes.push_back("fitted, not from the barrier: " + text::join(fitted, ", "));
  notes.push_back("assumed, neither measured nor from the barrier: " + text::join(assumed, ", ") +
                  "; the compliance holds the positive half of a sweep only, since 1 mA through a full filament leaves "
                  "too little voltage to reset it");
  if (!model.fitted.empty()) {
    notes.push_back(
        fmt::format("the stabilisation energy ({:.3f} eV) absorbs the barrier in the calibrated film's retention: "
                    "their sum {:.3f} eV is all one retention time fixes; agreement there confirms no barrier",
                    p.stabilisation_ev, p.barrier_ev + p.stabilisation_ev));
    if (p.stabilisation_ev < 0) {
      notes.push_back(
          "the stabilisation energy came out negative: with the assumed prefactor the calibrating barrier alone would "
          "hold the filament longer than was measured, so barrier and retention contradict each other and the fit "
          "hides it");
    }
    notes.push_back(
        "set threshold and sharing length absorb the barrier in the set kinetics; what a barrier does predict is the "
        "ratio of retention and switching times between films at equal fitted numbers");
  }
  notes.push_back(
      "a barrier cannot explain off currents, on/off ratios and their order, thresholds, yield, endurance or analog "
      "windows: these are electronic or of the interfaces, and fitted or missed here");
  notes.push_back(
      "bands draw the barrier (normal) and the attempt frequency (log-uniform) with everything fitted held; the refits "
      "of the identifiability table let the fit absorb them instead");
}

double sweep_seconds(const DeviceParameters& p) { return 4 * p.sweep_limit_v / p.sweep_step_v * p.sweep_dwell_s; }

json empty_result(const json& rows, const std::vector<std::string>& notes) {
  return {{"parameters", nullptr},
          {"rows", device_rows(rows, nullptr, {}, 0)},
          {"iv", nullptr},
          {"retention", nullptr},
          {"ltp", nullptr},
          {"ltd", nullptr},
          {"synapse", nullptr},
          {"identifiability", nullptr},
          {"conflicts", paper_conflicts(rows)},
          {"notes", notes}};
}

json files_of(const std::string& material, const json& result) {
  const std::string stem = "device/" + text::slug(material);
  json files;
  files[stem + ".json"] = result.dump(1) + "\n";
  for (const Curve& curve : device_curves(result)) files[stem + "-" + curve.name + ".csv"] = csv(curve);
  for (const auto& [name, text] : model_files(result)) files[stem + "-" + name] = text;
  return files;
}

/// Key, unit and source of every parameter; the fit's own error where it has one.
json provenance(const Calibration& fit) {
  json all;
  for (const ParameterRow& row : parameter_table()) {
    const std::string key{row.key};
    all[key] = {{"unit", row.unit}, {"source", source_of(row, model_named(fit.parameters.model))}};
    for (const FittedNumber& number : fit.fitted) {
      if (number.name == key) all[key]["sd"] = number.sd;
      if (number.name == "ln " + key) all[key]["sd_ln"] = number.sd;
    }
  }
  return all;
}

json fit_json(const Calibration& fit) {
  json names = json::array(), values = json::array(), sds = json::array(), residuals = json::array();
  for (const FittedNumber& number : fit.fitted) {
    names.push_back(number.name);
    values.push_back(number.value);
    sds.push_back(number.sd);
  }
  for (const FitResidual& residual : fit.residuals)
    residuals.push_back({{"row", residual.row}, {"in_tolerances", residual.in_tolerances}});
  return {{"names", names},
          {"values", values},
          {"sd", sds},
          {"covariance", fit.covariance},
          {"residuals", residuals},
          {"note", "each calibrate row weighs with its tolerance as one standard deviation"}};
}

}  // namespace

json device_stage(const json& input) {
  const InputReader reader{input, "device"};
  reader.allow_keys({"material", "barrier_ev", "barrier_sd_ev", "barrier_source", "attempt_frequency_thz",
                     "attempt_frequency_factor", "hop_length_angstrom", "temperature_k", "off_current_row", "reference",
                     "fit", "seed", "calibration", "model", "sweep_dwell_s"});
  const std::string material = reader.text("material");
  const auto barrier = reader.maybe_number("barrier_ev", 1e-6, 5);
  const double sd = reader.number_or("barrier_sd_ev", 0, 5, 0);
  const std::string source = reader.text_or("barrier_source", "given");
  const double frequency = reader.number_or("attempt_frequency_thz", 1e-3, 1e3, 1);
  const double factor = reader.number_or("attempt_frequency_factor", 1, 1e6, 10);
  const double hop_length = reader.number_or("hop_length_angstrom", 0.1, 100, 4.5);
  const double temperature = reader.number_or("temperature_k", 1, 2000, room_k);
  std::string off_row = reader.text_or("off_current_row", std::string{measured_row});
  const auto seed = static_cast<std::uint64_t>(reader.integer_or("seed", 0, 1L << 53, 1));
  const json rows = checked_rows(reader);
  std::vector<std::string> notes;
  if (!barrier) {
    notes.push_back(fmt::format("{}: no barrier, so no device is computed; none is assumed in its place", material));
    return {{"result", empty_result(rows, notes)}, {"files", json::object()}};
  }
  if (!reader.boolean_or("fit", true)) {
    notes.push_back(
        fmt::format("{}: fit is off and no parameters are known without one, so no device is computed", material));
    return {{"result", empty_result(rows, notes)}, {"files", json::object()}};
  }
  if (rows.empty()) {
    notes.push_back(fmt::format("{}: no reference rows to calibrate to, so no device is computed", material));
    return {{"result", empty_result(rows, notes)}, {"files", json::object()}};
  }

  // The kinetic rows were measured on one material; another film takes over what was fitted there.
  const bool measured_film = off_row == measured_row;
  const bool own_row = find_row(rows, off_row) != nullptr;
  if (!own_row) {
    notes.push_back(
        fmt::format("no off current of {} is known (row '{}'): the off state of the calibrated film stands in for it; "
                    "currents say nothing about this material",
                    material, text::printable(off_row)));
    off_row = measured_row;
  }
  CalibrationRequest request;
  request.start.barrier_ev = *barrier;
  request.start.attempt_frequency_thz = frequency;
  request.start.hop_length_angstrom = hop_length;
  request.start.temperature_k = room_k;
  request.start.model = reader.text_or("model", models().front().name);
  if (find_model(request.start.model) == nullptr)
    reader.fail("model", fmt::format("is '{}'; allowed: {}", text::printable(request.start.model),
                                     text::join(model_names(), ", ")));
  request.start.sweep_dwell_s = reader.number_or("sweep_dwell_s", 1e-12, 1e6, request.start.sweep_dwell_s);
  bool carried_over = false;
  if (const json* calibration = measured_film ? nullptr : reader.find("calibration")) {
    const InputReader other{*calibration, "device: calibration"};
    other.allow_keys({"material", "barrier_ev", "attempt_frequency_thz", "hop_length_angstrom"});
    if (const auto other_barrier = other.maybe_number("barrier_ev", 1e-6, 5)) {
      carried_over = true;
      request.start.barrier_ev = *other_barrier;
      request.start.attempt_frequency_thz = other.number_or("attempt_frequency_thz", 1e-3, 1e3, frequency);
      request.start.hop_length_angstrom = other.number_or("hop_length_angstrom", 0.1, 100, hop_length);
      notes.push_back(
          fmt::format("thresholds, sharing length and stabilisation energy were fitted on {} with its barrier of {} eV "
                      "and taken over unchanged; retention and speed then follow from this material's own barrier",
                      other.text_or("material", "the measured film"), text::shortest(*other_barrier)));
    }
  }
  if (!measured_film && !carried_over) {
    notes.push_back(
        "the kinetic rows belong to another film and no barrier of that film was given: they were fitted with this "
        "material's barrier, so its retention and speed repeat that film's and say nothing about this barrier");
  }
  Calibration fit = calibrate(rows, request);
  notes.insert(notes.end(), fit.notes.begin(), fit.notes.end());
  DeviceParameters device = for_material(fit, off_row, *barrier, frequency, hop_length);
  device.temperature_k = temperature;
  const BarrierSpread spread{sd, factor};

  notes.insert(notes.begin(),
               fmt::format("{}: barrier {} eV (sd {} eV; {}), attempt frequency {} THz within a factor {}, hop {} A",
                           material, text::shortest(*barrier), text::shortest(sd), source, text::shortest(frequency),
                           text::shortest(factor), text::shortest(hop_length)));
  note_provenance(fit.parameters, notes);
  const json conflicts = paper_conflicts(rows);
  for (const json& conflict : conflicts)
    notes.push_back("the reference contradicts itself: " + conflict.at("text").get<std::string>());

  json result{{"schema", "hopflow-device/1"}, {"material", material}};
  result["parameters"] = to_json(device);
  result["provenance"] = provenance(fit);
  result["spread"] = {{"barrier_sd_ev", sd}, {"attempt_frequency_factor", factor}};
  result["barrier"] = {{"barrier_ev", *barrier},
                       {"barrier_sd_ev", sd},
                       {"source", source},
                       {"attempt_frequency_thz", frequency},
                       {"attempt_frequency_factor", factor},
                       {"hop_length_angstrom", hop_length}};
  result["barrier"]["sha256"] = sha256_hex(result["barrier"].dump());
  result["variability"] = to_json(published_spread(device));
  result["fit"] = fit_json(fit);
  result["conflicts"] = conflicts;
  json table = device_rows(rows, &fit, spread, seed);
  if (!measured_film) {
    // Only the currents of the comparison are this film's; the rest was measured on the other one.
    for (json& row : table) {
      const std::string id = row.at("id");
      if (own_row && (id.rfind("iv.off.", 0) == 0 || id.rfind("iv.ratio.", 0) == 0 || id == "iv.order")) continue;
      row["model"] = row["p05"] = row["p95"] = nullptr;
      row["verdict"] = "not_computed";
      row["reason"] = "measured on another film";
    }
  }
  result["rows"] = std::move(table);
  result["iv"] = iv_json(device);
  result["retention"] = retention_json(device, spread, seed);
  const json synapse = synapse_json(device, seed);
  result["synapse"] = synapse;
  result["ltp"] = synapse.is_null() ? json(nullptr) : train_json(device, synapse, true);
  result["ltd"] = synapse.is_null() ? json(nullptr) : train_json(device, synapse, false);
  if (synapse.is_null())
    notes.push_back(
        "no pulse of 100 ns below 10 V steps this device through two decades of conductance: there is no update curve "
        "for a network");
  const double forgets_s = retention_time(device, temperature);
  if (forgets_s < sweep_seconds(device)) {
    notes.push_back(
        fmt::format("the filament forgets in {:.2g} s, within one sweep of {:.2g} s: curves and pictures of this "
                    "device do not last",
                    forgets_s, sweep_seconds(device)));
  }
  result["map"] = map_json(programming_map(device, {}), {});
  result["stdp"] = stdp_json(stdp(device, {}), {});
  result["eis_off"] = impedance_json(device, 0, {});
  result["eis_on"] = impedance_json(device, 1, {});
  result["energy"] = energy_json(device);
  for (const json& warning : result["iv"]["warnings"]) notes.push_back(warning);
  for (const json& pulse : result["energy"]) {
    if (pulse.at("hottest_k") <= hottest_plausible_k) continue;
    notes.push_back(
        fmt::format("Joule heating: a {} pulse of {:g} V would heat the filament to {:.0f} K with {:.2g} K/W "
                    "(assumed): its current can't flow in one filament 1 um wide",
                    pulse.at("pulse").get<std::string>(), pulse.at("voltage_v").get<double>(),
                    pulse.at("hottest_k").get<double>(), device.thermal_resistance_k_per_w));
  }
  result["identifiability"] = measured_film ? identifiability_json(rows, request, sd) : json(nullptr);
  if (result["identifiability"].is_array() && !result["identifiability"].empty())
    notes.push_back(moved_sentence(result["identifiability"]));
  result["nuisance"] = measured_film ? nuisance_json(rows, request, fit.parameters) : json(nullptr);
  result["notes"] = notes;
  json files = files_of(material, result);
  return {{"result", std::move(result)}, {"files", std::move(files)}};
}

}  // namespace hopflow::pipeline
