// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/rows/device_rows.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/units.hpp"
#include "workflows/pipeline/reference/row.hpp"
#include "workflows/pipeline/reference/row_device.hpp"
#include "workflows/pipeline/rows/prediction.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

/// Every 40th device in the order of its hopping rate: barrier and attempt frequency enter a sweep as one number,
/// nu exp(-Ea/kT), so that percentiles of the sweep are those of the rate.
std::vector<DeviceParameters> thinned(std::vector<DeviceParameters> drawn) {
  const auto log_rate = [](const DeviceParameters& p) {
    return std::log(p.attempt_frequency_thz) - p.barrier_ev / (units::boltzmann * p.temperature_k);
  };
  std::stable_sort(drawn.begin(), drawn.end(), [&](const auto& a, const auto& b) { return log_rate(a) < log_rate(b); });
  std::vector<DeviceParameters> few;
  for (std::size_t i = 20; i < drawn.size(); i += 40) few.push_back(drawn[i]);
  return few;
}

Prediction predict(const Bench& bench, const json& row) {
  const std::string kind = kind_of(row);
  if (kind.empty()) return not_computed("the row names no kind of quantity (kind: ...)");
  const Predictor predictor = find_predictor(kind);
  if (predictor == nullptr) return not_computed(fmt::format("answered by {}", find_kind(kind)->outside));
  try {
    return predictor(Question{bench, row});
  } catch (const Error& error) {
    // A condition out of range is the row's own trouble: it costs this row, not the table.
    return not_computed(error.what());
  }
}

Verdict verdict_of(const json& row, Prediction& prediction) {
  // A device that never switches has no number; JSON has none either.
  if (prediction.model.is_number_float() && !std::isfinite(prediction.model.get<double>())) prediction.model = "never";
  if (prediction.verdict) return *prediction.verdict;
  if (prediction.model.is_null()) return {};
  return judge(row, prediction.model);
}

/// Percentiles of the drawn devices, under the row's conditions.
void add_band(const json& row, const Prediction& prediction, const std::vector<DeviceParameters>& drawn, json& out) {
  std::vector<double> values;
  for (const DeviceParameters& device : drawn) {
    const double value = prediction.redraw(under_conditions(device, row));
    if (std::isfinite(value)) values.push_back(value);
  }
  if (values.size() < drawn.size()) {
    out["reason"] = fmt::format("{}; {} of {} drawn barriers never switch", out.at("reason").get<std::string>(),
                                drawn.size() - values.size(), drawn.size());
    return;
  }
  const Percentiles band = percentiles(std::move(values));
  out["p05"] = band.p05;
  out["median"] = band.median;
  out["p95"] = band.p95;
}

json row_json(const json& row, Prediction prediction, const std::vector<DeviceParameters>& all_drawn,
              const std::vector<DeviceParameters>& few_drawn) {
  const Verdict verdict = verdict_of(row, prediction);
  json out{{"id", row.at("id")},
           {"role", row.at("role")},
           {"paper", row.at("value")},
           {"model", prediction.model},
           {"p05", nullptr},
           {"median", nullptr},
           {"p95", nullptr},
           {"verdict", word(verdict.outcome)},
           {"at_limit", verdict.at_limit()},
           {"kind", prediction.kind},
           {"reason", prediction.reason},
           {"miss", verdict.outcome == Outcome::miss ? json(verdict.reason) : json(nullptr)},
           {"row_kind", row.at("kind")},
           {"film", row.at("film")},
           {"protocol", row.at("protocol")}};
  for (const char* key : {"quantity", "unit", "tol"}) out[key] = row.value(key, json{});
  if (verdict.outcome == Outcome::not_computed && !verdict.reason.empty())
    out["reason"] = prediction.model.is_null() && !prediction.verdict
                        ? prediction.reason
                        : fmt::format("{}; {}", verdict.reason, prediction.reason);
  const std::vector<DeviceParameters>& drawn = prediction.sweeps ? few_drawn : all_drawn;
  if (prediction.redraw && !drawn.empty()) add_band(row, prediction, drawn, out);
  return out;
}

}  // namespace

json device_rows(const json& reference, const Calibration* calibration, const BarrierSpread& spread,
                 std::uint64_t seed) {
  const json complete = complete_rows(reference);
  json rows = json::array();
  std::optional<Bench> bench;
  std::vector<DeviceParameters> drawn, few;
  if (calibration != nullptr) {
    bench.emplace(complete, *calibration);
    drawn = draw_devices(calibration->parameters, spread, seed);
    few = thinned(drawn);
  }
  for (const json& row : complete) {
    if (row.at("role") == "context") continue;
    rows.push_back(row_json(row, bench ? predict(*bench, row) : not_computed("no barrier"), drawn, few));
  }
  return rows;
}

json any_barrier_json(const json& reference, const CalibrationRequest& request) {
  const json complete = complete_rows(reference);
  json barriers = json::array(), hits = json::array();
  std::optional<std::set<std::string>> always;
  std::size_t holdouts = 0;
  for (const double barrier_ev : {0.02, 0.2, 0.4, 0.7, 1.0}) {
    CalibrationRequest trial = request;
    trial.start.barrier_ev = barrier_ev;
    const Calibration fit = calibrate(complete, trial);
    const Bench bench{complete, fit};
    std::set<std::string> hit;
    holdouts = 0;
    for (const json& row : complete) {
      // The barrier's own rows are what is varied; spikes and pictures are too dear to repeat at every barrier.
      const std::string kind = kind_of(row);
      if (row.at("role") != "holdout" || states_barrier(kind) || kind == "stdp" || kind == "pattern") continue;
      ++holdouts;
      Prediction prediction = predict(bench, row);
      if (verdict_of(row, prediction).outcome == Outcome::hit) hit.insert(row.at("id"));
    }
    barriers.push_back(barrier_ev);
    hits.push_back(hit.size());
    if (!always) {
      always = hit;
    } else {
      std::erase_if(*always, [&](const std::string& id) { return !hit.contains(id); });
    }
  }
  return {
      {"barriers_ev", barriers},
      {"hits", hits},
      {"holdouts", holdouts},
      {"at_every_barrier", *always},
      {"note",
       "holdout rows (barriers, spikes and pictures aside) inside their tolerance when the fit is given these barriers "
       "instead: a row that any barrier hits says nothing about the barrier"}};
}

}  // namespace hopflow::pipeline
