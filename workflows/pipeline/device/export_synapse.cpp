// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/device/export_synapse.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "workflows/pipeline/core/statistics.hpp"
#include "workflows/pipeline/device/device_report.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

/// A member's steps at half weight, and the label of its own train.
struct MemberSpread {
  double step_sd = 0;   ///< of a step at half weight over its mean
  double ratio_sd = 0;  ///< of (up - down) / (up + down)
};

MemberSpread member_spread(const json& synapse) {
  std::vector<double> step, ratio;
  for (const json& member : synapse.value("members", json::array())) {
    const double up = member.at("up").at(member.at("up").size() / 2),
                 down = member.at("down").at(member.at("down").size() / 2);
    step.push_back(0.5 * (up + down));
    ratio.push_back(up + down > 0 ? (up - down) / (up + down) : 0);
  }
  const double mean = mean_of(step);
  return {mean > 0 ? sd_of(step) / mean : 0, sd_of(ratio)};
}

/// How far a single measured step scatters, as a fraction of the range; nullopt for a model's synapse.
std::optional<double> measured_scatter(const json& synapse) {
  if (!synapse.contains("noise")) return std::nullopt;
  return 0.5 * (synapse.at("noise").at("up_sd").get<double>() + synapse.at("noise").at("down_sd").get<double>());
}

/// Weights after each pulse along a table of steps, from one end until the other is reached.
std::vector<double> walk(const std::vector<double>& nodes, const std::vector<double>& steps, bool up, int most_pulses) {
  double w = up ? 0 : 1;
  std::vector<double> train{w};
  for (int i = 0; i < most_pulses && (up ? w < 0.995 : w > 0.005); ++i) {
    const double place = w * static_cast<double>(nodes.size() - 1);
    const auto k = std::min(static_cast<std::size_t>(place), nodes.size() - 2);
    const double t = place - static_cast<double>(k), step = steps[k] + t * (steps[k + 1] - steps[k]);
    w = std::clamp(up ? w + step : w - step, 0.0, 1.0);
    train.push_back(w);
  }
  return train;
}

}  // namespace

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
  const MemberSpread members = member_spread(synapse);
  params["dw_min_dtod"] = members.step_sd;
  params["up_down_dtod"] = members.ratio_sd;
  // Both ends are the same two conductances for every device; nothing says how pulses of one device differ.
  for (const char* spread : {"dw_min_std", "w_min_dtod", "w_max_dtod"}) params[spread] = 0.0;
  // Measured steps scatter by what reading and cycles cause together.
  if (const auto scatter = measured_scatter(synapse); scatter && unit > 0) params["dw_min_std"] = 2 * *scatter / unit;
  json levels = nullptr;  // trains in units of their own state none
  if (synapse.contains("g_min_s")) levels = {{"w_min", synapse.at("g_min_s")}, {"w_max", synapse.at("g_max_s")}};
  return {
      {"type", "PiecewiseStepDevice"},
      {"params", params},
      {"conductance_s", levels},
      {"pulse", synapse.value("pulse", json(nullptr))},
      {"note", synapse.contains("members") ? "spreads of devices from the population; nothing says how pulses differ"
                                           : "dw_min_std from the measured scatter, reading noise included; one "
                                             "device was measured, so nothing says how devices differ"}};
}

