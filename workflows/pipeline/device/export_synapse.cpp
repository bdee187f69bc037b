// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/device/export_synapse.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "workflows/pipeline/device/device.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

/// Rises from 0 to 1 over p in [0, 1].
double bent(double c, double p) { return std::abs(c) < 1e-6 ? p : std::expm1(-c * p) / std::expm1(-c); }

constexpr double strongest_bend = 1 / 0.02281;  ///< of label 9, the last one NeuroSim knows

/// Pulses of a train that still change something.
std::size_t useful_pulses(std::span<const double> g) {
  const double end = g.back(), range = std::abs(end - g.front());
  std::size_t n = g.size() - 1;
  while (n > 1 && std::abs(g[n - 1] - end) < 1e-3 * range) --n;
  return n;
}

}  // namespace

double nonlinearity_label(std::span<const double> g) {
  if (g.size() < 3 || g.front() == g.back()) return 0;
  const auto n = static_cast<double>(g.size() - 1);
  const auto miss = [&](double c) {
    double sum = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
      const double d = (g[i] - g.front()) / (g.back() - g.front()) - bent(c, static_cast<double>(i) / n);
      sum += d * d;
    }
    return sum;
  };
  double best = 0;
  for (double c = -strongest_bend; c <= strongest_bend; c += 0.25) best = miss(c) < miss(best) ? c : best;
  for (double step = 0.25; step > 1e-6; step /= 2) {
    while (miss(best + step) < miss(best) && best + step <= strongest_bend) best += step;
    while (miss(best - step) < miss(best) && best - step >= -strongest_bend) best -= step;
  }
  if (std::abs(best) < 1e-6) return 0;
  const double c = std::abs(best), at = std::log(c / -std::expm1(-c)) / c;  // where the slope is one
  return std::copysign(10.1 * (bent(c, at) - at), best);
}

json aihwkit_json(const json& synapse) {
  const auto up = synapse.at("up").get<std::vector<double>>(), down = synapse.at("down").get<std::vector<double>>();
  const double unit = 2 * up[up.size() / 2];
  const auto scaled = [unit](const std::vector<double>& steps) {
    json list = json::array();
    for (const double step : steps) list.push_back(2 * step / unit);
    return list;
  };
  json params{{"w_min", -1.0},
              {"w_max", 1.0},
              {"dw_min", unit},
              {"up_down", 0.0},
              {"piecewise_up", scaled(up)},
              {"piecewise_down", scaled(down)}};
  for (const char* spread : {"dw_min_dtod", "dw_min_std", "w_min_dtod", "w_max_dtod", "up_down_dtod"})
    params[spread] = 0.0;
  return {{"type", "PiecewiseStepDevice"},
          {"params", params},
          {"conductance_s", {{"w_min", synapse.at("g_min_s")}, {"w_max", synapse.at("g_max_s")}}},
          {"pulse", synapse.at("pulse")}};
}

json neurosim_json(const DeviceParameters& p, const json& synapse) {
  const auto up = train_json(p, synapse, true).at("conductance_s").get<std::vector<double>>();
  auto down = train_json(p, synapse, false).at("conductance_s").get<std::vector<double>>();
  const std::size_t levels_up = useful_pulses(up), levels_down = useful_pulses(down);
  const double write_v = synapse.at("pulse").at("up_v"), width = synapse.at("pulse").at("width_s");
  const double x = 0.5;
  return {
      {"target", "NeuroSim MLP 3.0, RealDevice"},
      {"maxConductance", synapse.at("g_max_s")},
      {"minConductance", synapse.at("g_min_s")},
      {"readVoltage", 0.1},
      {"writeVoltageLTP", write_v},
      {"writeVoltageLTD", std::abs(synapse.at("pulse").at("down_v").get<double>())},
      {"writePulseWidthLTP", width},
      {"writePulseWidthLTD", width},
      {"maxNumLevelLTP", levels_up},
      {"maxNumLevelLTD", levels_down},
      {"NL_LTP", nonlinearity_label(std::span{up}.first(levels_up + 1))},
      {"NL_LTD", -nonlinearity_label(std::span{down}.first(levels_down + 1))},
      {"sigmaDtoD", 0.0},
      {"sigmaCtoC", 0.0},
      {"nonlinearIV", true},
      {"NL", operate(p, x, write_v, Compliance::off).current_a / operate(p, x, write_v / 2, Compliance::off).current_a},
      {"note", "no spread of pulse updates is published: sigmaDtoD and sigmaCtoC are 0, not known to be 0"}};
}

}  // namespace hopflow::pipeline
