// SPDX-License-Identifier: GPL-2.0-or-later
// The device stage: a barrier and the published rows in, parameters, rows, curves and notes out.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/calibration/arrhenius.hpp"
#include "workflows/pipeline/calibration/conflicts.hpp"
#include "workflows/pipeline/calibration/reference_file.hpp"
#include "workflows/pipeline/calibration/verdict.hpp"
#include "workflows/pipeline/core/json_input.hpp"
#include "workflows/pipeline/device/device_export.hpp"
#include "workflows/pipeline/device/device_report.hpp"
#include "workflows/pipeline/device/stage.hpp"
#include "workflows/pipeline/hashing/sha256.hpp"
#include "workflows/pipeline/measured/measured_fit.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/protocols/impedance.hpp"
#include "workflows/pipeline/protocols/programming_map.hpp"
#include "workflows/pipeline/protocols/stdp.hpp"
#include "workflows/pipeline/reference/row.hpp"
#include "workflows/pipeline/rows/device_rows.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

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
                  "; the compliance applies to the positive half of a sweep only, since 1 mA through a full filament "
                  "leaves too little voltage to reset it");
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
    bool moved = false;
    for (const FittedNumber& number : fit.fitted) {
      if (!std::isfinite(number.sd)) continue;  // no row tells it
      if (number.name == key) all[key]["sd"] = number.sd;
      if (number.name == "ln " + key) all[key]["sd_ln"] = number.sd;
      moved = moved || number.name == key || number.name == "ln " + key ||
              (key == "off_conductance_s" && number.name == "ln off_conductance_s of " + fit.own_off_row);
    }
    if (!moved && all[key].at("source").get<std::string>().starts_with("fitted"))
      all[key]["source"] = "assumed: no calibrate row fixes it";
  }
  return all;
}

json fit_json(const Calibration& fit) {
  json names = json::array(), values = json::array(), sds = json::array(), residuals = json::array();
  for (const FittedNumber& number : fit.fitted) {
    names.push_back(number.name);
    values.push_back(number.value);
    sds.push_back(std::isfinite(number.sd) ? json(number.sd) : json(nullptr));
  }
  json covariance = json::array();
  for (const auto& line : fit.covariance) {
    json& out = covariance.emplace_back(json::array());
    for (const double each : line) out.push_back(std::isfinite(each) ? json(each) : json(nullptr));
  }
  for (const FitResidual& residual : fit.residuals)
    residuals.push_back({{"row", residual.row}, {"in_tolerances", residual.in_tolerances}});
  return {{"names", names},
          {"values", values},
          {"sd", sds},
          {"covariance", covariance},
          {"residuals", residuals},
          {"note", "each calibrate row weighs with its tolerance as one standard deviation"}};
}

}  // namespace

