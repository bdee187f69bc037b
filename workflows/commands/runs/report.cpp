// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow report: writes the page of a finished or unfinished run from what its folder holds.
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/report/report.hpp"

namespace hopflow {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string run;
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

Exit write_report(const Options& options) {
  const fs::path run = options.run;
  const fs::path source = run / "summary.json";
  if (!fs::exists(source)) {
    throw Error(
        Error::Kind::bad_input,
        fmt::format("{}: not found; a run folder holds summary.json. Name the folder that 'hopflow run' wrote, or "
                    "finish it with 'hopflow resume {}'",
                    source.string(), run.string()));
  }
  nlohmann::json summary;
  try {
    summary = nlohmann::json::parse(text::read_file(source));
  } catch (const nlohmann::json::parse_error& problem) {
    throw Error(Error::Kind::bad_input, fmt::format("{}: not JSON ({}); write it again with 'hopflow resume {}'",
                                                    source.string(), problem.what(), run.string()));
  }
  const fs::path output = options.output.empty() ? run / "report.html" : fs::path{options.output};
  text::write_file(output, render_report(summary, paths_of(run)));
  fmt::print("{}\n", output.string());
  return Exit::converged;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("report",
                                     "Write a run's report: one HTML file that needs no other file and no network.\n"
                                     "Example: hopflow report runs/three-cations -o three-cations.html");
  command->add_option("run", options->run, "the run folder")->required();
  command->add_option("-o,--output", options->output,
                      "where to write the page (default: report.html in the run folder)");
  command->callback([options, &action] { action = [options] { return write_report(*options); }; });
}

}  // namespace hopflow
