// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow report: writes the page of one run, or one page of several, from what their folders hold.
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/report/report.hpp"

namespace hopflow {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> runs;
  std::string output;
};

// Every path.extxyz below hops/, under its run-relative name.
std::map<std::string, std::string> paths_of(const fs::path& run) {
  std::map<std::string, std::string> files;
  const fs::path hops = run / "hops";
  std::error_code none;
  if (!fs::is_directory(hops, none)) return files;
  try {
    for (const auto& entry : fs::recursive_directory_iterator(hops)) {
      if (entry.is_regular_file() && entry.path().filename() == "path.extxyz") {
        files[entry.path().lexically_relative(run).generic_string()] = text::read_file(entry.path());
      }
    }
  } catch (const fs::filesystem_error& problem) {
    throw Error(Error::Kind::io, fmt::format("{}: cannot be read ({}); make the run folder readable", hops.string(),
                                             problem.code().message()));
  }
  return files;
}

nlohmann::json summary_of(const fs::path& run) {
  const fs::path source = run / "summary.json";
  if (!fs::exists(source)) {
    throw Error(
        Error::Kind::bad_input,
        fmt::format("{}: not found; a run folder holds summary.json. Name the folder that 'hopflow run' wrote, or "
                    "finish it with 'hopflow resume {}'",
                    source.string(), run.string()));
  }
  try {
    return nlohmann::json::parse(text::read_file(source));
  } catch (const nlohmann::json::parse_error& problem) {
    throw Error(Error::Kind::bad_input, fmt::format("{}: not JSON ({}); write it again with 'hopflow resume {}'",
                                                    source.string(), problem.what(), run.string()));
  }
}

// What a run is called on a page of several: its folder's name, with as much of the path as tells it from the others.
std::vector<std::string> names_of(const std::vector<fs::path>& runs) {
  std::vector<std::string> names(runs.size());
  std::vector<fs::path> whole;
  for (const fs::path& run : runs) {
    fs::path path = fs::weakly_canonical(run);
    whole.push_back(path.has_filename() ? path : path.parent_path());
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (whole[i] == whole[j])
        throw Error(Error::Kind::usage, fmt::format("{}: named twice; name each run folder once", runs[i].string()));
    }
    names[i] = whole[i].filename().string();
  }
  while (std::set<std::string>(names.begin(), names.end()).size() < names.size()) {
    bool longer = false;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const fs::path above = whole[i].parent_path();
      if (!above.has_filename()) continue;
      whole[i] = above;
      names[i] = (above.filename() / names[i]).generic_string();
      longer = true;
    }
    if (!longer) break;
  }
  return names;
}

Exit write_report(const Options& options) {
  if (options.runs.size() > 1 && options.output.empty()) {
    throw Error(
        Error::Kind::usage,
        "several runs make one page of their own; say where with -o FILE.html, for instance -o comparison.html");
  }
  const std::vector<fs::path> folders{options.runs.begin(), options.runs.end()};
  const std::vector<std::string> names = folders.size() > 1 ? names_of(folders) : std::vector<std::string>{""};
  std::vector<ReportRun> runs;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    runs.push_back({names[i], summary_of(folders[i]), paths_of(folders[i])});
  }
  const fs::path output = options.output.empty() ? folders.front() / "report.html" : fs::path{options.output};
  text::write_file(output, render_report(runs));
  fmt::print("{}\n", output.string());
  return Exit::converged;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("report",
                         "Write a run's report: one HTML file that needs no other file and no network. Several\n"
                         "runs make one page that shows them side by side and states what differs.\n"
                         "Example: hopflow report runs/three-cations -o three-cations.html\n"
                         "         hopflow report runs/force-field runs/chgnet -o engines.html");
  command->add_option("RUN", options->runs, "run folders")->required()->expected(1, -1);
  add_output(*command, "-o,--output", options->output,
             "where to write the page (default: report.html in the run folder; needed for several runs)");
  command->callback([options, &action] { action = [options] { return write_report(*options); }; });
}

}  // namespace hopflow
