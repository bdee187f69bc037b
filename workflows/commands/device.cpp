// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow device: a memristor from a barrier, alone and from files.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/error.hpp"
#include "structures/text.hpp"
#include "workflows/commands/command.hpp"
#include "workflows/pipeline/device.hpp"
#include "workflows/pipeline/device_input.hpp"
#include "workflows/pipeline/models/threshold.hpp"
#include "workflows/pipeline/protocols.hpp"
#include "workflows/pipeline/reference.hpp"
#include "workflows/pipeline/stage.hpp"

namespace hopflow {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

struct DeviceArguments {
  std::string file, output, material = "device", off_row = "iv.off.prpyr";
  double barrier_ev = 0, barrier_sd_ev = 0, attempt_frequency_thz = 1, attempt_frequency_factor = 10, hop_length_angstrom = 4.5;
  double calibration_barrier_ev = 0, temperature_k = 300, voltage_v = 0, width_s = 0, start = 0, read_v = 0.1;
  bool has_barrier = false, has_frequency = false, has_factor = false, has_calibration = false, has_temperature = false;
  int count = 1;
  std::int64_t seed = 1;
  bool as_json = false;
};

std::string shown(const json& value) {
  if (value.is_null()) return "-";
  if (value.is_number()) return fmt::format("{:.4g}", value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Exit fit(const DeviceArguments& a) {
  // A frequency somebody states carries no band unless a band is stated too.
  const double factor = a.has_factor || !a.has_frequency ? a.attempt_frequency_factor : 1;
  json input{{"material", a.material}, {"barrier_ev", a.barrier_ev}, {"barrier_sd_ev", a.barrier_sd_ev}, {"barrier_source", "given"},
             {"attempt_frequency_thz", a.attempt_frequency_thz}, {"attempt_frequency_factor", factor},
             {"hop_length_angstrom", a.hop_length_angstrom}, {"temperature_k", a.temperature_k}, {"off_current_row", a.off_row},
             {"reference", pipeline::load_reference(a.file)}, {"fit", true}, {"seed", a.seed}};
  if (a.has_calibration) input["calibration"] = {{"barrier_ev", a.calibration_barrier_ev}};
  json result = pipeline::device_stage(input).at("result");
  result["schema"] = "hopflow-device/1";
  result["material"] = a.material;
  result["spread"] = {{"barrier_sd_ev", a.barrier_sd_ev}, {"attempt_frequency_factor", factor}};
  if (!a.output.empty()) text::write_file(a.output, result.dump(1) + "\n");
  if (a.as_json) {
    fmt::print("{}\n", result.dump(2));
    return Exit::converged;
  }
  for (const pipeline::ParameterRow& row : pipeline::parameter_table()) {
    fmt::print("{:26} {:>12.6g}  {}\n", row.key, result.at("parameters").at(std::string{row.key}).get<double>(), row.source);
  }
  fmt::print("\n{:18} {:10} {:12} {:>14} {:>14}  {}\n", "row", "role", "verdict", "paper", "model", "kind");
  for (const json& row : result.at("rows")) {
    fmt::print("{:18} {:10} {:12} {:>14} {:>14}  {}: {}\n", row.at("id").get<std::string>(), row.at("role").get<std::string>(),
               row.at("verdict").get<std::string>(), shown(row.at("paper")), shown(row.at("model")), row.at("kind").get<std::string>(),
               row.at("reason").get<std::string>());
  }
  for (const json& note : result.at("notes")) fmt::print("note: {}\n", note.get<std::string>());
  return Exit::converged;
}

struct DeviceFile {
  json content;
  pipeline::DeviceParameters parameters;
  pipeline::BarrierSpread spread;
};

/// A device of `fit` or of a run folder, with another barrier or temperature if the user names one.
DeviceFile open_device(const DeviceArguments& a) {
  const std::string name = text::printable(a.file);
  DeviceFile device;
  device.content = json::parse(text::read_file(a.file), nullptr, false);
  if (device.content.is_discarded()) throw Error{Error::Kind::bad_input, fmt::format("{}: not JSON; give a file of 'hopflow device fit'", name)};
  const pipeline::InputReader reader{device.content, name};
  const json* parameters = reader.find("parameters");
  if (parameters == nullptr) reader.fail("parameters", "is missing or null: this file holds no device; give one of 'hopflow device fit'");
  json changed = *parameters;
  if (!changed.is_object()) reader.fail("parameters", "is no object; give a file of 'hopflow device fit'");
  if (a.has_barrier) changed["barrier_ev"] = a.barrier_ev;
  if (a.has_temperature) changed["temperature_k"] = a.temperature_k;
  device.parameters = pipeline::parameters_from_json(changed, name + ": parameters");
  if (const json* spread = reader.find("spread")) {
    const pipeline::InputReader inner{*spread, name + ": spread"};
    device.spread = {inner.number("barrier_sd_ev", 0, 5), inner.number("attempt_frequency_factor", 1, 1e6)};
  }
  return device;
}

Exit iv(const DeviceArguments& a) {
  const DeviceFile device = open_device(a);
  const json curve = pipeline::iv_json(device.parameters);
  const std::string table = pipeline::csv({{"voltage_v", curve.at("voltage_v").get<std::vector<double>>()},
                                           {"current_a", curve.at("current_a").get<std::vector<double>>()},
                                           {"state", curve.at("state").get<std::vector<double>>()}});
  if (!a.output.empty()) text::write_file(a.output, table);
  if (a.as_json) fmt::print("{}\n", curve.dump(2));
  else if (a.output.empty()) fmt::print("{}", table);
  return Exit::converged;
}

Exit pulse(const DeviceArguments& a) {
  const DeviceFile device = open_device(a);
  const auto require = [&](const char* option, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw Error{Error::Kind::bad_input, fmt::format("device pulse: {} is {}; give a number from {} to {}", option, value, low, high)};
    }
  };
  require("--voltage", a.voltage_v, -100, 100);
  require("--width", a.width_s, 0, 1e12);
  require("--start", a.start, 0, 1);
  require("--read-voltage", a.read_v, 1e-6, 10);
  double x = a.start;
  std::vector<double> number{0}, state{x}, conductance{pipeline::read_conductance(device.parameters, x, a.read_v)};
  for (int i = 1; i <= a.count; ++i) {
    x = pipeline::pulse(device.parameters, x, a.voltage_v, a.width_s);
    number.push_back(i);
    state.push_back(x);
    conductance.push_back(pipeline::read_conductance(device.parameters, x, a.read_v));
  }
  if (a.as_json) {
    fmt::print("{}\n", json{{"voltage_v", a.voltage_v}, {"width_s", a.width_s}, {"read_voltage_v", a.read_v}, {"state", state}, {"conductance_s", conductance}}.dump(2));
  } else {
    fmt::print("{}", pipeline::csv({{"pulse", number}, {"state", state}, {"conductance_s", conductance}}));
  }
  return Exit::converged;
}

Exit retention(const DeviceArguments& a) {
  DeviceFile device = open_device(a);
  if (a.barrier_sd_ev > 0) device.spread.barrier_sd_ev = a.barrier_sd_ev;
  if (a.has_factor) device.spread.attempt_frequency_factor = a.attempt_frequency_factor;
  const double temperature = device.parameters.temperature_k;
  std::vector<double> times;
  for (const pipeline::DeviceParameters& drawn : pipeline::draw_devices(device.parameters, device.spread, static_cast<std::uint64_t>(a.seed))) {
    times.push_back(pipeline::retention_time(drawn, temperature));
  }
  const pipeline::Percentiles band = pipeline::percentiles(std::move(times));
  const double tau = pipeline::retention_time(device.parameters, temperature);
  const std::string note = "everything fitted is held; the stabilisation energy is fitted, not from the barrier";
  if (a.as_json) {
    fmt::print("{}\n", json{{"tau_s", tau}, {"p05_s", band.p05}, {"median_s", band.median}, {"p95_s", band.p95}, {"temperature_k", temperature},
                            {"barrier_ev", device.parameters.barrier_ev}, {"stabilisation_ev", device.parameters.stabilisation_ev},
                            {"barrier_sd_ev", device.spread.barrier_sd_ev}, {"attempt_frequency_factor", device.spread.attempt_frequency_factor}, {"note", note}}.dump(2));
  } else {
    fmt::print("tau = {:.4g} s at {} K (5-95 %: {:.3g} to {:.3g} s); {}\n", tau, text::shortest(temperature), band.p05, band.p95, note);
  }
  return Exit::converged;
}

Exit export_curves(const DeviceArguments& a) {
  const DeviceFile device = open_device(a);
  const fs::path folder{a.output};
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw Error{Error::Kind::io, fmt::format("{}: cannot be made: {}", text::printable(a.output), failed.message())};
  const auto numbers = [](const json& list) { return list.get<std::vector<double>>(); };
  const json curve = pipeline::iv_json(device.parameters);
  const json tau = pipeline::retention_json(device.parameters, device.spread, static_cast<std::uint64_t>(a.seed));
  const json synapse = pipeline::synapse_json(device.parameters);
  text::write_file(folder / "iv.csv", pipeline::csv({{"voltage_v", numbers(curve.at("voltage_v"))}, {"current_a", numbers(curve.at("current_a"))}, {"state", numbers(curve.at("state"))}}));
  text::write_file(folder / "retention.csv", pipeline::csv({{"temperature_k", numbers(tau.at("temperature_k"))}, {"tau_s", numbers(tau.at("tau_s"))}, {"p05_s", numbers(tau.at("p05_s"))}, {"p95_s", numbers(tau.at("p95_s"))}}));
  if (synapse.is_null()) {
    fmt::print("{}\n", (folder / "iv.csv").string() + ", retention.csv written; no pulse below 10 V steps this device, so there is no update curve");
    return Exit::converged;
  }
  text::write_file(folder / "synapse.csv", pipeline::csv({{"weight", numbers(synapse.at("nodes"))}, {"up", numbers(synapse.at("up"))}, {"down", numbers(synapse.at("down"))}}));
  text::write_file(folder / "pulses.csv", pipeline::csv({{"pulse", numbers(pipeline::train_json(device.parameters, synapse, true).at("pulse"))},
                                                         {"potentiated_s", numbers(pipeline::train_json(device.parameters, synapse, true).at("conductance_s"))},
                                                         {"depressed_s", numbers(pipeline::train_json(device.parameters, synapse, false).at("conductance_s"))}}));
  fmt::print("{}\n", (folder / "iv.csv").string() + ", retention.csv, synapse.csv, pulses.csv written");
  return Exit::converged;
}

}  // namespace

void add_device(CLI::App& app, Action& action) {
  CLI::App* device = app.add_subcommand("device", "Calibrate a memristor from a barrier and ask it for curves");
  device->require_subcommand(1);
  device->footer("Example: hopflow device fit inputs/reference/paper.yaml --barrier 0.39 --barrier-sd 0.03 -o device.json");
  auto a = std::make_shared<DeviceArguments>();
  const auto verb = [&](const char* name, const char* help, const char* example, Exit (*run)(const DeviceArguments&)) {
    CLI::App* command = device->add_subcommand(name, help);
    command->footer(std::string{"Example: hopflow device "} + example);
    command->add_flag("--json", a->as_json, "for machines");
    command->callback([a, run, command, &action] {
      const auto given = [command](const char* option) {
        const CLI::Option* found = command->get_option_no_throw(option);
        return found != nullptr && found->count() > 0;
      };
      a->has_barrier = given("--barrier");
      a->has_frequency = given("--attempt-frequency");
      a->has_factor = given("--attempt-frequency-factor");
      a->has_calibration = given("--calibration-barrier");
      a->has_temperature = given("--temperature");
      action = [a, run] { return run(*a); };
    });
    return command;
  };
  const auto device_file = [&](CLI::App* command) {
    command->add_option("device", a->file, "device.json of 'device fit' or of a run folder")->required();
    command->add_option("--barrier", a->barrier_ev, "another barrier (eV), everything else as in the file");
    command->add_option("--temperature", a->temperature_k, "K (default: the file's)");
  };

  CLI::App* fitting = verb("fit", "Fit the calibrate rows of a reference and judge every other row", "fit inputs/reference/paper.yaml --barrier 0.39 --barrier-sd 0.03 -o device.json", fit);
  fitting->add_option("reference", a->file, "YAML file of published rows")->required();
  fitting->add_option("--barrier", a->barrier_ev, "migration barrier (eV)")->required();
  fitting->add_option("--barrier-sd", a->barrier_sd_ev, "its standard deviation (eV)")->capture_default_str();
  fitting->add_option("--attempt-frequency", a->attempt_frequency_thz, "THz (default: 1 within a factor 10)");
  fitting->add_option("--attempt-frequency-factor", a->attempt_frequency_factor, "width of its band (default: 1 if a frequency is given, else 10)");
  fitting->add_option("--hop-length", a->hop_length_angstrom, "A")->capture_default_str();
  fitting->add_option("--temperature", a->temperature_k, "of the device (K); rows keep their own")->capture_default_str();
  fitting->add_option("--off-current-row", a->off_row, "row with this film's off current")->capture_default_str();
  fitting->add_option("--calibration-barrier", a->calibration_barrier_ev, "for a film other than the measured one: barrier of the measured film (eV), whose kinetics are taken over");
  fitting->add_option("--material", a->material, "name in the result")->capture_default_str();
  fitting->add_option("--seed", a->seed, "random numbers")->check(CLI::Range(0L, 1L << 53))->capture_default_str();
  fitting->add_option("-o,--output", a->output, "file for the device");

  CLI::App* sweeping = verb("iv", "Current and state over one bipolar sweep", "iv device.json -o iv.csv", iv);
  device_file(sweeping);
  sweeping->add_option("-o,--output", a->output, "CSV file");

  CLI::App* pulsing = verb("pulse", "State and conductance after identical pulses", "pulse device.json --voltage 1.25 --width 1e-7 --json", pulse);
  device_file(pulsing);
  pulsing->add_option("--voltage", a->voltage_v, "V")->required();
  pulsing->add_option("--width", a->width_s, "s")->required();
  pulsing->add_option("--count", a->count, "pulses")->check(CLI::Range(1, 1000000))->capture_default_str();
  pulsing->add_option("--start", a->start, "state before the first, 0 to 1")->capture_default_str();
  pulsing->add_option("--read-voltage", a->read_v, "V")->capture_default_str();

  CLI::App* forgetting = verb("retention", "How long the filament stays", "retention device.json --barrier 0.29 --temperature 300 --json", retention);
  device_file(forgetting);
  forgetting->add_option("--barrier-sd", a->barrier_sd_ev, "eV (default: the file's)");
  forgetting->add_option("--attempt-frequency-factor", a->attempt_frequency_factor, "width of the attempt frequency's band (default: the file's)");
  forgetting->add_option("--seed", a->seed, "random numbers")->check(CLI::Range(0L, 1L << 53))->capture_default_str();

  CLI::App* exporting = verb("export", "Write every curve as CSV", "export device.json -o curves", export_curves);
  device_file(exporting);
  exporting->add_option("-o,--output", a->output, "folder")->required();
  exporting->add_option("--seed", a->seed, "random numbers")->check(CLI::Range(0L, 1L << 53))->capture_default_str();
}

}  // namespace hopflow
