// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow device map, stdp: how a device learns.
#include <memory>

#include <fmt/core.h>

#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/pipeline/device_command.hpp"
#include "workflows/pipeline/protocols/programming_map.hpp"
#include "workflows/pipeline/protocols/stdp.hpp"

namespace hopflow {

using nlohmann::json;

namespace {

std::string window(const json& edges) {
  return edges.is_null()
             ? "no analog window"
             : fmt::format("analog from {:g} to {:g} V", edges.at(0).get<double>(), edges.at(1).get<double>());
}

Exit map(const DeviceOptions& a, const pipeline::MapOptions& options) {
  const json answer = pipeline::map_json(pipeline::programming_map(open_device(a).parameters, options), options);
  return show(answer, pipeline::curve_of("map", answer, {{"voltage_v", "V"}, {"ratio", "1"}}),
              fmt::format("potentiation: {}; depression: {} ({} pulses of {:g} s from state {:g})",
                          window(answer.at("potentiation_v")), window(answer.at("depression_v")), options.pulses,
                          options.width_s, options.start),
              a);
}

Exit stdp(const DeviceOptions& a, const pipeline::StdpOptions& options) {
  const json answer = pipeline::stdp_json(pipeline::stdp(open_device(a).parameters, options), options);
  return show(answer, pipeline::curve_of("stdp", answer, {{"distance_s", "s"}, {"relative_change", "1"}}),
              answer.at("hebbian").get<bool>()
                  ? "Hebbian: pre before post potentiates, post before pre depresses, less with distance"
                  : "not Hebbian with these spikes",
              a);
}

}  // namespace

void add_device_learning(CLI::App& device, Action& action) {
  const auto verb = [&](const char* name, const char* help, const char* example, auto options, auto rows, auto run) {
    auto a = std::make_shared<DeviceOptions>();
    auto o = std::make_shared<decltype(options)>(options);
    CLI::App* command = device_verb(device, name, help, example, &a->as_json);
    add_device_file(command, *a);
    add_protocol_options(command, *o, rows);
    add_output(*command, "-o,--output", a->output, "CSV file");
    command->callback([a, o, run, &action] { action = [a, o, run] { return run(*a, *o); }; });
  };
  verb("map", "Trains of identical pulses over a grid of voltages: none, analog or digital",
       "map device.json --start 0.5 -o map.csv", pipeline::MapOptions{}, pipeline::map_options(), map);
  verb("stdp", "Change of conductance against the distance of two spikes", "stdp device.json --start 0.6 -o stdp.csv",
       pipeline::StdpOptions{}, pipeline::stdp_options(), stdp);
}

}  // namespace hopflow
