// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow fit: a force-field table's numbers adjusted to labelled frames.
#include <algorithm>
#include <filesystem>

#include <fmt/core.h>

#include "potentials/fitting/fit.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct FitArguments {
  std::string table, charge_set, output, reference;
  std::vector<std::string> frames;
  FitOptions options;
  bool as_json = false;
};

Json forces_json(const ForceScore& score) {
  return {{"force_rmse", score.rmse},
          {"force_rmse_of_zero", score.rmse_of_zero},
          {"correlation", score.correlation},
          {"slope", score.slope}};
}

Json table_score_json(const TableScore& score) {
  Json out = forces_json(score.forces);
  out["profile_error_ev"] = score.profile_error_ev;
  out["elements"] = Json::object();
  for (const auto& [symbol, forces] : score.elements) out["elements"][symbol] = forces_json(forces);
  out["interactions"] = Json::object();
  for (const auto& [name, error] : score.terms) out["interactions"][name] = error;
  return out;
}

Json result_json(const FitResult& result, std::size_t frames) {
  Json numbers = Json::array(), correlated = Json::array(), held = Json::array(), covariance = Json::array();
  for (const FittedNumber& number : result.numbers)
    numbers.push_back({{"name", number.name},
                       {"start", number.start},
                       {"value", number.value},
                       {"sd", number.sd},
                       {"prior_sd", number.prior_sd},
                       {"at_bound", number.at_bound},
                       {"undetermined", number.undetermined}});
  for (Eigen::Index i = 0; i < result.covariance.rows(); ++i) {
    Json row = Json::array();
    for (Eigen::Index j = 0; j < result.covariance.cols(); ++j) row.push_back(result.covariance(i, j));
    covariance.push_back(std::move(row));
    for (Eigen::Index j = i + 1; j < result.correlation.cols(); ++j)
      if (std::abs(result.correlation(i, j)) > 0.9)
        correlated.push_back({result.numbers[static_cast<std::size_t>(i)].name,
                              result.numbers[static_cast<std::size_t>(j)].name, result.correlation(i, j)});
  }
  for (const HeldOut& band : result.held_out) {
    Json row{{"band", band.band}, {"frames", band.frames}};
    row.update(forces_json(band.forces));
    row["profile_error_ev"] = band.profile_error_ev;
    row["closer_than_fitted"] = Json::object();
    for (const auto& [name, distances] : band.closer_than_fitted)
      row["closer_than_fitted"][name] = {distances.first, distances.second};
    held.push_back(std::move(row));
  }
  return {{"converged", result.converged},
          {"reason", result.reason},
          {"frames", frames},
          {"reduced_chi2", result.reduced_chi2},
          {"before", table_score_json(result.before)},
          {"after", table_score_json(result.after)},
          {"held_out", std::move(held)},
          {"numbers", std::move(numbers)},
          {"strong_correlations", std::move(correlated)},
          {"covariance", std::move(covariance)},
          {"warnings", result.warnings}};
}

std::string quoted(const std::string& value) { return yaml::quoted(text::printable(value)); }

std::string forces_line(const ForceScore& forces, double profile) {
  return fmt::format(
      "{{force_rmse: {:.4f}, force_rmse_of_zero: {:.4f}, correlation: {:.3f}, slope: {:.3f}, profile_error_ev: "
      "{:.4f}}}",
      forces.rmse, forces.rmse_of_zero, forces.correlation, forces.slope, profile);
}

