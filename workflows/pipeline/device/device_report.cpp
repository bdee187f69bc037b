// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/device/device_report.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/pipeline/models/variability.hpp"
#include "workflows/pipeline/protocols/programming_map.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

constexpr double analog_range = 100;  ///< Gmax / Gmin a cell may have and still be called analog
constexpr int range_pulses = 32;
constexpr double synapse_width_s = 1e-7;
constexpr double read_v = 0.1;
constexpr int nodes = 33;

json number_or_null(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }

/// The pulse voltage (of the given sign) at which `gap` turns from negative to positive; `gap` rises with the
/// magnitude.
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
  std::vector<double> temperature;
  double hottest = 0, hottest_v = 0;
  for (std::size_t i = 0; i < s.voltage_v.size(); ++i) {
    temperature.push_back(
        filament_temperature(parameters, operate(parameters, s.state[i], s.voltage_v[i], Compliance::on)));
    if (temperature.back() > hottest) {
      hottest = temperature.back();
      hottest_v = s.voltage_v[i];
    }
  }
  json warnings = json::array();
  if (hottest > hottest_plausible_k) {
    warnings.push_back(
        fmt::format("Joule heating: the filament would reach {:.0f} K at {:g} V with {:.2g} K/W (assumed), above {:g} "
                    "K; the film does not survive that, so the current must be spread wider",
                    hottest, hottest_v, parameters.thermal_resistance_k_per_w, hottest_plausible_k));
  }
  return {{"voltage_v", s.voltage_v},
          {"current_a", s.current_a},
          {"state", s.state},
          {"temperature_k", temperature},
          {"set_v", number_or_null(s.set_v)},
          {"reset_v", number_or_null(s.reset_v)},
          {"hottest_k", hottest},
          {"warnings", warnings}};
}

json retention_json(const DeviceParameters& parameters, const BarrierSpread& spread, std::uint64_t seed) {
  const std::vector<double> temperatures{280, 290, 300, 310, 320, 330, 340, 350, 363, 370, 380, 390, 400};
  const std::vector<DeviceParameters> drawn = draw_devices(parameters, spread, seed);
  json tau = json::array(), low = json::array(), middle = json::array(), high = json::array();
  for (const double temperature : temperatures) {
    std::vector<double> values;
    values.reserve(drawn.size());
    for (const DeviceParameters& device : drawn) values.push_back(retention_time(device, temperature));
    const Percentiles band = percentiles(std::move(values));
    tau.push_back(retention_time(parameters, temperature));
    low.push_back(band.p05);
    middle.push_back(band.median);
    high.push_back(band.p95);
  }
  return {{"temperature_k", temperatures}, {"tau_s", tau}, {"p05_s", low}, {"median_s", middle}, {"p95_s", high}};
}

namespace {

/// Weights of a device between two conductances, and what pulses make of them.
struct AnalogRange {
  const DeviceParameters& p;
  double bottom, top;  ///< terminal conductance (S)

  double weight(double x) const { return (read_conductance(p, x, read_v) - bottom) / (top - bottom); }
  /// Series resistance aside, which the film's own conductance doesn't have.
  double state(double w) const {
    const double film_s = 1 / (1 / (bottom + w * (top - bottom)) - p.series_resistance_ohm);
    return film_s > 0 ? state_of_conductance(p, film_s) : 1.0;
  }
  /// F+ or F- at equally spaced weights: what one pulse changes, kept within the range.
  json steps(double voltage_v) const {
    json list = json::array();
    for (int i = 0; i < nodes; ++i) {
      const double w = static_cast<double>(i) / (nodes - 1), x = state(w);
      const double change = weight(pulse(p, x, voltage_v, synapse_width_s)) - weight(x);
      list.push_back(voltage_v > 0 ? std::clamp(change, 0.0, 1 - w) : std::clamp(-change, 0.0, w));
    }
    return list;
  }
};

/// The same pulses on sixteen devices of the population, between the same two conductances.
json members_json(const DeviceParameters& p, double bottom, double top, double up_v, double down_v,
                  std::uint64_t seed) {
  const Population population{p, published_spread(p), seed};
  json members = json::array();
  for (std::uint64_t i = 0; i < 16; ++i) {
    const DrawnDevice drawn = population.device(i);
    const AnalogRange range{drawn.parameters, bottom, top};
    members.push_back({{"up", range.steps(up_v)}, {"down", range.steps(down_v)}});
  }
  return members;
}

}  // namespace

Variability published_spread(const DeviceParameters& p) {
  Variability v;
  v.device[1] = p.ratio_sigma_decades;  // on/off ratios of many devices; on currents are held by the compliance
  return v;
}

