// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow device fit: the calibrate rows of a reference fitted, every other row judged.
#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/pipeline/device_command.hpp"
#include "workflows/pipeline/calibration/reference_file.hpp"
#include "workflows/pipeline/device/stage.hpp"
#include "workflows/pipeline/measured/measured_fit.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/reference/row.hpp"

namespace hopflow {

using nlohmann::json;

namespace {

struct FitOptions {
  std::string file, output, geometry, material = "device", off_row, film, model{pipeline::models().front().name};
  double barrier_ev = 0, barrier_sd_ev = 0, hop_length_angstrom = 4.5, temperature_k = 300;
  std::optional<double> attempt_frequency_thz, attempt_frequency_factor, calibration_barrier_ev, dwell_s, thickness_nm,
      compliance_a;
  pipeline::MeasuredFiles measured;
  std::int64_t seed = 1;
  bool as_json = false;
};

std::string shown(const json& value) {
  if (value.is_null()) return "-";
  if (value.is_number()) return fmt::format("{:.4g}", value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void print_parameters(const json& result) {
  for (const auto& [key, value] : result.at("parameters").items()) {
    if (!value.is_number()) continue;
    const json& from = result.at("provenance").at(key);
    std::string error;
    if (from.contains("sd")) error = fmt::format(" +- {:.2g}", from.at("sd").get<double>());
    if (from.contains("sd_ln")) error = fmt::format(" +- {:.2g} %", 100 * from.at("sd_ln").get<double>());
    fmt::print("{:26} {:>12.6g} {:7} {}{}\n", key, value.get<double>(), from.at("unit").get<std::string>(),
               from.at("source").get<std::string>(), error);
  }
}

void print_rows(const json& result) {
  fmt::print("\n{:18} {:10} {:12} {:>14} {:>14}  {}\n", "row", "role", "verdict", "paper", "model", "kind");
  std::map<std::string, int> hits;
  int holdouts = 0, misses = 0, hit_all = 0, at_limit = 0;
  for (const json& row : result.at("rows")) {
    const std::string verdict = row.at("verdict"), kind = row.at("kind");
    fmt::print("{:18} {:10} {:12} {:>14} {:>14}  {}: {}\n", row.at("id").get<std::string>(),
               row.at("role").get<std::string>(), row.at("at_limit").get<bool>() ? verdict + " (limit)" : verdict,
               shown(row.at("paper")), shown(row.at("model")), kind, row.at("reason").get<std::string>());
    if (row.at("role") != "holdout") continue;
    ++holdouts;
    if (verdict == "hit") ++hits[kind], ++hit_all, at_limit += row.at("at_limit").get<bool>();
    if (verdict == "miss") ++misses;
  }
  fmt::print("\nholdout rows: {} hit, {} missed, {} not computed; hits by kind:", hit_all, misses,
             holdouts - hit_all - misses);
  for (const auto& [kind, count] : hits) fmt::print(" {} {}", count, kind);
  fmt::print("; {} at the limit of their tolerance\n", at_limit);
  if (const json any = result.value("any_barrier", json(nullptr)); any.is_object()) {
    const auto counts = any.at("hits").get<std::vector<int>>();
    fmt::print("with any barrier from 0.02 to 1 eV instead, {} to {} of them are hit\n", std::ranges::min(counts),
               std::ranges::max(counts));
  }
}

void print_identifiability(const json& result) {
  const json& table = result.at("identifiability");
  if (!table.is_array() || table.empty()) return;
  fmt::print("\nrefits with the barrier moved; what stays the same says nothing about it\n");
  for (const auto& [key, value] : table.front().items()) fmt::print("{:>20}", key);
  fmt::print("\n");
  for (const json& row : table) {
    for (const auto& [key, value] : row.items()) fmt::print("{:>20}", shown(value));
    fmt::print("\n");
  }
}

/// A misspelt row or film would make a device of nobody's film.
void check_film(const FitOptions& a, const json& reference) {
  const json rows = pipeline::complete_rows(reference);
  std::vector<std::string> offs;
  for (const json* row : pipeline::rows_of(rows, "off_current", "calibrate")) offs.push_back(row->at("id"));
  if (!a.off_row.empty() && std::ranges::find(offs, a.off_row) == offs.end())
    throw Error{Error::Kind::bad_input,
                fmt::format("--off-current-row: '{}' is not a calibrate row of kind off_current in {}; allowed: {}",
                            text::printable(a.off_row), text::printable(a.file), text::join(offs, ", "))};
  const std::vector<std::string> films = pipeline::films_of(rows);
  if (!a.film.empty() && std::ranges::find(films, text::lower(a.film)) == films.end())
    throw Error{Error::Kind::bad_input,
                fmt::format("--film: no row of {} is of '{}'; its films: {}", text::printable(a.file),
                            text::printable(a.film), text::join(films, ", "))};
}

/// What the caller says of the device: a file of parameters with their units in the keys, and two of them by option.
json geometry_of(const FitOptions& a) {
  json out = a.geometry.empty() ? json::object() : pipeline::read_geometry(a.geometry);
  if (a.thickness_nm) out["film_thickness_nm"] = *a.thickness_nm;
  if (a.compliance_a) out["compliance_a"] = *a.compliance_a;
  return out;
}

Exit fit(const FitOptions& a) {
  if (a.file.empty() && !a.measured.curves())
    throw Error{Error::Kind::usage,
                "device fit: give a reference file of published rows, or measured curves with --sweep, --pulses or "
                "--retention; --endurance adds a law of wear to these"};
  const json reference = a.file.empty() ? json::array() : pipeline::load_reference(a.file);
  if (!a.file.empty()) check_film(a, reference);
  // A frequency somebody states carries no band unless a band is stated too.
  const double factor = a.attempt_frequency_factor.value_or(a.attempt_frequency_thz ? 1 : 10);
  json input{{"material", a.material},
             {"barrier_ev", a.barrier_ev},
             {"barrier_sd_ev", a.barrier_sd_ev},
             {"barrier_source", "given"},
             {"attempt_frequency_thz", a.attempt_frequency_thz.value_or(1)},
             {"attempt_frequency_factor", factor},
             {"hop_length_angstrom", a.hop_length_angstrom},
             {"temperature_k", a.temperature_k},
             {"reference", reference},
             {"fit", true},
             {"seed", a.seed},
             {"model", a.model},
             {"geometry", geometry_of(a)}};
  if (a.dwell_s) input["sweep_dwell_s"] = *a.dwell_s;
  if (!a.off_row.empty()) input["off_current_row"] = a.off_row;
  if (!a.film.empty()) input["film"] = a.film;
  if (a.calibration_barrier_ev) input["calibration"] = {{"barrier_ev", *a.calibration_barrier_ev}};
  pipeline::add_measurements(input, a.measured);
  const json result = pipeline::device_stage(input).at("result");
  if (!a.output.empty()) text::write_file(a.output, result.dump(1) + "\n");
  if (a.as_json) {
    fmt::print("{}\n", result.dump(2));
    return Exit::converged;
  }
  print_parameters(result);
  print_rows(result);
  print_identifiability(result);
  fmt::print("\n");
  for (const json& note : result.at("notes")) fmt::print("note: {}\n", note.get<std::string>());
  return Exit::converged;
}

}  // namespace

void add_device_fit(CLI::App& device, Action& action) {
  auto a = std::make_shared<FitOptions>();
  CLI::App* command =
      device_verb(device, "fit", "Fit the calibrate rows of a reference and judge every other row",
                  "fit inputs/reference/paper.yaml --barrier 0.39 --barrier-sd 0.03 -o device.json", &a->as_json);
  command->add_option("reference", a->file, "YAML file of published rows; may be left out with --sweep");
  command->add_option(
      "--sweep", a->measured.sweep,
      "CSV of your own sweeps, several cycles and devices: voltage, current (time, cycle, device), units in "
      "the header");
  command->add_option("--pulses", a->measured.pulses,
                      "CSV of conductance after each pulse: conductance, voltage (width), or two columns up, down");
  command->add_option("--retention", a->measured.retention,
                      "CSV of conductance over time (temperature), or of temperature and retention time");
  command->add_option("--endurance", a->measured.endurance,
                      "CSV of cycles and on/off ratio, or of cycles, on and off with their unit (device)");
  command->add_option("--barrier", a->barrier_ev, "migration barrier (eV)")->required();
  command->add_option("--barrier-sd", a->barrier_sd_ev, "its standard deviation (eV)")->capture_default_str();
  command->add_option("--attempt-frequency", a->attempt_frequency_thz, "THz (default: 1 within a factor 10)");
  command->add_option("--attempt-frequency-factor", a->attempt_frequency_factor,
                      "width of its band (default: 1 if a frequency is given, else 10)");
  command->add_option("--hop-length", a->hop_length_angstrom, "A")->capture_default_str();
  command->add_option("--temperature", a->temperature_k, "of the device (K); rows keep their own")
      ->capture_default_str();
  command->add_option("--model", a->model, text::join(pipeline::model_names(), ", "))->capture_default_str();
  command->add_option("--dwell", a->dwell_s, "s each step of a sweep is held (default: the reference's, else 0.02)");
  command->add_option(
      "--device", a->geometry,
      "YAML file of the device: film_thickness_nm, compliance_a, series_resistance_ohm, sweep_limit_v, ...");
  command->add_option("--thickness", a->thickness_nm, "of the film (nm; default: the reference's, else 200)");
  command->add_option("--compliance", a->compliance_a, "of its sweeps (A; default: the reference's, else 1e-3)");
  command->add_option("--film", a->film, "film of the reference that this device is of (default: the measured one)");
  command->add_option("--off-current-row", a->off_row, "row with this film's off current (default: the film's)");
  command->add_option(
      "--calibration-barrier", a->calibration_barrier_ev,
      "for a film other than the measured one: barrier of the measured film (eV), whose kinetics are taken over");
  command->add_option("--material", a->material, "name in the result")->capture_default_str();
  command->add_option("--seed", a->seed, "random numbers")->check(CLI::Range(0L, 1L << 53))->capture_default_str();
  add_output(*command, "-o,--output", a->output, "file for the device");
  command->callback([a, &action] { action = [a] { return fit(*a); }; });
}

}  // namespace hopflow
