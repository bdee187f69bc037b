// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow status: how far a run is. Writes nothing.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/crew/store.hpp"
#include "workflows/driver/study_run.hpp"
#include "workflows/system/slurm.hpp"

namespace hopflow {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// A file a run wrote; null if it is not there.
/// @throws Error{bad_input} naming it if it holds something else
Json read_json(const fs::path& file, const fs::path& folder) {
  std::error_code status;
  if (!fs::exists(file, status)) return nullptr;
  try {
    return Json::parse(text::read_file(file));
  } catch (const nlohmann::json::exception& problem) {
    throw Error{
        Error::Kind::bad_input,
        fmt::format("{}: not what a run writes ({}); write it again with: hopflow resume {}",
                    text::printable(file.string()), text::printable(problem.what()), text::printable(folder.string()))};
  }
}

/// A number of a file, null where it is none.
Json number(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) && json.at(key).is_number() ? json.at(key) : Json(nullptr);
}

/// Seconds left at the speed of the hops that were computed so far; null before the first of them.
Json seconds_left(const Json& progress) {
  const Json hops = number(progress, "hops"), done = number(progress, "hops_done"),
             remembered = number(progress, "hops_remembered"), begun = number(progress, "begun");
  if (hops.is_null() || done.is_null() || remembered.is_null() || begun.is_null()) return nullptr;
  const double computed = done.get<double>() - remembered.get<double>(), left = hops.get<double>() - done.get<double>();
  if (!(computed > 0) || left < 0) return nullptr;
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  const double spent = std::max(0.0, static_cast<double>(now.count()) - begun.get<double>());
  return std::max(0.0, std::round(spent / computed * left));
}

struct RunProgress {
  std::string state;  ///< pending | running | stopped | finished
  Json hops = nullptr, hops_done = nullptr, eta_s = nullptr;
  std::string stage;
};

RunProgress progress_of(const fs::path& folder, bool running, const Json& summary) {
  RunProgress out;
  const Json timing = read_json(folder / "timing.json", folder);
  const bool underway = timing.is_object() && timing.value("schema", "") == "hopflow-progress/1";
  if (running) {
    out.state = "running";
  } else if (!summary.is_null() && !underway) {
    out.state = "finished";
  } else {
    out.state = "stopped";
    const Json submitted = read_json(folder / "submit.json", folder);
    for (const char* which : {"job", "array"}) {
      if (!submitted.is_object() || !submitted.contains(which) || !submitted.at(which).is_string()) continue;
      const std::string queued = queue_state(submitted.at(which).get<std::string>());
      if (queued == "RUNNING") out.state = "running";
      if (queued == "PENDING" && out.state == "stopped") out.state = "pending";
    }
  }
  if (underway) {
    out.hops = number(timing, "hops");
    out.hops_done = number(timing, "hops_done");
    if (running) out.eta_s = seconds_left(timing);
    out.stage = timing.value("stage", "");
  } else if (out.state == "finished" && summary.is_object() && summary.contains("materials")) {
    std::size_t hops = 0;
    for (const Json& material : summary.at("materials"))
      if (material.is_object() && material.contains("barriers")) hops += material.at("barriers").size();
    out.hops = hops;
    out.hops_done = hops;
    out.eta_s = 0;
  }
  return out;
}

void print_text(const Json& out, const RunProgress& progress, const fs::path& folder) {
  fmt::print("study {}: {}, {} evaluations stored\n", out.at("study").get<std::string>(), progress.state,
             out.at("evaluations_stored").get<long>());
  if (!progress.hops.is_null() && progress.state != "finished")
    fmt::print("  {} of {} hops{}{}\n", progress.hops_done.dump(), progress.hops.dump(),
               progress.stage.empty() ? "" : ", working on " + progress.stage,
               progress.eta_s.is_null() ? "" : fmt::format(", about {:.0f} s left", progress.eta_s.get<double>()));
  if (out.contains("materials"))
    for (const Json& material : out.at("materials")) {
      const Json& network = material.at("network");
      const Json barrier = number(material.at("headline"), "barrier_ev"),
                 error = number(material.at("headline"), "uncertainty_ev");
      fmt::print("  {}: {} ({})\n", text::printable(material.at("name").get<std::string>()),
                 barrier.is_null() || error.is_null()
                     ? "no barrier with a total error"
                     : text::with_error(barrier.get<double>(), error.get<double>()) + " eV",
                 text::printable(network.at("note").get<std::string>()));
    }
  const std::string name = text::printable(folder.string());
  if (progress.state == "stopped") fmt::print("continue with: hopflow resume {}\n", name);
  if (progress.state == "finished") fmt::print("report: {}\n", text::printable((folder / "report.html").string()));
}

Exit show(const fs::path& folder, bool as_json) {
  RunOptions options;
  std::string name;
  std::error_code status;
  if (const auto begun = begun_study(folder, options))
    name = begun->stem().string();
  else if (!is_run_folder(folder) && fs::exists(folder / "submit.json", status))
    name = folder.filename().string();
  else
    name = frozen_study(folder, options).name;
  const bool running = is_locked(folder);
  const Json summary = running ? Json(nullptr) : read_json(folder / "summary.json", folder);
  const RunProgress progress = progress_of(folder, running, summary);
  Json out{{"study", text::printable(name)},
           {"state", progress.state},
           {"hops_done", progress.hops_done},
           {"hops", progress.hops},
           {"eta_s", progress.eta_s},
           {"stage", progress.stage.empty() ? Json(nullptr) : Json(progress.stage)},
           {"evaluations_stored", Store::count(folder / "store.db")}};
  if (progress.state == "finished") {
    try {
      out["converged"] = summary.at("converged");
      out["materials"] = Json::array();
      for (const Json& material : summary.at("materials")) {
        Json one{{"name", material.at("name").get<std::string>()},
                 {"network", material.at("network")},
                 {"headline", material.value("headline", Json())}};
        (void)one.at("network").at("note").get<std::string>();
        out["materials"].push_back(std::move(one));
      }
    } catch (const nlohmann::json::exception& problem) {
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: not what a run writes ({}); write it again with: hopflow resume {}",
                              text::printable((folder / "summary.json").string()), text::printable(problem.what()),
                              text::printable(folder.string()))};
    }
  }
  if (as_json)
    fmt::print("{}\n", out.dump(2));
  else
    print_text(out, progress, folder);
  return Exit::converged;
}

}  // namespace

void add_status(CLI::App& app, Action& action) {
  auto folder = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("status", "Show the progress of a run");
  command->add_option("RUN", *folder, "run folder")->required();
  command->add_flag("--json", *as_json,
                    "print as JSON: state (pending, running, stopped, finished), hops_done, hops, eta_s");
  command->footer(
      "Example: hopflow status runs/three-cations\nWrites nothing, so that it works in others' folders too.");
  command->callback([folder, as_json, &action] { action = [folder, as_json] { return show(*folder, *as_json); }; });
}

}  // namespace hopflow
