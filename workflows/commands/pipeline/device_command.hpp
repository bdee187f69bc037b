// SPDX-License-Identifier: GPL-2.0-or-later
// What the verbs of `hopflow device` share: a device read from its file, and how a result is shown.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "workflows/command_line/command.hpp"
#include "workflows/pipeline/core/curves.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"
#include "workflows/pipeline/models/variability.hpp"
#include "workflows/pipeline/protocols/protocol_options.hpp"

namespace hopflow {

/// Which device, with what changed, and where the answer goes.
struct DeviceOptions {
  std::string file, output;
  std::optional<double> barrier_ev, temperature_k;
  std::optional<std::string> model;
  bool as_json = false;
};

/// The content of a device file, checked.
struct DeviceFile {
  nlohmann::json content;
  pipeline::DeviceParameters parameters;
  pipeline::BarrierSpread spread;
  pipeline::Variability variability;
};

/// @throws Error{bad_input} naming file and key
DeviceFile open_device(const DeviceOptions& options);

/// A verb with its help, example and --json.
CLI::App* device_verb(CLI::App& device, const char* name, const char* help, const std::string& example, bool* as_json);

/// The positional device file and the options every verb that reads one has.
void add_device_file(CLI::App* command, DeviceOptions& options);

/// Every number a protocol takes, with its default.
template <class Options>
void add_protocol_options(CLI::App* command, Options& options,
                          std::span<const pipeline::ProtocolOption<Options>> rows) {
  for (const auto& row : rows) {
    std::visit([&](auto place) { command->add_option(row.name, options.*place, row.help)->capture_default_str(); },
               row.place);
  }
}

/// The curve as CSV on stdout or in the file of --output, with a sentence about it; with --json the whole answer
/// instead.
Exit show(const nlohmann::json& answer, const pipeline::Curve& curve, const std::string& sentence,
          const DeviceOptions& options);

// Each adds its verbs to `hopflow device`.
void add_device_fit(CLI::App& device, Action& action);
void add_device_protocols(CLI::App& device, Action& action);
void add_device_learning(CLI::App& device, Action& action);
void add_device_export(CLI::App& device, Action& action);

}  // namespace hopflow
