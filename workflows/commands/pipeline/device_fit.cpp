// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow device fit: the calibrate rows of a reference fitted, every other row judged.
#include <map>
#include <memory>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/commands/pipeline/device_command.hpp"
#include "workflows/pipeline/calibration/reference.hpp"
#include "workflows/pipeline/core/stage.hpp"
#include "workflows/pipeline/models/registry.hpp"

namespace hopflow {

using nlohmann::json;

namespace {

struct FitOptions {
  std::string file, output, material = "device", off_row = "iv.off.prpyr", model{pipeline::models().front().name};
  double barrier_ev = 0, barrier_sd_ev = 0, hop_length_angstrom = 4.5, temperature_k = 300, dwell_s = 0.02;
  std::optional<double> attempt_frequency_thz, attempt_frequency_factor, calibration_barrier_ev;
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
  int holdouts = 0, misses = 0, hit_all = 0;
  for (const json& row : result.at("rows")) {
    const std::string verdict = row.at("verdict"), kind = row.at("kind");
    fmt::print("{:18} {:10} {:12} {:>14} {:>14}  {}: {}\n", row.at("id").get<std::string>(),
               row.at("role").get<std::string>(), verdict, shown(row.at("paper")), shown(row.at("model")), kind,
               row.at("reason").get<std::string>());
    if (row.at("role") != "holdout") continue;
    ++holdouts;
    if (verdict == "hit") ++hits[kind], ++hit_all;
    if (verdict == "miss") ++misses;
  }
  fmt::print("\nholdout rows: {} of {} inside their tolerance, {} missed; hits by kind:", hit_all, holdouts, misses);
  for (const auto& [kind, count] : hits) fmt::print(" {} {}", count, kind);
  fmt::print("\n");
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

Exit fit(const FitOptions& a) {
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
             {"off_current_row", a.off_row},
             {"reference", pipeline::load_reference(a.file)},
             {"fit", true},
             {"seed", a.seed},
             {"model", a.model},
             {"sweep_dwell_s", a.dwell_s}};
  if (a.calibration_barrier_ev) input["calibration"] = {{"barrier_ev", *a.calibration_barrier_ev}};
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
  command->add_option("reference", a->file, "YAML file of published rows")->required();
  command->add_option("--barrier", a->barrier_ev, "migration barrier (eV)")->required();
  command->add_option("--barrier-sd", a->barrier_sd_ev, "its standard deviation (eV)")->capture_default_str();
  command->add_option("--attempt-frequency", a->attempt_frequency_thz, "THz (default: 1 within a factor 10)");
  command->add_option("--attempt-frequency-factor", a->attempt_frequency_factor,
                      "width of its band (default: 1 if a frequency is given, else 10)");
  command->add_option("--hop-length", a->hop_length_angstrom, "A")->capture_default_str();
  command->add_option("--temperature", a->temperature_k, "of the device (K); rows keep their own")
      ->capture_default_str();
  command->add_option("--model", a->model, text::join(pipeline::model_names(), ", "))->capture_default_str();
  command->add_option("--dwell", a->dwell_s, "s each step of a sweep is held; not published")->capture_default_str();
  command->add_option("--off-current-row", a->off_row, "row with this film's off current")->capture_default_str();
  command->add_option(
      "--calibration-barrier", a->calibration_barrier_ev,
      "for a film other than the measured one: barrier of the measured film (eV), whose kinetics are taken over");
  command->add_option("--material", a->material, "name in the result")->capture_default_str();
  command->add_option("--seed", a->seed, "random numbers")->check(CLI::Range(0L, 1L << 53))->capture_default_str();
  command->add_option("-o,--output", a->output, "file for the device");
  command->callback([a, &action] { action = [a] { return fit(*a); }; });
}

}  // namespace hopflow
