// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow device iv, pulse, retention, endurance, eis: what a laboratory does to one device.
#include <cmath>
#include <memory>
#include <sstream>
#include <vector>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/pipeline/device_command.hpp"
#include "workflows/pipeline/calibration/arrhenius.hpp"
#include "workflows/pipeline/device/device_report.hpp"
#include "workflows/pipeline/protocols/endurance.hpp"
#include "workflows/pipeline/protocols/impedance.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"
#include "workflows/pipeline/protocols/waveform.hpp"

namespace hopflow {

using nlohmann::json;

namespace {

struct ProtocolOptions : DeviceOptions {
  double voltage_v = 0, width_s = 0, start = 0, read_v = 0.1;
  std::optional<double> dwell_s, barrier_sd_ev, attempt_frequency_factor;
  int count = 1, samples = 20;
  std::int64_t seed = 1;
  std::uint64_t member = 0;
  std::string waveform, points;
  pipeline::EnduranceOptions endurance;
  pipeline::ImpedanceOptions impedance;
};

std::string volts(const json& value) {
  return value.is_null() ? "never" : fmt::format("{:.3f} V", value.get<double>());
}

/// Rows "time_s,voltage_v", with or without one header line: a first line of two numbers is a corner like the others.
pipeline::Waveform read_waveform(const std::string& file) {
  pipeline::Waveform w;
  int line = 0;
  std::istringstream rows{text::read_file(file)};
  for (std::string row; std::getline(rows, row);) {
    ++line;
    if (text::trim(row).empty()) continue;
    const auto comma = row.find(',');
    const auto time = text::to_double(text::trim(row.substr(0, comma)));
    const auto voltage = comma == std::string::npos ? std::nullopt : text::to_double(text::trim(row.substr(comma + 1)));
    if (line == 1 && !time && !voltage) continue;
    if (!time || !voltage) {
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}:{}: found '{}'; each line holds time_s,voltage_v, below a heading or without one",
                              text::printable(file), line, text::printable(row))};
    }
    w.time_s.push_back(*time);
    w.voltage_v.push_back(*voltage);
  }
  return w;
}

Exit iv(const ProtocolOptions& a) {
  DeviceFile device = open_device(a);
  if (a.dwell_s) {
    pipeline::require("--dwell", *a.dwell_s, 1e-12, 1e6);
    device.parameters.sweep_dwell_s = *a.dwell_s;
  }
  json curve;
  if (a.waveform.empty()) {
    curve = pipeline::iv_json(device.parameters);
  } else {
    pipeline::require("--start", a.start, 0, 1);
    const pipeline::WaveformRun run =
        pipeline::drive(device.parameters, read_waveform(a.waveform), a.start, {.samples = a.samples});
    curve = {{"time_s", run.time_s}, {"voltage_v", run.voltage_v}, {"current_a", run.current_a}, {"state", run.state}};
  }
  std::string sentence =
      a.waveform.empty() ? fmt::format("sets at {}, resets at {}; hottest filament {:.0f} K", volts(curve.at("set_v")),
                                       volts(curve.at("reset_v")), curve.at("hottest_k").get<double>())
                         : fmt::format("state {:.6g} at the end", curve.at("state").back().get<double>());
  if (curve.contains("warnings"))
    for (const json& warning : curve.at("warnings")) sentence += "\nwarning: " + warning.get<std::string>();
  return show(curve,
              pipeline::curve_of(
                  "iv", curve,
                  {{"time_s", "s"}, {"voltage_v", "V"}, {"current_a", "A"}, {"state", "1"}, {"temperature_k", "K"}}),
              sentence, a);
}

