// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/measured/measured_fit.hpp"

#include <cmath>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/pipeline/calibration/calibrate.hpp"
#include "workflows/pipeline/measured/features.hpp"
#include "workflows/pipeline/measured/table.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/reference/row.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

void take(std::vector<std::string>& notes, const std::vector<std::string>& more) {
  notes.insert(notes.end(), more.begin(), more.end());
}

MeasuredTable sweep_table(const MeasuredFiles& files) { return read_measured(files.sweep, {"voltage_v", "current_a"}); }

}  // namespace

std::vector<std::string> add_measurements(json& input, const MeasuredFiles& files) {
  std::vector<std::string> notes;
  if (!files.any()) return notes;
  const std::string film = text::lower(input.value("film", "") == "" ? "measured" : input.value("film", ""));
  input["film"] = film;
  input["measured"] = true;
  json& rows = input["reference"];
  if (!rows.is_array()) rows = json::array();
  if (!files.sweep.empty()) {
    const MeasuredTable table = sweep_table(files);
    Features found = sweep_features(table, film);
    take(notes, table.notes);
    take(notes, found.notes);
    for (json& row : found.rows) rows.push_back(std::move(row));
  }
  if (files.retention.empty()) return notes;
  // A conductance says how far a filament has gone only in relation to the two levels it moves between.
  CalibrationRequest request;
  request.film = film;
  request.start.barrier_ev = input.value("barrier_ev", 0.3);
  request.start.attempt_frequency_thz = input.value("attempt_frequency_thz", 1.0);
  request.start.model = "barrier_only";  // conductances alone: its kinetics are not fitted
  const MeasuredTable table = read_measured(files.retention, {"time_s", "conductance_s"});
  const bool levels = !rows_of(complete_rows(rows), "off_current", "calibrate").empty();
  DeviceParameters device = request.start;
  double off_sd_ln = 0;
  if (levels) {
    const Calibration fit = calibrate(rows, request);
    device = fit.parameters;
    for (const FittedNumber& each : fit.fitted)
      if (each.name == "ln off_conductance_s of " + fit.own_off_row && std::isfinite(each.sd)) off_sd_ln = each.sd;
  } else {
    device.on_conductance_s = 1e-3;
    device.off_conductance_s = 1e-7;
    off_sd_ln = std::log(10.0);
    notes.push_back(
        "no sweep says how far the conductance can fall: an on/off ratio of 10^4 within a factor of 10 is assumed for "
        "retention");
  }
  Features found = retention_features(table, film, device, off_sd_ln);
  take(notes, table.notes);
  take(notes, found.notes);
  for (json& row : found.rows) rows.push_back(std::move(row));
  return notes;
}

void add_measured_results(json& result, const MeasuredFiles& files, const std::vector<std::string>& notes) {
  if (!files.any()) return;
  json measured{{"features", nullptr}, {"sweep", nullptr}, {"synapse_points", nullptr}};
  std::vector<std::string> all = notes;
  if (!files.sweep.empty()) {
    const MeasuredTable table = sweep_table(files);
    const Features found = sweep_features(table, "");
    measured["features"] = found.summary;
    result["variability"].merge_patch(found.variability);
    measured["sweep"] = sweep_residuals(table, parameters_from_json(result.at("parameters"), "device: parameters"));
    if (const json& rms = measured["sweep"]["rms_decades"]; rms.is_number() && rms.get<double>() > 0.3)
      all.push_back(
          fmt::format("{}: the model's current is off by {:.2g} decades (rms) over the sweep: this device is "
                      "not a filament with one threshold and an ohmic on state",
                      files.sweep, rms.get<double>()));
  }
  if (!files.pulses.empty()) {
    const MeasuredTable table = read_measured(files.pulses, {"up", "down"});
    take(all, table.notes);
    result["synapse"] = pulse_synapse(table, all);
    measured["synapse_points"] = result["synapse"]["points"];
    result["ltp"] = result["ltd"] = nullptr;  // of the model, not of these pulses
  }
  for (const std::string& note : all) result["notes"].push_back(note);
  result["measured_curves"] = std::move(measured);
}

}  // namespace hopflow::pipeline