namespace {

/// What the stage was asked, read and checked.
struct Asked {
  std::string material;
  std::optional<double> barrier_ev;
  double sd_ev = 0;
  std::string source;
  double frequency_thz = 1, frequency_factor = 10, hop_length_angstrom = 4.5, temperature_k = room_k;
  std::string off_row;
  std::string film;
  bool own_row = false;  ///< the film's own off current is known
  bool measured = true;  ///< the kinetic rows are this film's
  bool fit = true;
  std::uint64_t seed = 1;
  json rows;  ///< completed
  CalibrationRequest request;
};

/// The film the material is: as asked, else that of its off-current row, else the one that was measured.
void find_film(const InputReader& reader, Asked& a) {
  const std::string kinetic_film = measured_film(a.rows);
  std::vector<const json*> off;
  for (const json* row : rows_of(a.rows, "off_current", "calibrate")) off.push_back(row);
  const auto first_of = [&](const std::string& film) -> std::string {
    for (const json* row : off)
      if (film_of(*row) == film) return row->at("id");
    return "";
  };
  a.off_row = reader.text_or("off_current_row", "");
  a.film = text::lower(reader.text_or("film", ""));
  if (a.film.empty() && a.off_row.empty()) a.film = kinetic_film;
  if (a.film.empty())
    for (const json* row : off)
      if (row->at("id") == a.off_row) a.film = film_of(*row);
  if (a.off_row.empty()) a.off_row = first_of(a.film);
  a.own_row = std::ranges::any_of(off, [&](const json* row) { return row->at("id") == a.off_row; });
  // Several rows of one film are fitted together, under the first one's id.
  if (a.own_row && !a.film.empty()) a.off_row = first_of(a.film);
  a.measured = reader.boolean_or("measured", a.film == kinetic_film && (a.own_row || off.empty()));
}

Asked read_asked(const InputReader& reader) {
  reader.allow_keys({"material", "barrier_ev", "barrier_sd_ev", "barrier_source", "attempt_frequency_thz",
                     "attempt_frequency_factor", "hop_length_angstrom", "temperature_k", "off_current_row", "film",
                     "measured", "reference", "fit", "seed", "calibration", "model", "sweep_dwell_s", "geometry",
                     "measurements"});
  Asked a;
  a.material = reader.text("material");
  a.barrier_ev = reader.maybe_number("barrier_ev", 1e-6, 5);
  a.sd_ev = reader.number_or("barrier_sd_ev", 0, 5, 0);
  a.source = reader.text_or("barrier_source", "given");
  a.frequency_thz = reader.number_or("attempt_frequency_thz", 1e-3, 1e3, 1);
  a.frequency_factor = reader.number_or("attempt_frequency_factor", 1, 1e6, 10);
  a.hop_length_angstrom = reader.number_or("hop_length_angstrom", 0.1, 100, 4.5);
  a.temperature_k = reader.number_or("temperature_k", 1, 2000, room_k);
  a.seed = static_cast<std::uint64_t>(reader.integer_or("seed", 0, 1L << 53, 1));
  a.fit = reader.boolean_or("fit", true);
  a.rows = complete_rows(checked_rows(reader));
  find_film(reader, a);
  DeviceParameters& start = a.request.start;
  start.temperature_k = room_k;
  start.model = reader.text_or("model", models().front().name);
  if (find_model(start.model) == nullptr)
    reader.fail("model",
                fmt::format("is '{}'; allowed: {}", text::printable(start.model), text::join(model_names(), ", ")));
  return a;
}

/// What rows and caller say about the device's geometry and its sweeps; the caller has the last word.
void describe_device(const InputReader& reader, Asked& a, std::vector<std::string>& notes) {
  DeviceParameters& start = a.request.start;
  for (const StatedParameter& stated : stated_parameters(a.rows)) {
    const auto row = std::ranges::find(parameter_table(), std::string_view{stated.key}, &ParameterRow::key);
    if (!(stated.value >= row->low && stated.value <= row->high))
      throw Error{Error::Kind::bad_input,
                  fmt::format("reference: row '{}' states {} = {}; give a number from {} to {}", stated.row, stated.key,
                              text::shortest(stated.value), text::shortest(row->low), text::shortest(row->high))};
    if (start.*row->member != stated.value)
      notes.push_back(
          fmt::format("{} is {} {}, as {} states", stated.key, text::shortest(stated.value), row->unit, stated.row));
    start.*row->member = stated.value;
  }
  start.sweep_dwell_s = reader.number_or("sweep_dwell_s", 1e-12, 1e6, start.sweep_dwell_s);
  const json* geometry = reader.find("geometry");
  if (geometry == nullptr) return;
  const InputReader given{*geometry, "device: geometry"};
  std::vector<std::string> keys;
  for (const ParameterRow& row : parameter_table()) {
    if (row.source != "assumed") continue;
    keys.emplace_back(row.key);
    if (const auto value = given.maybe_number(row.key, row.low, row.high)) start.*row.member = *value;
  }
  given.allow_keys(keys);
}

/// Where the kinetics were fitted, if not on this film.
struct CarriedFrom {
  std::string material;
  double barrier_ev = 0;
};

std::optional<CarriedFrom> carried_from(const InputReader& reader, Asked& a, std::vector<std::string>& notes) {
  DeviceParameters& start = a.request.start;
  start.barrier_ev = *a.barrier_ev;
  start.attempt_frequency_thz = a.frequency_thz;
  start.hop_length_angstrom = a.hop_length_angstrom;
  if (a.measured) return std::nullopt;
  if (const json* calibration = reader.find("calibration")) {
    const InputReader other{*calibration, "device: calibration"};
    other.allow_keys({"material", "barrier_ev", "attempt_frequency_thz", "hop_length_angstrom"});
    if (const auto barrier = other.maybe_number("barrier_ev", 1e-6, 5)) {
      start.barrier_ev = *barrier;
      start.attempt_frequency_thz = other.number_or("attempt_frequency_thz", 1e-3, 1e3, a.frequency_thz);
      start.hop_length_angstrom = other.number_or("hop_length_angstrom", 0.1, 100, a.hop_length_angstrom);
      const std::string material = other.text_or("material", "the measured film");
      notes.push_back(
          fmt::format("thresholds, sharing length and stabilisation energy were fitted on {} with its barrier of {} eV "
                      "and taken over unchanged; retention and speed then follow from this material's own barrier",
                      material, text::shortest(*barrier)));
      return CarriedFrom{material, *barrier};
    }
  }
  notes.push_back(
      "the kinetic rows belong to another film and no barrier of that film was given: they were fitted with this "
      "material's barrier, so its retention and speed repeat that film's and say nothing about this barrier");
  return std::nullopt;
}

/// The barrier rows of a film that a barrier misses.
std::vector<std::string> missed_barriers(const Asked& a, const std::string& film, double barrier_ev) {
  std::vector<std::string> missed;
  for (const json& row : a.rows)
    if (states_barrier(kind_of(row)) && row.at("role") == "holdout" && (film_of(row) == film || film_of(row).empty()) &&
        judge(row, barrier_ev).outcome == Outcome::miss)
      missed.push_back(row.at("id"));
  return missed;
}

/// Whether a stabilisation energy fitted on one film may serve another, and what follows: it is part of the device's
/// retention, and a barrier that is wrong there turns into a wrong one here.
json carry_stabilisation(const Asked& a, const Calibration& fit, const std::optional<CarriedFrom>& from,
                         DeviceParameters& device, std::vector<std::string>& notes) {
  const double fitted_ev = fit.parameters.stabilisation_ev;
  const std::vector<std::string> missed = missed_barriers(a, fit.film, fit.parameters.barrier_ev);
  json out{{"fitted_ev", fitted_ev},
           {"used_ev", device.stabilisation_ev},
           {"fitted_on", from ? from->material : a.material},
           {"carried", from.has_value()},
           {"refused", false},
           {"barrier_rows_missed", missed},
           {"credible", fitted_ev >= 0 && missed.empty()},
           {"consequence", nullptr}};
  if (model_named(device.model).fitted.empty() || !from || (fitted_ev >= 0 && missed.empty())) return out;
  const double carried_s = retention_time(device, a.temperature_k);
  DeviceParameters bare = device;
  bare.stabilisation_ev = 0;
  const double bare_s = retention_time(bare, a.temperature_k);
  if (fitted_ev < 0) {
    device = bare;
    out["used_ev"] = 0.0;
    out["refused"] = true;
    out["consequence"] = fmt::format(
        "the stabilisation energy fitted on {} is negative ({:.3f} eV at its barrier of {} eV): barrier and retention "
        "contradict each other there, so it is not taken over. With it this film would forget in {:.2g} s at {:g} K; "
        "without any, from its own barrier and an assumed random walk across the film, in {:.2g} s. Neither is a "
        "prediction",
        from->material, fitted_ev, text::shortest(from->barrier_ev), carried_s, a.temperature_k, bare_s);
  } else {
    out["consequence"] = fmt::format(
        "the stabilisation energy ({:.3f} eV) was fitted on {} with a barrier of {} eV that misses {}: an error of "
        "that "
        "barrier goes into this film's retention with the opposite sign. Taken over, the film forgets in {:.2g} s at "
        "{:g} K; without any, in {:.2g} s",
        fitted_ev, from->material, text::shortest(from->barrier_ev), text::join(missed, ", "), carried_s,
        a.temperature_k, bare_s);
  }
  notes.push_back(out["consequence"].get<std::string>());
  return out;
}

/// Only what is electronic, and what was measured on this film, is this film's; the rest was measured on another one.
void keep_own_rows(const Asked& a, json& table) {
  for (json& row : table) {
    const std::string kind = row.at("row_kind");
    if (a.own_row && (kind == "off_current" || kind == "on_off_ratio" || kind == "on_off_order")) {
      if (kind != "off_current" || film_of(row) == a.film || row.at("role") == "calibrate") continue;
    }
    if (row.at("verdict") == "not_computed" && row.at("model").is_null() && find_kind(kind) != nullptr &&
        !find_kind(kind)->outside.empty())
      continue;
    if (states_barrier(kind) && (film_of(row) == a.film || film_of(row).empty())) {
      const Verdict verdict =
          judge(row.contains("value") ? row : json{{"value", row.at("paper")}, {"tol", row.at("tol")}}, *a.barrier_ev);
      row["model"] = *a.barrier_ev;
      row["verdict"] = word(verdict.outcome);
      row["at_limit"] = verdict.at_limit();
      row["kind"] = "given";
      row["miss"] = verdict.outcome == Outcome::miss ? json(verdict.reason) : json(nullptr);
      row["reason"] = "the barrier that this device was given, no prediction of the device";
      continue;
    }
    row["model"] = row["p05"] = row["median"] = row["p95"] = row["miss"] = nullptr;
    row["verdict"] = "not_computed";
    row["at_limit"] = false;
    const std::string other = film_of(row);
    row["reason"] = other.empty() || other == a.film
                        ? "measured on another film"
                        : fmt::format("measured on another film ({})", text::printable(other));
  }
}

void add_curves(const Asked& a, const DeviceParameters& device, const BarrierSpread& spread, json& result,
                std::vector<std::string>& notes) {
  result["iv"] = iv_json(device);
  result["retention"] = retention_json(device, spread, a.seed);
  const json synapse = synapse_json(device, a.seed);
  result["synapse"] = synapse;
  result["ltp"] = synapse.is_null() ? json(nullptr) : train_json(device, synapse, true);
  result["ltd"] = synapse.is_null() ? json(nullptr) : train_json(device, synapse, false);
  if (synapse.is_null())
    notes.push_back(
        "no pulse of 100 ns below 10 V steps this device through two decades of conductance: there is no update curve "
        "for a network");
  const double forgets_s = retention_time(device, device.temperature_k);
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
}

/// Refits that say what the table is worth; of the film the rows were measured on.
void add_refits(const Asked& a, const Calibration& fit, json& result, std::vector<std::string>& notes) {
  result["identifiability"] = a.measured ? identifiability_json(a.rows, a.request, a.sd_ev) : json(nullptr);
  if (result["identifiability"].is_array() && !result["identifiability"].empty())
    notes.push_back(moved_sentence(result["identifiability"]));
  result["nuisance"] = a.measured ? nuisance_json(a.rows, a.request, fit.parameters) : json(nullptr);
  result["any_barrier"] = a.measured ? any_barrier_json(a.rows, a.request) : json(nullptr);
  if (a.measured) {
    const auto hits = result["any_barrier"]["hits"].get<std::vector<int>>();
    notes.push_back(
        fmt::format("with any barrier from 0.02 to 1 eV in its place, {} to {} of {} holdout rows are hit: only hits "
                    "beyond that number support the barrier",
                    std::ranges::min(hits), std::ranges::max(hits), result["any_barrier"]["holdouts"].get<int>()));
  }
}

/// Why nothing can be computed; "" if it can.
std::string missing(const Asked& a) {
  if (!a.barrier_ev)
    return fmt::format("{}: no barrier, so no device is computed; none is assumed in its place", a.material);
  if (!a.fit)
    return fmt::format("{}: fit is off and no parameters are known without one, so no device is computed", a.material);
  if (a.rows.empty()) return fmt::format("{}: no reference rows to calibrate to, so no device is computed", a.material);
  return "";
}

json barrier_json(const Asked& a) {
  json out{{"barrier_ev", *a.barrier_ev},
           {"barrier_sd_ev", a.sd_ev},
           {"source", a.source},
           {"attempt_frequency_thz", a.frequency_thz},
           {"attempt_frequency_factor", a.frequency_factor},
           {"hop_length_angstrom", a.hop_length_angstrom}};
  out["sha256"] = hex_of(bytes_of(sha256(out.dump())));
  return out;
}

}  // namespace

