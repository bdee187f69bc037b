// SPDX-License-Identifier: GPL-2.0-or-later
// What trains of identical pulses do to a device, voltage by voltage: nothing, gradual change, or a switch.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/models/parameters.hpp"
#include "workflows/pipeline/protocols/protocol_options.hpp"

namespace hopflow::pipeline {

/// The published protocol, with what it doesn't say (width, start, read voltage) as numbers to choose.
struct MapOptions {
  double low_v = -1.7, high_v = 1.2, step_v = 0.05;
  int pulses = 300;
  double width_s = 1e-2;
  double start = 0.5;
  double read_v = 0.1;
};

std::span<const ProtocolOption<MapOptions>> map_options();

struct MapPoint {
  double voltage_v = 0;
  double ratio = 1;       ///< Gmax / Gmin over the train
  std::string_view kind;  ///< "none" (below 1.1), "analog" (up to 100), "digital"
};

/// One point for each voltage, zero left out.
/// @throws Error{bad_input} naming the option that is out of its range
std::vector<MapPoint> programming_map(const DeviceParameters& parameters, const MapOptions& options);

/// The voltages of one sign between the first and the last analog point; nullopt without one.
struct AnalogWindow {
  double low_v = 0, high_v = 0;
};
std::optional<AnalogWindow> analog_window(const std::vector<MapPoint>& map, double sign);

/// {"voltage_v": [], "ratio": [], "class": [], "potentiation_v": [low, high] | null, "depression_v", "width_s",
/// "start", ...}
nlohmann::json map_json(const std::vector<MapPoint>& map, const MapOptions& options);

}  // namespace hopflow::pipeline