/// A table that extends the start: the numbers that changed, and where they come from.
std::string table_yaml(const FitArguments& arguments, const FitResult& result, std::size_t frames) {
  const fs::path output = fs::absolute(arguments.output).parent_path();
  const std::string base = fs::absolute(arguments.table).lexically_relative(output).string();
  std::string out = fmt::format(
      "schema: potential/1\nname: {}\nstatus: {}\nextends: {}\n", fs::path{arguments.output}.stem().string(),
      quoted(fmt::format("fitted to {} frames; what it is worth stands under fit", frames)), quoted(base));
  // What a barrier may be off by: the worst energy profile predicted by a fit without it.
  double worst = 0;
  for (const HeldOut& band : result.held_out) worst = std::max(worst, band.profile_error_ev);
  if (worst > 0)
    out += fmt::format(
        "barrier_error: {{value_ev: {:.2f}, source: \"largest error of energies along a band, predicted by a fit "
        "without it\"}}\n",
        worst);
  const ForceFieldTable& table = result.table;
  if (!table.set_types.empty()) {
    out += "charge_sets:\n  fitted: {";
    for (const std::string& type : table.set_types)
      out += fmt::format("{}: {}, ", type, text::shortest(table.find_type(type)->charge));
    out += fmt::format("cation_scale: {}", text::shortest(table.cation_scale));
    for (const auto& [formula, charge] : table.set_formulas)
      out += fmt::format(", {}: {}", formula, text::shortest(charge));
    out += "}\ndefault_charge_set: fitted\n";
  }
  out += "adjusted:   # in place of the numbers of the table this one extends; sd: of the fit, correlations left out\n";
  for (const FittedNumber& number : result.numbers)
    if (!number.name.starts_with("charges."))
      out += fmt::format("  {}: {{value: {}, start: {}, sd: {:.3g}}}\n", number.name, text::shortest(number.value),
                         text::shortest(number.start), number.sd);
  out += fmt::format("fit:\n  command: hopflow fit\n  start_charge_set: {}\n  frames:\n", quoted(arguments.charge_set));
  for (const std::string& file : arguments.frames) out += fmt::format("    - {}\n", quoted(fs::path{file}.filename()));
  if (!arguments.reference.empty()) out += fmt::format("  reference: {}\n", quoted(arguments.reference));
  out += fmt::format("  number_of_frames: {}\n  force_sd: {}   # eV/A\n  energy_sd: {}   # eV\n  regularisation: {}\n",
                     frames, arguments.options.force_sd, arguments.options.energy_sd, arguments.options.regularisation);
  out += fmt::format("  reduced_chi2: {:.4g}\n  before: {}\n  after: {}\n", result.reduced_chi2,
                     forces_line(result.before.forces, result.before.profile_error_ev),
                     forces_line(result.after.forces, result.after.profile_error_ev));
  out += "  held_out:   # each band predicted by a fit without it\n";
  if (result.held_out.empty()) out += "    none: one band only\n";
  for (const HeldOut& band : result.held_out)
    out += fmt::format("    {}: {}\n", quoted(band.band), forces_line(band.forces, band.profile_error_ev));
  out += "  least_distance:   # A, in the frames; below it the table extrapolates\n";
  for (const auto& [name, distance] : result.least_distance)
    if (!name.starts_with("mixed.")) out += fmt::format("    {}: {:.3f}\n", name, distance);
  return out;
}

void print_row(const std::string& name, const ForceScore& forces, double profile) {
  fmt::print("{:<28} {:>8.4f} {:>8.4f} {:>7.3f} {:>7.3f} {:>9.4f}\n", name, forces.rmse, forces.rmse_of_zero,
             forces.correlation, forces.slope, profile);
}