Exit pulse(const ProtocolOptions& a) {
  const DeviceFile device = open_device(a);
  pipeline::require("--voltage", a.voltage_v, -100, 100);
  pipeline::require("--width", a.width_s, 0, 1e12);
  pipeline::require("--start", a.start, 0, 1);
  pipeline::require("--read-voltage", a.read_v, 1e-6, 10);
  double x = a.start, integral = 0, final_current = 0;
  std::vector<double> number{0}, state{x}, conductance{pipeline::read_conductance(device.parameters, x, a.read_v)};
  for (int i = 1; i <= a.count; ++i) {
    const pipeline::PulseEnergy energy = pipeline::pulse_energy(device.parameters, x, a.voltage_v, a.width_s);
    x = energy.after;
    integral += energy.integral_j;
    final_current += energy.final_current_j;
    number.push_back(i);
    state.push_back(x);
    conductance.push_back(pipeline::read_conductance(device.parameters, x, a.read_v));
  }
  const double hot = pipeline::filament_temperature(
      device.parameters, pipeline::operate(device.parameters, x, a.voltage_v, pipeline::Compliance::off));
  std::string sentence =
      fmt::format("energy {:.3g} J by integral, {:.3g} J by final current; filament at the end {:.0f} K", integral,
                  final_current, hot);
  json warnings = json::array();
  if (hot > pipeline::hottest_plausible_k)
    warnings.push_back(
        fmt::format("the filament is above {:g} K: the film would not survive; the current must be spread wider",
                    pipeline::hottest_plausible_k));
  for (const json& warning : warnings) sentence += "\nwarning: " + warning.get<std::string>();
  return show({{"voltage_v", a.voltage_v},
               {"width_s", a.width_s},
               {"read_voltage_v", a.read_v},
               {"state", state},
               {"conductance_s", conductance},
               {"energy_integral_j", integral},
               {"energy_final_current_j", final_current},
               {"temperature_k", hot},
               {"warnings", warnings}},
              {"pulse", {{"pulse", "1", number}, {"state", "1", state}, {"conductance_s", "S", conductance}}}, sentence,
              a);
}

/// "363:1200,400:60"
std::vector<pipeline::TimedPoint> read_points(const std::string& words) {
  std::vector<pipeline::TimedPoint> points;
  std::size_t at = 0;
  while (at <= words.size()) {
    const std::string word = words.substr(at, words.find(',', at) - at);
    at += word.size() + 1;
    const auto colon = word.find(':');
    const auto temperature = text::to_double(word.substr(0, colon));
    const auto time = colon == std::string::npos ? std::nullopt : text::to_double(word.substr(colon + 1));
    if (!temperature || !time)
      throw Error{Error::Kind::bad_input,
                  fmt::format("--points: '{}' is not a pair; give kelvin:seconds pairs such as 363:1200,400:60",
                              text::printable(word))};
    points.push_back({*temperature, *time});
  }
  return points;
}