namespace {

double largest_of(const json& steps) {
  double most = 0;
  for (const json& step : steps) most = std::max(most, step.get<double>());
  return most;
}

}  // namespace

json synapse_json(const DeviceParameters& p, std::uint64_t seed) {
  const double top = read_conductance(p, 1, read_v), bottom = top / analog_range;
  const AnalogRange range{p, bottom, top};
  const double x_bottom = range.state(0), almost_top = x_bottom + 0.999 * (1 - x_bottom);
  const auto up = pulse_voltage(1, [&](double v) {
    const auto seconds = switching_time(p, v, x_bottom, almost_top);
    return seconds ? range_pulses * synapse_width_s - *seconds : -1.0;
  });
  if (!up) return nullptr;
  const double up_v = *up;
  const double middle = range.state(0.5);
  const double step_up = range.weight(pulse(p, middle, up_v, synapse_width_s)) - 0.5;
  const auto down =
      pulse_voltage(-1, [&](double v) { return 0.5 - range.weight(pulse(p, middle, v, synapse_width_s)) - step_up; });
  if (!down) return nullptr;
  const double down_v = *down;
  json places = json::array();
  for (int i = 0; i < nodes; ++i) places.push_back(static_cast<double>(i) / (nodes - 1));
  const json steps_up = range.steps(up_v), steps_down = range.steps(down_v);
  const double largest = std::max(largest_of(steps_up), largest_of(steps_down));
  return {{"g_min_s", bottom},
          {"g_max_s", top},
          {"nodes", places},
          {"up", steps_up},
          {"down", steps_down},
          {"members", members_json(p, bottom, top, up_v, down_v, seed)},
          {"pulse", {{"up_v", up_v}, {"down_v", down_v}, {"width_s", synapse_width_s}}},
          {"note",
           fmt::format("one pulse of {:.3f} V or {:.3f} V, 100 ns, over two decades of conductance; the "
                       "voltages are chosen so that {} "
                       "potentiating pulses span the range and one depressing pulse undoes one at half weight; "
                       "no curve of the paper is used{}",
                       up_v, down_v, range_pulses,
                       largest > 0.5 ? fmt::format("; single pulses take up to {:.0f} % of the range and the last ones "
                                                   "hardly any: at this width the device is nearly a switch",
                                                   100 * largest)
                                     : "")}};
}

json train_json(const DeviceParameters& p, const json& synapse, bool up) {
  const double bottom = synapse.at("g_min_s").get<double>();
  const double x_bottom = state_of_conductance(p, 1 / (1 / bottom - p.series_resistance_ohm));
  const double voltage = synapse.at("pulse").at(up ? "up_v" : "down_v").get<double>();
  const auto conductance =
      pulse_train(p, up ? x_bottom : 1.0, voltage, synapse.at("pulse").at("width_s").get<double>(), 50, read_v);
  std::vector<int> numbers(conductance.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int>(i);
  return {{"pulse", numbers}, {"conductance_s", conductance}};
}

json energy_json(const DeviceParameters& p) {
  struct Pulse {
    const char* name;
    double voltage_v, width_s, start;
  };
  json list = json::array();
  for (const Pulse& each : {Pulse{"set", 1.25, 1e-7, 0}, Pulse{"reset", -2.5, 1.3e-7, 1}}) {
    const PulseEnergy energy = pulse_energy(p, each.start, each.voltage_v, each.width_s);
    const double hottest = std::max(filament_temperature(p, operate(p, each.start, each.voltage_v, Compliance::off)),
                                    filament_temperature(p, operate(p, energy.after, each.voltage_v, Compliance::off)));
    list.push_back({{"pulse", each.name},
                    {"voltage_v", each.voltage_v},
                    {"width_s", each.width_s},
                    {"integral_j", energy.integral_j},
                    {"final_current_j", energy.final_current_j},
                    {"hottest_k", hottest}});
  }
  return list;
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
    table.push_back({{"barrier_ev", p.barrier_ev},
                     {"stabilisation_ev", p.stabilisation_ev},
                     {"set_threshold_v", p.set_threshold_v},
                     {"sharing_length_hops", p.sharing_length_hops},
                     {"set_v", number_or_null(sweep_set_voltage(p))},
                     {"fast_set_s", number_or_null(switching_time(p, 1.25, 0, 0.95))},
                     {"set_at_1v_s", number_or_null(switching_time(p, 1.0, 0, 0.95))},
                     {"fast_reset_s", number_or_null(switching_time(p, -2.5, 1, 0.05))},
                     {"tau_300k_s", retention_time(p, 300)},
                     {"tau_400k_s", retention_time(p, 400)}});
  }
  return table;
}

