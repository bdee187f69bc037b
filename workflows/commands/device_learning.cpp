// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow device map, stdp: how a device learns.
#include <memory>

#include <fmt/core.h>

#include "workflows/commands/device_command.hpp"
#include "workflows/pipeline/programming_map.hpp"
#include "workflows/pipeline/stdp.hpp"

namespace hopflow {

using nlohmann::json;

namespace {

std::string window(const json& edges) {
  return edges.is_null() ? "no analog window" : fmt::format("analog from {:g} to {:g} V", edges.at(0).get<double>(), edges.at(1).get<double>());
}

Exit map(const DeviceOptions& a, const pipeline::MapOptions& options) {
  const json answer = pipeline::map_json(pipeline::programming_map(open_device(a).parameters, options), options);
  return show(answer, pipeline::curve_of("map", answer, {{"voltage_v", "V"}, {"ratio", "1"}}),
              fmt::format("potentiation: {}; depression: {} ({} pulses of {:g} s from state {:g})", window(answer.at("potentiation_v")),
                          window(answer.at("depression_v")), options.pulses, options.width_s, options.start), a);
}

Exit stdp(const DeviceOptions& a, const pipeline::StdpOptions& options) {
  const json answer = pipeline::stdp_json(pipeline::stdp(open_device(a).parameters, options), options);
  return show(answer, pipeline::curve_of("stdp", answer, {{"distance_s", "s"}, {"relative_change", "1"}}),
              answer.at("hebbian").get<bool>() ? "Hebbian: pre before post potentiates, post before pre depresses, less with distance" : "not Hebbian with these spikes", a);
}

}  // namespace

void add_device_learning(CLI::App& device, Action& action) {
  auto a = std::make_shared<DeviceOptions>();
  auto m = std::make_shared<pipeline::MapOptions>();
  CLI::App* command = device_verb(device, "map", "Trains of identical pulses over a grid of voltages: none, analog or digital", "map device.json --start 0.5 -o map.csv", &a->as_json);
  add_device_file(command, *a);
  command->add_option("--low", m->low_v, "V")->capture_default_str();
  command->add_option("--high", m->high_v, "V")->capture_default_str();
  command->add_option("--step", m->step_v, "V")->capture_default_str();
  command->add_option("--pulses", m->pulses, "at each voltage")->capture_default_str();
  command->add_option("--width", m->width_s, "s; not published")->capture_default_str();
  command->add_option("--start", m->start, "state before each train, 0 to 1; not published")->capture_default_str();
  command->add_option("--read-voltage", m->read_v, "V; not published")->capture_default_str();
  command->add_option("-o,--output", a->output, "CSV file");
  command->callback([a, m, &action] { action = [a, m] { return map(*a, *m); }; });

  a = std::make_shared<DeviceOptions>();
  auto s = std::make_shared<pipeline::StdpOptions>();
  command = device_verb(device, "stdp", "Change of conductance against the distance of two spikes", "stdp device.json --start 0.6 -o stdp.csv", &a->as_json);
  add_device_file(command, *a);
  command->add_option("--spike-voltage", s->spike_v, "V; spike and tail together must pass a threshold, neither alone")->capture_default_str();
  command->add_option("--tail-voltage", s->tail_v, "V, where the tail begins")->capture_default_str();
  command->add_option("--width", s->width_s, "of the spike (s)")->capture_default_str();
  command->add_option("--tail", s->tail_s, "length of the tail (s)")->capture_default_str();
  command->add_option("--start", s->start, "state before each pair, 0 to 1")->capture_default_str();
  command->add_option("--read-voltage", s->read_v, "V")->capture_default_str();
  command->add_option("--points", s->points, "distances on each side")->capture_default_str();
  command->add_option("-o,--output", a->output, "CSV file");
  command->callback([a, s, &action] { action = [a, s] { return stdp(*a, *s); }; });
}

}  // namespace hopflow
