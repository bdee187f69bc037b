// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/measured/measured_fit.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/pipeline/calibration/calibrate.hpp"
#include "workflows/pipeline/measured/features.hpp"
#include "workflows/pipeline/measured/measured_table.hpp"
#include "workflows/pipeline/measured/wear.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/reference/row.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

void take(std::vector<std::string>& notes, const std::vector<std::string>& more) {
  notes.insert(notes.end(), more.begin(), more.end());
}

MeasuredTable read_file(const MeasuredFiles& files, const std::string& name, const std::vector<std::string>& headless) {
  return read_measured(files.folder / name, headless, name);
}

/// Calibrate rows of another film's kinetics or spread would be fitted as if they were this one's.
void judge_other_films(json& rows, const std::string& film, std::vector<std::string>& notes) {
  const json complete = complete_rows(rows);
  std::vector<std::string> judged;
  for (std::size_t k = 0; k < complete.size(); ++k) {
    const json& row = complete[k];
    const bool fitted = row.at("role") == "calibrate" && (is_kinetic(row) || kind_of(row) == "ratio_spread");
    if (!fitted || film_of(row).empty() || film_of(row) == film) continue;
    rows[k]["role"] = "holdout";
    judged.push_back(row.at("id"));
  }
  if (!judged.empty())
    notes.push_back(fmt::format("rows of other films are judged, not fitted, where curves of {} are given: {}", film,
                                text::join(judged, ", ")));
}

}  // namespace

void add_measurements(json& input, const MeasuredFiles& files) {
  if (!files.any()) return;
  std::vector<std::string> notes;
  json& rows = input["reference"];
  if (!rows.is_array()) rows = json::array();
  std::string film = text::lower(input.value("film", ""));
  // Cycles alone say nothing of the film's kinetics: these stay the reference's.
  if (files.curves()) {
    if (film.empty()) film = "measured";
    input["film"] = film;
    input["measured"] = true;
    judge_other_films(rows, film, notes);
  }
  json own = json::array(), measurements{{"sweep", nullptr}, {"pulses", nullptr}};
  const auto add_rows = [&](Features found) {
    take(notes, found.notes);
    for (json& row : found.rows) own.push_back(std::move(row));
  };
  if (!files.sweep.empty()) {
    const MeasuredTable table = read_file(files, files.sweep, {"voltage_v", "current_a"});
    take(notes, table.notes);
    add_rows(sweep_features(table, film));
    measurements["sweep"] = to_json(table);
  }
  if (!files.pulses.empty()) {
    const MeasuredTable table = read_file(files, files.pulses, {"up", "down"});
    take(notes, table.notes);
    pulse_synapse(table, notes);  // refused here rather than after the fit
    measurements["pulses"] = to_json(table);
  }
  const auto with_reference = [&] {
    json all = own;
    all.insert(all.end(), rows.begin(), rows.end());
    return all;
  };
  if (!files.retention.empty()) {
    // A conductance says how far a filament has gone only in relation to the two levels it moves between.
    CalibrationRequest request;
    request.film = film;
    request.start.barrier_ev = input.value("barrier_ev", 0.3);
    request.start.attempt_frequency_thz = input.value("attempt_frequency_thz", 1.0);
    request.start.model = "barrier_only";  // conductances alone: its kinetics are not fitted
    const MeasuredTable table = read_file(files, files.retention, {"time_s", "conductance_s"});
    const json all = complete_rows(with_reference());
    const auto off = rows_of(all, "off_current", "calibrate");
    DeviceParameters device = request.start;
    double off_sd_ln = 0;
    if (std::ranges::any_of(off, [&](const json* row) { return film_of(*row) == film || film_of(*row).empty(); })) {
      const Calibration fit = calibrate(all, request);
      device = fit.parameters;
      for (const FittedNumber& each : fit.fitted)
        if (each.name == "ln off_conductance_s of " + fit.own_off_row && std::isfinite(each.sd)) off_sd_ln = each.sd;
    } else {
      device.on_conductance_s = 1e-3;
      device.off_conductance_s = 1e-7;
      off_sd_ln = std::log(10.0);
      notes.push_back(
          "no sweep says how far the conductance can fall: an on/off ratio of 10^4 within a factor of 10 is assumed "
          "for retention");
    }
    take(notes, table.notes);
    add_rows(retention_features(table, film, device, off_sd_ln));
  }
  if (!files.endurance.empty()) {
    const MeasuredTable table = read_file(files, files.endurance, {"cycle", "ratio"});
    const WearFit wear = fit_wear(table);
    take(notes, table.notes);
    take(notes, wear.notes);
    json value{{"last_cycles", wear.last_cycles}, {"last_ratio", wear.last_ratio}};
    if (wear.law) value["law"] = to_json(*wear.law);
    own.push_back(
        {{"id", "endurance.law"}, {"kind", "endurance_law"}, {"film", film}, {"role", "context"}, {"value", value}});
    measurements["endurance"] = to_json(table);
    measurements["wear"] = wear.summary;
  }
  rows = with_reference();
  measurements["notes"] = notes;
  input["measurements"] = std::move(measurements);
}

void add_measured_results(json& result, const json& measurements) {
  json measured{{"features", nullptr}, {"sweep", nullptr}, {"synapse_points", nullptr}};
  std::vector<std::string> all = measurements.at("notes");
  if (!measurements.at("sweep").is_null()) {
    const MeasuredTable table = table_from_json(measurements.at("sweep"));
    const Features found = sweep_features(table, "");
    measured["features"] = found.summary;
    result["variability"].merge_patch(found.variability);
    measured["sweep"] = sweep_residuals(table, parameters_from_json(result.at("parameters"), "device: parameters"));
    if (const json& rms = measured["sweep"]["rms_decades"]; rms.is_number() && rms.get<double>() > 0.3)
      all.push_back(
          fmt::format("{}: the model's current is off by {:.2g} decades (rms) over the sweep: this device is "
                      "not a filament with one threshold and an ohmic on state",
                      table.file, rms.get<double>()));
  }
  if (!measurements.at("pulses").is_null()) {
    std::vector<std::string> said;
    result["synapse"] = pulse_synapse(table_from_json(measurements.at("pulses")), said);
    measured["synapse_points"] = result["synapse"]["points"];
    result["ltp"] = result["ltd"] = nullptr;  // of the model, not of these pulses
  }
  if (measurements.contains("endurance")) {
    measured["endurance"] = measurements.at("wear");
    measured["endurance"]["columns"] = measurements.at("endurance").at("columns");
    measured["endurance"]["names"] = measurements.at("endurance").at("names");
  }
  for (const std::string& note : all) result["notes"].push_back(note);
  result["measured_curves"] = std::move(measured);
}

}  // namespace hopflow::pipeline