namespace {

/// Conductances after identical pulses from one end of the range until the other is reached, both ends on the range's
/// limits; at most `most_pulses`.
std::vector<double> train_to_the_end(const DeviceParameters& p, const json& synapse, double bottom, bool up) {
  constexpr int most_pulses = 1000;
  constexpr double reached = 0.005;  ///< of the range
  constexpr double still = 2e-4;     ///< a pulse that changes less of the range is the last: the train has come to rest
  const double top = synapse.at("g_max_s");
  const double voltage = synapse.at("pulse").at(up ? "up_v" : "down_v"), width = synapse.at("pulse").at("width_s");
  double x = up ? state_of_conductance(p, 1 / (1 / bottom - p.series_resistance_ohm)) : 1.0;
  std::vector<double> g{up ? bottom : top};
  while (static_cast<int>(g.size()) <= most_pulses) {
    x = pulse(p, x, voltage, width);
    g.push_back(std::clamp(read_conductance(p, x, 0.1), bottom, top));
    const double left = up ? top - g.back() : g.back() - bottom;
    if (left <= reached * (top - bottom) || std::abs(g.back() - g[g.size() - 2]) < still * (top - bottom)) break;
  }
  return g;
}

/// Spread of NeuroSim's label over the members: each one's table walked from end to end.
double label_spread(const json& synapse, bool up) {
  const auto nodes = synapse.at("nodes").get<std::vector<double>>();
  std::vector<double> labels;
  for (const json& member : synapse.value("members", json::array())) {
    const auto steps = member.at(up ? "up" : "down").get<std::vector<double>>();
    labels.push_back(nonlinearity_label(walk(nodes, steps, up, 400)));
  }
  return sd_of(labels);
}

json misfit_json(const LabelFit& fit) { return {{"rms", fit.rms}, {"largest", fit.largest}}; }

}  // namespace

json neurosim_json(const DeviceParameters& p, const json& synapse) {
  if (!synapse.contains("g_min_s") || !synapse.contains("pulse")) return nullptr;
  const auto scatter = measured_scatter(synapse);
  // RealDevice takes both trains to span the same range: from where depression comes to rest to the top.
  std::vector<double> up, down;
  if (scatter) {
    const auto nodes = synapse.at("nodes").get<std::vector<double>>();
    const double low = synapse.at("g_min_s"), high = synapse.at("g_max_s");
    up = walk(nodes, synapse.at("up").get<std::vector<double>>(), true, 1000);
    down = walk(nodes, synapse.at("down").get<std::vector<double>>(), false, 1000);
    for (auto* train : {&up, &down})
      for (double& g : *train) g = low + g * (high - low);
  } else {
    down = train_to_the_end(p, synapse, synapse.at("g_min_s"), false);
    up = train_to_the_end(p, synapse, down.back(), true);
  }
  const double bottom = down.back();
  const LabelFit up_fit = label_fit(up), down_fit = label_fit(down);
  const double write_v = synapse.at("pulse").at("up_v"), width = synapse.at("pulse").at("width_s");
  const double range = synapse.at("g_max_s").get<double>() - bottom;
  const bool ends = std::abs(up.back() - synapse.at("g_max_s").get<double>()) <= 0.01 * range;
  const double x = 0.5;
  return {
      {"target", "NeuroSim MLP 3.0, RealDevice"},
      {"maxConductance", synapse.at("g_max_s")},
      {"minConductance", bottom},
      {"readVoltage", 0.1},
      {"writeVoltageLTP", write_v},
      {"writeVoltageLTD", std::abs(synapse.at("pulse").at("down_v").get<double>())},
      {"writePulseWidthLTP", width},
      {"writePulseWidthLTD", width},
      {"maxNumLevelLTP", up.size() - 1},
      {"maxNumLevelLTD", down.size() - 1},
      {"NL_LTP", up_fit.label},
      {"NL_LTD", -down_fit.label},
      {"sigmaDtoD", synapse.contains("members")
                        ? json(std::max(label_spread(synapse, true), label_spread(synapse, false)))
                        : json(nullptr)},
      {"sigmaCtoC", scatter ? json(*scatter) : json(nullptr)},
      {"nonlinearIV", true},
      {"NL", operate(p, x, write_v, Compliance::off).current_a / operate(p, x, write_v / 2, Compliance::off).current_a},
      {"trains", {{"LTP_s", up}, {"LTD_s", down}}},
      {"trains_reach_the_ends", ends},
      {"misfit", {{"LTP", misfit_json(up_fit)}, {"LTD", misfit_json(down_fit)}}},
      {"note",
       "misfit: distance of NeuroSim's two-parameter curve from these trains, as a fraction of maxConductance - "
       "minConductance; where it is large, that form is not this device. sigmaDtoD: spread of the label over sixteen "
       "devices of the population (spread of on/off ratios only), null for trains of one measured device. sigmaCtoC: "
       "scatter of a measured step, reading noise included, as a fraction of the range; null where nothing says how "
       "cycles differ, which is not 0"}};
}

}  // namespace hopflow::pipeline