Exit retention(const ProtocolOptions& a) {
  if (!a.points.empty()) {
    if (!a.file.empty())
      throw Error{Error::Kind::usage,
                  fmt::format("device retention: both a device file ('{}') and --points are given; --points fits an "
                              "activation energy without any device, leave one of the two out",
                              text::printable(a.file))};
    const pipeline::Arrhenius law = pipeline::arrhenius(read_points(a.points));
    json answer{{"activation_ev", law.activation_ev},
                {"prefactor_s", law.prefactor_s},
                {"sd_ev", nullptr},
                {"low_ev", nullptr},
                {"high_ev", nullptr},
                {"time_300k_s", law.time(300)}};
    std::string interval = "two points leave no interval";
    if (law.half_width_ev) {
      answer["sd_ev"] = *law.sd_ev;
      answer["low_ev"] = law.activation_ev - *law.half_width_ev;
      answer["high_ev"] = law.activation_ev + *law.half_width_ev;
      interval = fmt::format("95 % interval {:.3f} to {:.3f} eV", law.activation_ev - *law.half_width_ev,
                             law.activation_ev + *law.half_width_ev);
    }
    if (a.as_json)
      fmt::print("{}\n", answer.dump(2));
    else
      fmt::print("activation energy {:.3f} eV, {}; {:.3g} s at 300 K\n", law.activation_ev, interval, law.time(300));
    return Exit::converged;
  }
  if (a.file.empty())
    throw Error{Error::Kind::usage,
                "device retention: give a device file, or measured times with --points 363:1200,400:60"};
  DeviceFile device = open_device(a);
  if (a.barrier_sd_ev) pipeline::require("--barrier-sd", device.spread.barrier_sd_ev = *a.barrier_sd_ev, 0, 5);
  if (a.attempt_frequency_factor)
    pipeline::require("--attempt-frequency-factor",
                      device.spread.attempt_frequency_factor = *a.attempt_frequency_factor, 1, 1e6);
  const double temperature = device.parameters.temperature_k;
  std::vector<double> times;
  for (const pipeline::DeviceParameters& drawn :
       pipeline::draw_devices(device.parameters, device.spread, static_cast<std::uint64_t>(a.seed))) {
    times.push_back(pipeline::retention_time(drawn, temperature));
  }
  const pipeline::Percentiles band = pipeline::percentiles(std::move(times));
  const double tau = pipeline::retention_time(device.parameters, temperature);
  const std::string note = "everything fitted is held; the stabilisation energy is fitted, not from the barrier";
  if (a.as_json) {
    fmt::print("{}\n", json{{"tau_s", tau},
                            {"p05_s", band.p05},
                            {"median_s", band.median},
                            {"p95_s", band.p95},
                            {"temperature_k", temperature},
                            {"barrier_ev", device.parameters.barrier_ev},
                            {"stabilisation_ev", device.parameters.stabilisation_ev},
                            {"barrier_sd_ev", device.spread.barrier_sd_ev},
                            {"attempt_frequency_factor", device.spread.attempt_frequency_factor},
                            {"note", note}}
                           .dump(2));
  } else {
    fmt::print("tau = {:.4g} s at {} K (5-95 %: {:.3g} to {:.3g} s); {}\n", tau, text::shortest(temperature), band.p05,
               band.p95, note);
  }
  return Exit::converged;
}

Exit endurance(const ProtocolOptions& a) {
  const DeviceFile device = open_device(a);
  const pipeline::Population population{device.parameters, device.variability, static_cast<std::uint64_t>(a.seed)};
  const pipeline::EnduranceRun run = pipeline::endurance(population, a.member, a.endurance);
  json answer = pipeline::endurance_json(run, a.endurance);
  const json::json_pointer fitted{"/measured_curves/endurance/law"};
  if (device.content.contains(fitted) && device.content.at(fitted).is_object()) {
    const pipeline::WearLaw law = pipeline::wear_law_from_json(device.content.at(fitted), a.file + ": law of wear");
    answer["wear"] = {{"ratio_at_end", law.ratio_at(a.endurance.cycles)},
                      {"cycles_until_ratio_10", law.cycles_until(10)}};
    answer["note"] = fmt::format(
        "without wear; by the measured law of wear the ratio is {:.3g} after these cycles and falls to 10 after {:.3g}",
        law.ratio_at(a.endurance.cycles), law.cycles_until(10));
  }
  std::vector<double> cycle;
  for (std::size_t i = 1; i <= run.on_s.size(); ++i) cycle.push_back(static_cast<double>(i));
  return show(answer, {"endurance", {{"cycle", "1", cycle}, {"on_s", "S", run.on_s}, {"off_s", "S", run.off_s}}},
              fmt::format("on/off ratio {:.3g} at least, {:.3g} in the middle, over {} cycles; {}",
                          answer.at("ratio").at("least").get<double>(), answer.at("ratio").at("median").get<double>(),
                          a.endurance.cycles, answer.at("note").get<std::string>()),
              a);
}

Exit eis(const ProtocolOptions& a) {
  const DeviceFile device = open_device(a);
  const json answer = pipeline::impedance_json(device.parameters, a.start, a.impedance);
  return show(
      answer,
      pipeline::curve_of(
          "eis", answer,
          {{"frequency_hz", "Hz"}, {"real_ohm", "ohm"}, {"imaginary_ohm", "ohm"}, {"capacitance_f", "F"}}),
      fmt::format("ions relax at {:.3g} Hz (from the barrier; area, permittivity and vacancy density are assumed)",
                  answer.at("ion_frequency_hz").get<double>()),
      a);
}

}  // namespace