void print_fit(const FitResult& result) {
  fmt::print("{:<28} {:>8} {:>8} {:>7} {:>7} {:>9}\n", "forces, eV/A", "RMSE", "of zero", "corr.", "slope",
             "energy, eV");
  print_row("before", result.before.forces, result.before.profile_error_ev);
  print_row("after", result.after.forces, result.after.profile_error_ev);
  for (const HeldOut& band : result.held_out) print_row("without " + band.band, band.forces, band.profile_error_ev);
  fmt::print("\n{:<28} {:>8} {:>8}\n", "error by element, eV/A", "before", "after");
  for (const auto& [symbol, forces] : result.after.elements)
    fmt::print("{:<28} {:>8.4f} {:>8.4f}\n", symbol, result.before.elements.at(symbol).rmse, forces.rmse);
  fmt::print("\n{:<28} {:>8} {:>8}\n", "error by interaction, eV/A", "before", "after");
  for (const auto& [name, error] : result.after.terms)
    fmt::print("{:<28} {:>8.4f} {:>8.4f}\n", name, result.before.terms.at(name), error);
  fmt::print("\n{:<36} {:>13} {:>13} {:>10}\n", "number", "start", "fitted", "+-");
  for (const FittedNumber& number : result.numbers)
    fmt::print("{:<36} {:>13.6g} {:>13.6g} {:>10.2g}{}{}\n", number.name, number.start, number.value, number.sd,
               number.at_bound ? "  at its bound" : "", number.undetermined ? "  not determined" : "");
  for (const std::string& warning : result.warnings) fmt::print("warning: {}\n", warning);
  if (!result.converged) fmt::print("not converged: {}\n", result.reason);
}

Exit run_fit(FitArguments arguments) {
  const ForceFieldTable start = load_forcefield_table(arguments.table, arguments.charge_set);
  arguments.charge_set = start.charge_set;
  std::vector<LabelledFrame> frames;
  for (const std::string& file : arguments.frames)
    for (LabelledFrame& frame : read_labelled(file)) frames.push_back(std::move(frame));
  const FitResult result = fit_table(start, frames, arguments.options);
  text::write_file(arguments.output, table_yaml(arguments, result, frames.size()));
  Json json = result_json(result, frames.size());
  json["output"] = arguments.output;
  if (arguments.as_json)
    fmt::print("{}\n", json_text(json));
  else
    print_fit(result);
  return result.converged ? Exit::converged : Exit::not_converged;
}

}  // namespace

void add_fit(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<FitArguments>();
  FitOptions& options = arguments->options;
  CLI::App* command = app.add_subcommand("fit", "Adjust a force-field table to labelled energies and forces");
  command->add_option("FORCEFIELD", arguments->table, "force-field table to start from (.yaml)")->required();
  command->add_option("--to", arguments->frames, "frames with energy and forces: .extxyz, .xyz or either with .gz")
      ->required();
  command->add_option("--free", options.free,
                      "parameters to fit, * matches any text: 'cross_terms.*', bonds.CA-HA.r0, charges.cation_scale");
  add_output(*command, "-o,--output", arguments->output, "table to write; it extends the start")->required();
  command->add_option("--charge-set", arguments->charge_set, "one of the table's charge sets");
  command
      ->add_option("--force-sd", options.force_sd,
                   "expected error of a force component after a good fit (eV/A; default: 0.1)")
      ->check(CLI::Range(1e-6, 100.0));
  command->add_option("--energy-sd", options.energy_sd, "expected error of an energy difference (eV; default: 0.05)")
      ->check(CLI::Range(1e-6, 100.0));
  command
      ->add_option("--regularisation", options.regularisation,
                   "weight of the prior that keeps parameters near their starting values (default: 1; 0: none)")
      ->check(CLI::Range(0.0, 1e6));
  command
      ->add_option("--range", options.range,
                   "bounds of the parameters, in widths of the prior to either side (default: 3)")
      ->check(CLI::Range(0.1, 10.0));
  command->add_option("--reference", arguments->reference, "where the frames come from, kept in the table");
  command->add_flag("--json", arguments->as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow fit inputs/forcefields/hybrid-pyridinium-pbi3.yaml --charge-set scale-cation --to "
      "inputs/reference/dft/*.extxyz.gz --free 'cross_terms.*' -o fitted.yaml\n"
      "Energies count as differences within a band (the key band=... of a frame, else its file). Each band is also\n"
      "predicted by a fit without it. Without --free all pair and cross terms are adjusted.");
  command->callback([arguments, &action] { action = [arguments] { return run_fit(*arguments); }; });
}

}  // namespace hopflow
