// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/device/device_rows.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include <fmt/core.h>

#include "structures/core/units.hpp"
#include "workflows/pipeline/calibration/reference.hpp"
#include "workflows/pipeline/device/device_predictions.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

/// The number a row's tolerance refers to: the value itself, or the time of a {V, s} pair.
std::optional<double> comparable(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_object() && value.contains("s") && value.at("s").is_number()) return value.at("s").get<double>();
  return std::nullopt;
}

std::string verdict(const json& row, const Prediction& prediction) {
  if (prediction.model.is_null()) return "not_computed";
  if (prediction.holds) return *prediction.holds ? "hit" : "miss";
  const auto paper = comparable(row.at("value"));
  if (!paper || !prediction.model.is_number()) return "not_computed";
  const auto agrees = within(row.value("tol", json{}), *paper, prediction.model.get<double>());
  return !agrees ? "not_computed" : *agrees ? "hit" : "miss";
}

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

json row_json(const json& row, Prediction prediction, const std::vector<DeviceParameters>& all_drawn,
              const std::vector<DeviceParameters>& few_drawn) {
  const std::vector<DeviceParameters>& drawn = prediction.sweeps ? few_drawn : all_drawn;
  // A device that never switches has no number; JSON has none either.
  if (prediction.model.is_number_float() && !std::isfinite(prediction.model.get<double>())) {
    prediction.model = "never";
    prediction.holds = false;
  }
  json out{{"id", row.at("id")},       {"role", row.at("role")},
           {"paper", row.at("value")}, {"model", prediction.model},
           {"p05", nullptr},           {"median", nullptr},
           {"p95", nullptr},           {"verdict", verdict(row, prediction)},
           {"kind", prediction.kind},  {"reason", prediction.reason}};
  for (const char* key : {"quantity", "unit", "tol"}) out[key] = row.value(key, json{});
  if (prediction.redraw && !drawn.empty()) {
    std::vector<double> values;
    for (const DeviceParameters& device : drawn) {
      const double value = prediction.redraw(device);
      if (std::isfinite(value)) values.push_back(value);
    }
    if (values.size() == drawn.size()) {
      const Percentiles band = percentiles(std::move(values));
      out["p05"] = band.p05;
      out["median"] = band.median;
      out["p95"] = band.p95;
    } else {
      out["reason"] = fmt::format("{}; {} of {} drawn barriers never switch", prediction.reason,
                                  drawn.size() - values.size(), drawn.size());
    }
  }
  return out;
}

}  // namespace

json device_rows(const json& reference, const Calibration* calibration, const BarrierSpread& spread,
                 std::uint64_t seed) {
  json rows = json::array();
  std::optional<Bench> bench;
  std::vector<DeviceParameters> drawn, few;
  if (calibration != nullptr) {
    bench.emplace(reference, *calibration);
    drawn = draw_devices(calibration->parameters, spread, seed);
    few = thinned(drawn);
  }
  for (const json& row : reference) {
    if (row.at("role") == "context") continue;
    const auto predictor = predictors().find(row.at("id").get<std::string>());
    if (predictor == predictors().end()) continue;
    rows.push_back(row_json(row, bench ? predictor->second(*bench) : not_computed("no barrier"), drawn, few));
  }
  return rows;
}

}  // namespace hopflow::pipeline