json device_stage(const json& input) {
  const InputReader reader{input, "device"};
  Asked a = read_asked(reader);
  std::vector<std::string> notes;
  if (const std::string why = missing(a); !why.empty()) {
    notes.push_back(why);
    return {{"result", empty_result(a.rows, notes)}, {"files", json::object()}};
  }
  if (!a.own_row && !a.measured) {
    notes.push_back(
        fmt::format("no off current of {} is known (row '{}'): the off state of the calibrated film stands in for it; "
                    "currents say nothing about this material",
                    a.material, text::printable(a.off_row)));
  }
  describe_device(reader, a, notes);
  const auto from = carried_from(reader, a, notes);
  const Calibration fit = calibrate(a.rows, a.request);
  notes.insert(notes.end(), fit.notes.begin(), fit.notes.end());
  DeviceParameters device =
      for_material(fit, a.own_row ? a.off_row : fit.own_off_row, *a.barrier_ev, a.frequency_thz, a.hop_length_angstrom);
  device.temperature_k = a.temperature_k;
  json stabilisation = carry_stabilisation(a, fit, from, device, notes);
  const BarrierSpread spread{a.sd_ev, a.frequency_factor};
  notes.insert(
      notes.begin(),
      fmt::format("{}: barrier {} eV (sd {} eV; {}), attempt frequency {} THz within a factor {}, hop {} A", a.material,
                  text::shortest(*a.barrier_ev), text::shortest(a.sd_ev), a.source, text::shortest(a.frequency_thz),
                  text::shortest(a.frequency_factor), text::shortest(a.hop_length_angstrom)));
  if (a.measured && !a.film.empty() && !fit.film.empty() && a.film != fit.film)
    notes.push_back(
        fmt::format("the reference's kinetic rows are of film '{}', device.measured says they are of '{}': "
                    "they were fitted with this film's barrier, for all films",
                    fit.film, a.film));
  note_provenance(fit.parameters, notes);
  const json conflicts = paper_conflicts(a.rows);
  for (const json& conflict : conflicts)
    notes.push_back("the reference contradicts itself: " + conflict.at("text").get<std::string>());

  json result{{"schema", "hopflow-device/1"}, {"material", a.material}, {"film", a.film}, {"measured", a.measured}};
  result["parameters"] = to_json(device);
  result["provenance"] = provenance(fit);
  if (stabilisation.at("refused") == true)
    result["provenance"]["stabilisation_ev"] = {{"unit", "eV"},
                                                {"source", "assumed: the one fitted on the measured film was refused"}};
  result["stabilisation"] = std::move(stabilisation);
  result["spread"] = {{"barrier_sd_ev", a.sd_ev}, {"attempt_frequency_factor", a.frequency_factor}};
  result["barrier"] = barrier_json(a);
  result["variability"] = to_json(published_spread(device));
  result["fit"] = fit_json(fit);
  result["conflicts"] = conflicts;
  json table = device_rows(a.rows, &fit, spread, a.seed);
  if (!a.measured) keep_own_rows(a, table);
  result["rows"] = std::move(table);
  add_curves(a, device, spread, result, notes);
  add_refits(a, fit, result, notes);
  result["notes"] = notes;
  if (const json* measurements = reader.find("measurements")) add_measured_results(result, *measurements);
  json files = files_of(a.material, result);
  return {{"result", std::move(result)}, {"files", std::move(files)}};
}

}  // namespace hopflow::pipeline
