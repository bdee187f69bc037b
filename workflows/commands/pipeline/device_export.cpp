// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow device export: one device as files for other tools.
#include <filesystem>
#include <memory>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/pipeline/device_command.hpp"
#include "workflows/pipeline/device/device_export.hpp"
#include "workflows/pipeline/device/device_report.hpp"
#include "workflows/pipeline/protocols/impedance.hpp"
#include "workflows/pipeline/protocols/programming_map.hpp"
#include "workflows/pipeline/protocols/stdp.hpp"

namespace hopflow {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

Exit export_device(const DeviceOptions& a, std::uint64_t seed) {
  const DeviceFile device = open_device(a);
  const pipeline::DeviceParameters& p = device.parameters;
  const fs::path folder{a.output};
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    throw Error{Error::Kind::io, fmt::format("{}: cannot be made: {}", text::printable(a.output), failed.message())};
  json result{{"parameters", pipeline::to_json(p)},
              {"iv", pipeline::iv_json(p)},
              {"retention", pipeline::retention_json(p, device.spread, seed)},
              {"synapse", pipeline::synapse_json(p, seed)},
              {"map", pipeline::map_json(pipeline::programming_map(p, {}), {})},
              {"stdp", pipeline::stdp_json(pipeline::stdp(p, {}), {})},
              {"eis_off", pipeline::impedance_json(p, 0, {})},
              {"eis_on", pipeline::impedance_json(p, 1, {})}};
  // What was measured stands before what the model would do.
  const json own = device.content.value("synapse", json(nullptr));
  const bool measured = own.is_object() && own.contains("noise");
  if (measured) result["synapse"] = own;
  const bool learns = result.at("synapse").is_object() && !measured;
  result["ltp"] = learns ? pipeline::train_json(p, result.at("synapse"), true) : json(nullptr);
  result["ltd"] = learns ? pipeline::train_json(p, result.at("synapse"), false) : json(nullptr);
  std::vector<std::string> written{"curves.h5"};
  const std::vector<pipeline::Curve> curves = pipeline::device_curves(result);
  pipeline::write_hdf5(folder / "curves.h5", curves);
  const auto write = [&](const std::string& name, const std::string& content) {
    text::write_file(folder / name, content);
    written.push_back(name);
  };
  for (const pipeline::Curve& curve : curves) write(curve.name + ".csv", pipeline::csv(curve));
  for (const auto& [name, content] : pipeline::model_files(result)) write(name, content);
  if (a.as_json) {
    fmt::print("{}\n", json{{"folder", a.output}, {"files", written}}.dump(2));
  } else {
    fmt::print("{}: {}\n", text::printable(a.output), text::join(written, ", "));
    if (!result.at("synapse").is_object())
      fmt::print("no pulse below 10 V steps this device, so there is no update curve\n");
  }
  return Exit::converged;
}

}  // namespace

void add_device_export(CLI::App& device, Action& action) {
  auto a = std::make_shared<DeviceOptions>();
  auto seed = std::make_shared<std::int64_t>(1);
  CLI::App* command = device_verb(
      device, "export", "Every curve as CSV and HDF5, the device for ngspice, Verilog-A, aihwkit and NeuroSim",
      "export device.json -o curves", &a->as_json);
  add_device_file(command, *a);
  add_output(*command, "-o,--output", a->output, "folder", Output::folder)->required();
  command->add_option("--seed", *seed, "random numbers")->check(CLI::Range(0L, 1L << 53))->capture_default_str();
  command->callback(
      [a, seed, &action] { action = [a, seed] { return export_device(*a, static_cast<std::uint64_t>(*seed)); }; });
}

}  // namespace hopflow
