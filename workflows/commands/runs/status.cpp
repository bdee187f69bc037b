// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow status: how far a run is.
#include <filesystem>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/crew/store.hpp"
#include "workflows/driver/study_run.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

Exit show(const fs::path& folder, bool as_json) {
  RunOptions options;
  const Study study = frozen_study(folder, options);
  const bool running = is_locked(folder);
  const long evaluations = fs::exists(folder / "store.db") ? Store{folder / "store.db"}.evaluations() : 0;
  const bool finished = fs::exists(folder / "summary.json") && !running;
  const std::string state = running ? "running" : finished ? "finished" : "stopped";
  nlohmann::ordered_json out{{"study", study.name}, {"state", state}, {"evaluations_stored", evaluations}};
  if (finished) {
    const auto summary = nlohmann::ordered_json::parse(text::read_file(folder / "summary.json"));
    out["converged"] = summary.at("converged");
    for (const auto& material : summary.at("materials"))
      out["materials"].push_back({{"name", material.at("name")},
                                  {"network", material.at("network")},
                                  {"headline", material.value("headline", nlohmann::ordered_json())}});
  }
  if (as_json) {
    fmt::print("{}\n", out.dump(2));
    return Exit::converged;
  }
  fmt::print("study {}: {}, {} evaluations stored\n", study.name, state, evaluations);
  if (finished)
    for (const auto& material : out.at("materials")) {
      const auto& headline = material.at("headline");
      const bool there = headline.is_object() && !headline.at("barrier_ev").is_null();
      fmt::print("  {}: {} ({})\n", material.at("name").template get<std::string>(),
                 there ? text::with_error(headline.at("barrier_ev").template get<double>(),
                                          headline.at("uncertainty_ev").template get<double>()) +
                             " eV"
                       : "no barrier",
                 material.at("network").at("note").template get<std::string>());
    }
  if (state == "stopped") fmt::print("go on with: hopflow resume {}\n", text::printable(folder.string()));
  if (finished) fmt::print("report: {}\n", text::printable((folder / "report.html").string()));
  return Exit::converged;
}

}  // namespace

void add_status(CLI::App& app, Action& action) {
  auto folder = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("status", "Say how far a run is");
  command->add_option("RUN", *folder, "run folder")->required();
  command->add_flag("--json", *as_json, "for machines");
  command->footer("Example: hopflow status runs/three-cations");
  command->callback([folder, as_json, &action] { action = [folder, as_json] { return show(*folder, *as_json); }; });
}

}  // namespace hopflow