void add_device_protocols(CLI::App& device, Action& action) {
  const auto verb = [&](const char* name, const char* help, const char* example, Exit (*run)(const ProtocolOptions&),
                        const std::shared_ptr<ProtocolOptions>& a) {
    CLI::App* command = device_verb(device, name, help, example, &a->as_json);
    command->callback([a, run, &action] { action = [a, run] { return run(*a); }; });
    return command;
  };
  auto a = std::make_shared<ProtocolOptions>();
  CLI::App* command = verb("iv", "Current and state over one bipolar sweep, or over a waveform of your own",
                           "iv device.json -o iv.csv", iv, a);
  add_device_file(command, *a);
  command->add_option("--dwell", a->dwell_s, "s each step is held (default: the file's)");
  command->add_option("--waveform", a->waveform,
                      "CSV file of corners, time_s,voltage_v, in place of the sweep; no compliance");
  command->add_option("--start", a->start, "state at the waveform's beginning, 0 to 1")->capture_default_str();
  command->add_option("--samples", a->samples, "points between two corners of the waveform")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  add_output(*command, "-o,--output", a->output, "CSV file");

  a = std::make_shared<ProtocolOptions>();
  command = verb("pulse", "State and conductance after identical pulses, and their energy",
                 "pulse device.json --voltage 1.25 --width 1e-7 --json", pulse, a);
  add_device_file(command, *a);
  command->add_option("--voltage", a->voltage_v, "V")->required();
  command->add_option("--width", a->width_s, "s")->required();
  command->add_option("--count", a->count, "pulses")->check(CLI::Range(1, 1000000))->capture_default_str();
  command->add_option("--start", a->start, "state before the first, 0 to 1")->capture_default_str();
  command->add_option("--read-voltage", a->read_v, "V")->capture_default_str();
  add_output(*command, "-o,--output", a->output, "CSV file");

  a = std::make_shared<ProtocolOptions>();
  command = verb("retention", "How long the filament stays, or the activation energy of measured times",
                 "retention device.json --barrier 0.29 --temperature 300 --json", retention, a);
  add_device_file(command, *a);
  command->get_option("device")->required(false);
  command->add_option("--points", a->points, "measured times as kelvin:seconds,... in place of a device");
  command->add_option("--barrier-sd", a->barrier_sd_ev, "eV (default: the file's)");
  command->add_option("--attempt-frequency-factor", a->attempt_frequency_factor,
                      "width of the attempt frequency's band (default: the file's)");
  command->add_option("--seed", a->seed, "random numbers")->check(CLI::Range(0L, 1L << 53))->capture_default_str();

  a = std::make_shared<ProtocolOptions>();
  command = verb("endurance", "Set and reset over and over, with the noise the file states under 'variability'",
                 "endurance device.json --cycles 100", endurance, a);
  add_device_file(command, *a);
  add_protocol_options(command, a->endurance, pipeline::endurance_options());
  command->add_option("--member", a->member, "which device of the population")->capture_default_str();
  command->add_option("--seed", a->seed, "random numbers")->check(CLI::Range(0L, 1L << 53))->capture_default_str();
  add_output(*command, "-o,--output", a->output, "CSV file");

  a = std::make_shared<ProtocolOptions>();
  command =
      verb("eis", "Small-signal impedance from 0.1 Hz to 100 kHz", "eis device.json --start 0 -o eis.csv", eis, a);
  add_device_file(command, *a);
  command->add_option("--start", a->start, "state, 0 (off) to 1 (on)")->capture_default_str();
  add_protocol_options(command, a->impedance, pipeline::impedance_options());
  add_output(*command, "-o,--output", a->output, "CSV file");
}

}  // namespace hopflow
