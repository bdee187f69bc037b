// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/protocols/programming_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace hopflow::pipeline {

using nlohmann::json;

std::span<const ProtocolOption<MapOptions>> map_options() {
  using O = MapOptions;
  static constexpr std::array<ProtocolOption<O>, 7> rows{{
      {"--low", &O::low_v, -100, 100, "V"},
      {"--high", &O::high_v, -100, 100, "V"},
      {"--step", &O::step_v, 1e-4, 100, "V"},
      {"--pulses", &O::pulses, 1, 1e6, "at each voltage"},
      {"--width", &O::width_s, 1e-15, 1e6, "s; not published"},
      {"--start", &O::start, 0, 1, "state before each train, 0 to 1; not published"},
      {"--read-voltage", &O::read_v, 1e-6, 10, "V; not published"},
  }};
  return rows;
}

std::vector<MapPoint> programming_map(const DeviceParameters& p, const MapOptions& o) {
  require(map_options(), o);
  require("--high", o.high_v, o.low_v, 100);
  std::vector<MapPoint> map;
  const int n = static_cast<int>(std::floor((o.high_v - o.low_v) / o.step_v + 1e-9));
  for (int i = 0; i <= n; ++i) {
    MapPoint point;
    point.voltage_v = o.low_v + i * o.step_v;
    if (std::abs(point.voltage_v) < 1e-9) continue;
    // At one voltage the state only ever goes one way, and pulses without a pause are one long pulse.
    const double end = pulse(p, o.start, point.voltage_v, o.pulses * o.width_s);
    const double before = read_conductance(p, o.start, o.read_v), after = read_conductance(p, end, o.read_v);
    point.ratio = std::max(before, after) / std::min(before, after);
    point.kind = point.ratio <= 1.1 ? "none" : point.ratio <= 100 ? "analog" : "digital";
    map.push_back(point);
  }
  return map;
}

std::optional<AnalogWindow> analog_window(const std::vector<MapPoint>& map, double sign) {
  std::optional<AnalogWindow> window;
  for (const MapPoint& point : map) {
    if (point.voltage_v * sign <= 0 || point.kind != "analog") continue;
    if (!window) window = AnalogWindow{point.voltage_v, point.voltage_v};
    window->low_v = std::min(window->low_v, point.voltage_v);
    window->high_v = std::max(window->high_v, point.voltage_v);
  }
  return window;
}

json map_json(const std::vector<MapPoint>& map, const MapOptions& o) {
  json voltage = json::array(), ratio = json::array(), kind = json::array();
  for (const MapPoint& point : map) {
    voltage.push_back(point.voltage_v);
    ratio.push_back(point.ratio);
    kind.push_back(point.kind);
  }
  const auto window = [&](double sign) {
    const auto w = analog_window(map, sign);
    return w ? json{w->low_v, w->high_v} : json(nullptr);
  };
  return {{"voltage_v", voltage},       {"ratio", ratio},     {"class", kind},        {"potentiation_v", window(1)},
          {"depression_v", window(-1)}, {"pulses", o.pulses}, {"width_s", o.width_s}, {"start", o.start},
          {"read_voltage_v", o.read_v}};
}

}  // namespace hopflow::pipeline