std::string moved_sentence(const json& table) {
  std::vector<std::string> moved, kept;
  for (const auto& [key, first] : table.front().items()) {
    if (key == "barrier_ev") continue;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const json& row : table) {
      const double value =
          row.at(key).is_number() ? row.at(key).get<double>() : std::numeric_limits<double>::quiet_NaN();
      low = std::min(low, value);
      high = std::max(high, value);
    }
    (high - low > 0.01 * std::max(std::abs(low), std::abs(high)) ? moved : kept).push_back(key);
  }
  return fmt::format(
      "refits from {:g} to {:g} eV move {}; they leave {} within 1 %, which therefore says nothing about the barrier",
      table.front().at("barrier_ev").get<double>(), table.back().at("barrier_ev").get<double>(),
      moved.empty() ? "nothing" : text::join(moved, ", "), kept.empty() ? "nothing" : text::join(kept, ", "));
}

json nuisance_json(const json& reference, const CalibrationRequest& request, const DeviceParameters& fitted) {
  json table = json::array();
  const auto add = [&](const char* key, double value, const char* prediction, json model) {
    table.push_back({{"key", key}, {"value", value}, {"prediction", prediction}, {"model", std::move(model)}});
  };
  const auto window = [](const std::vector<MapPoint>& map, double sign) {
    const auto w = analog_window(map, sign);
    return w ? json{w->low_v, w->high_v} : json("none");
  };
  for (const double dwell : {1e-3, 1e-1}) {
    CalibrationRequest trial = request;
    trial.start.sweep_dwell_s = dwell;
    const DeviceParameters p = calibrate(reference, trial).parameters;
    add("sweep_dwell_s", dwell, "sharing length after a refit (hops)", p.sharing_length_hops);
    add("sweep_dwell_s", dwell, "fast reset, -2.5 V (s)", number_or_null(switching_time(p, -2.5, 1, 0.05)));
  }
  for (const double width : {1e-8, 1e-7, 1e-5, 1e-2}) {
    const auto map = programming_map(fitted, {.width_s = width, .start = 0.5});
    add("pulse_width_s", width, "potentiation window from state 0.5 (V)", window(map, 1));
    add("pulse_width_s", width, "depression window from state 0.5 (V)", window(map, -1));
  }
  for (const double start : {0.0, 0.25, 0.75, 1.0}) {
    const auto map = programming_map(fitted, {.start = start});
    add("start_state", start, "potentiation window, 10 ms pulses (V)", window(map, 1));
    add("start_state", start, "depression window, 10 ms pulses (V)", window(map, -1));
  }
  for (const double read : {0.05, 0.1, 0.2, 0.5}) {
    add("read_voltage_v", read, "on/off ratio of the full filament",
        read_conductance(fitted, 1, read) / read_conductance(fitted, 0, read));
  }
  return table;
}

std::vector<Curve> device_curves(const json& result) {
  std::vector<Curve> curves;
  const auto add = [&](const char* name, const char* key,
                       const std::vector<std::pair<std::string, std::string>>& columns) {
    if (result.contains(key) && result.at(key).is_object()) curves.push_back(curve_of(name, result.at(key), columns));
  };
  add("iv", "iv", {{"voltage_v", "V"}, {"current_a", "A"}, {"state", "1"}, {"temperature_k", "K"}});
  add("retention", "retention",
      {{"temperature_k", "K"}, {"tau_s", "s"}, {"p05_s", "s"}, {"median_s", "s"}, {"p95_s", "s"}});
  if (result.contains("ltp") && result.at("ltp").is_object()) {
    const auto numbers = [&](const char* train, const char* key) {
      return result.at(train).at(key).get<std::vector<double>>();
    };
    curves.push_back({"pulses",
                      {{"pulse", "1", numbers("ltp", "pulse")},
                       {"potentiated_s", "S", numbers("ltp", "conductance_s")},
                       {"depressed_s", "S", numbers("ltd", "conductance_s")}}});
  }
  add("synapse", "synapse", {{"nodes", "1"}, {"up", "1"}, {"down", "1"}});
  add("map", "map", {{"voltage_v", "V"}, {"ratio", "1"}});
  add("stdp", "stdp", {{"distance_s", "s"}, {"relative_change", "1"}});
  for (const char* state : {"eis_off", "eis_on"}) {
    add(state, state, {{"frequency_hz", "Hz"}, {"real_ohm", "ohm"}, {"imaginary_ohm", "ohm"}, {"capacitance_f", "F"}});
  }
  return curves;
}

}  // namespace hopflow::pipeline
