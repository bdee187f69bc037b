// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow device: a memristor from a barrier, alone and from files. What its verbs share.
#include <cstdio>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/commands/pipeline/device_command.hpp"
#include "workflows/pipeline/core/json_input.hpp"

namespace hopflow {

using nlohmann::json;

DeviceFile open_device(const DeviceOptions& options) {
  const std::string name = text::printable(options.file);
  DeviceFile device;
  device.content = json::parse(text::read_file(options.file), nullptr, false);
  if (device.content.is_discarded())
    throw Error{Error::Kind::bad_input, fmt::format("{}: not JSON; give a file of 'hopflow device fit'", name)};
  const pipeline::InputReader reader{device.content, name};
  const json* parameters = reader.find("parameters");
  if (parameters == nullptr)
    reader.fail("parameters", "is missing or null: this file holds no device; give one of 'hopflow device fit'");
  json changed = *parameters;
  if (!changed.is_object())
    reader.fail("parameters", "is not a JSON object; give a file written by 'hopflow device fit'");
  if (options.barrier_ev) changed["barrier_ev"] = *options.barrier_ev;
  if (options.temperature_k) changed["temperature_k"] = *options.temperature_k;
  if (options.model) changed["model"] = *options.model;
  device.parameters = pipeline::parameters_from_json(changed, name + ": parameters");
  if (const json* spread = reader.find("spread")) {
    const pipeline::InputReader inner{*spread, name + ": spread"};
    device.spread = {inner.number("barrier_sd_ev", 0, 5), inner.number("attempt_frequency_factor", 1, 1e6)};
  }
  if (const json* variability = reader.find("variability"))
    device.variability = pipeline::variability_from_json(*variability, name + ": variability");
  return device;
}

CLI::App* device_verb(CLI::App& device, const char* name, const char* help, const std::string& example, bool* as_json) {
  CLI::App* command = device.add_subcommand(name, help);
  command->footer("Example: hopflow device " + example);
  command->add_flag("--json", *as_json, "print the result as JSON");
  return command;
}

void add_device_file(CLI::App* command, DeviceOptions& options) {
  command->add_option("device", options.file, "device.json of 'device fit' or of a run folder")->required();
  command->add_option("--barrier", options.barrier_ev, "another barrier (eV), everything else as in the file");
  command->add_option("--temperature", options.temperature_k, "K (default: the file's)");
  command->add_option("--model", options.model, "another model with the file's parameters (default: the file's)");
}

Exit show(const json& answer, const pipeline::Curve& curve, const std::string& sentence, const DeviceOptions& options) {
  if (!options.output.empty()) text::write_file(options.output, pipeline::csv(curve));
  if (options.as_json) {
    fmt::print("{}\n", answer.dump(2));
  } else if (options.output.empty()) {
    fmt::print("{}", pipeline::csv(curve));
    fmt::print(stderr, "{}\n", sentence);
  } else {
    fmt::print("{}\n", sentence);
  }
  return Exit::converged;
}

void add_device(CLI::App& app, Action& action) {
  CLI::App* device = app.add_subcommand("device", "Calibrate a memristor model from a barrier and compute its curves");
  device->require_subcommand(1);
  device->footer(
      "Example: hopflow device fit inputs/reference/paper.yaml --barrier 0.39 --barrier-sd 0.03 -o device.json");
  add_device_fit(*device, action);
  add_device_protocols(*device, action);
  add_device_learning(*device, action);
  add_device_export(*device, action);
}

}  // namespace hopflow
