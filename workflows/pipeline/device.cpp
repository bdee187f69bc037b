// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/device.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/text.hpp"
#include "workflows/pipeline/protocols.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

constexpr double analog_range = 100;  ///< Gmax / Gmin a cell may have and still be called analog
constexpr int range_pulses = 32;
constexpr double synapse_width_s = 1e-7;
constexpr double read_v = 0.1;
constexpr int nodes = 33;

json number_or_null(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }

/// The pulse voltage (of the given sign) at which `gap` turns from negative to positive; `gap` rises with the magnitude.
template <class Gap>
std::optional<double> pulse_voltage(double sign, Gap gap) {
  double low = 0, high = 10;
  if (gap(sign * high) < 0) return std::nullopt;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (gap(sign * middle) < 0 ? low : high) = middle;
  }
  return sign * 0.5 * (low + high);
}

}  // namespace

json iv_json(const DeviceParameters& parameters) {
  const Sweep s = sweep(parameters, 0);
  return {{"voltage_v", s.voltage_v}, {"current_a", s.current_a}, {"state", s.state},
          {"set_v", number_or_null(s.set_v)}, {"reset_v", number_or_null(s.reset_v)}};
}

json retention_json(const DeviceParameters& parameters, const BarrierSpread& spread, std::uint64_t seed) {
  const std::vector<double> temperatures{280, 290, 300, 310, 320, 330, 340, 350, 363, 370, 380, 390, 400};
  const std::vector<DeviceParameters> drawn = draw_devices(parameters, spread, seed);
  json tau = json::array(), low = json::array(), high = json::array();
  for (const double temperature : temperatures) {
    std::vector<double> values;
    values.reserve(drawn.size());
    for (const DeviceParameters& device : drawn) values.push_back(retention_time(device, temperature));
    const Percentiles band = percentiles(std::move(values));
    tau.push_back(retention_time(parameters, temperature));
    low.push_back(band.p05);
    high.push_back(band.p95);
  }
  return {{"temperature_k", temperatures}, {"tau_s", tau}, {"p05_s", low}, {"p95_s", high}};
}

json synapse_json(const DeviceParameters& p) {
  const double top = read_conductance(p, 1, read_v), bottom = top / analog_range;
  // Series resistance aside, which the film's own conductance doesn't have.
  const double film_bottom = 1 / (1 / bottom - p.series_resistance_ohm);
  const double x_bottom = state_of_conductance(p, film_bottom);
  const auto weight = [&](double x) { return (read_conductance(p, x, read_v) - bottom) / (top - bottom); };
  const auto state = [&](double w) {
    const double conductance = bottom + w * (top - bottom);
    return w >= 1 ? 1.0 : state_of_conductance(p, 1 / (1 / conductance - p.series_resistance_ohm));
  };
  const double almost_top = x_bottom + 0.999 * (1 - x_bottom);
  const auto up = pulse_voltage(1, [&](double v) {
    const auto seconds = switching_time(p, v, x_bottom, almost_top);
    return seconds ? range_pulses * synapse_width_s - *seconds : -1.0;
  });
  if (!up) return nullptr;
  const double up_v = *up;
  const double middle = state(0.5);
  const double step_up = weight(pulse(p, middle, up_v, synapse_width_s)) - 0.5;
  const auto down = pulse_voltage(-1, [&](double v) { return 0.5 - weight(pulse(p, middle, v, synapse_width_s)) - step_up; });
  if (!down) return nullptr;
  const double down_v = *down;
  json places = json::array(), rises = json::array(), falls = json::array();
  for (int i = 0; i < nodes; ++i) {
    const double w = static_cast<double>(i) / (nodes - 1);
    const double x = state(w);
    const double here = weight(x);
    places.push_back(w);
    rises.push_back(std::clamp(weight(pulse(p, x, up_v, synapse_width_s)) - here, 0.0, 1 - w));
    falls.push_back(std::clamp(here - weight(pulse(p, x, down_v, synapse_width_s)), 0.0, w));
  }
  return {{"g_min_s", bottom}, {"g_max_s", top}, {"nodes", places}, {"up", rises}, {"down", falls},
          {"pulse", {{"up_v", up_v}, {"down_v", down_v}, {"width_s", synapse_width_s}}},
          {"note", fmt::format("one pulse of {:.3f} V or {:.3f} V, 100 ns, over two decades of conductance; the voltages are chosen so that {} "
                               "potentiating pulses span the range and one depressing pulse undoes one at half weight; no curve of the paper is used",
                               up_v, down_v, range_pulses)}};
}

json train_json(const DeviceParameters& p, const json& synapse, bool up) {
  const double bottom = synapse.at("g_min_s").get<double>();
  const double x_bottom = state_of_conductance(p, 1 / (1 / bottom - p.series_resistance_ohm));
  const double voltage = synapse.at("pulse").at(up ? "up_v" : "down_v").get<double>();
  const auto conductance = pulse_train(p, up ? x_bottom : 1.0, voltage, synapse.at("pulse").at("width_s").get<double>(), 50, read_v);
  std::vector<int> numbers(conductance.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int>(i);
  return {{"pulse", numbers}, {"conductance_s", conductance}};
}

json identifiability_json(const json& reference, const CalibrationRequest& request, double barrier_sd_ev) {
  const double sd = std::max(0.05, barrier_sd_ev);
  json table = json::array();
  for (int step = -2; step <= 2; ++step) {
    CalibrationRequest trial = request;
    trial.start.barrier_ev += step * sd;
    if (trial.start.barrier_ev <= 0.02) continue;
    const Calibration fit = calibrate(reference, trial);
    const DeviceParameters& p = fit.parameters;
    table.push_back({{"barrier_ev", p.barrier_ev}, {"stabilisation_ev", p.stabilisation_ev}, {"set_threshold_v", p.set_threshold_v},
                     {"sharing_length_hops", p.sharing_length_hops}, {"set_v", number_or_null(sweep_set_voltage(p))},
                     {"fast_set_s", number_or_null(switching_time(p, 1.25, 0, 0.95))}, {"tau_300k_s", retention_time(p, 300)},
                     {"tau_400k_s", retention_time(p, 400)}});
  }
  return table;
}

std::string csv(const std::vector<std::pair<std::string, std::vector<double>>>& columns) {
  std::string out;
  std::size_t rows = 0;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (c > 0) out += ',';
    out += columns[c].first;
    rows = std::max(rows, columns[c].second.size());
  }
  out += '\n';
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (c) out += ',';
      if (r < columns[c].second.size()) out += text::shortest(columns[c].second[r]);
    }
    out += '\n';
  }
  return out;
}

}  // namespace hopflow::pipeline
