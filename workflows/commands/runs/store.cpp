// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow store: looks through a run's store, writes it out, thins it out, takes over another's answers.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/extxyz.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/command_line/command_line.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/crew/store.hpp"
#include "workflows/memory/results.hpp"
#include "workflows/memory/store_care.hpp"
#include "workflows/study/run_folder.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

struct StoreArguments {
  std::string run, output;
  std::vector<std::string> from, engines;
  bool as_json = false;
};

Exit verify(const StoreArguments& arguments) {
  const fs::path file = memory::store_file(arguments.run);
  const memory::StoreReport report = memory::inspect_store(file);
  const bool sound = report.structure == "ok" && report.damaged == 0;
  if (arguments.as_json)
    fmt::print("{}\n", nlohmann::ordered_json{{"sound", sound},
                                              {"structure", text::printable(report.structure)},
                                              {"evaluations", report.evaluations},
                                              {"results", report.results},
                                              {"damaged", report.damaged},
                                              {"without_checksum", report.unchecked},
                                              {"engines", report.engines},
                                              {"bytes", report.bytes}}
                           .dump(2));
  else {
    fmt::print(
        "{}: {} evaluations, {} results of procedures and stages, {} damaged, {} without a checksum; structure: {}\n",
        text::printable(file.string()), report.evaluations, report.results, report.damaged, report.unchecked,
        text::printable(report.structure));
    for (const auto& [engine, count] : report.engines)
      fmt::print("  engine {}: {} evaluations\n", text::printable(engine), count);
    if (!sound && report.structure == "ok")
      fmt::print("damaged answers are computed again by: hopflow resume {}\n", text::printable(arguments.run));
  }
  return sound ? Exit::converged : Exit::io;
}

Exit write_out(const StoreArguments& arguments) {
  const fs::path file = memory::store_file(arguments.run);
  std::string content;
  long count = 0;
  std::vector<Frame> frames;
  const auto flush = [&] {
    content += format_extxyz(frames);
    frames.clear();
    if (arguments.output.empty()) {
      fmt::print("{}", content);
      content.clear();
    }
  };
  const long damaged = memory::each_evaluation(
      file, [&](const std::string& engine, const Configuration& configuration, const Evaluation& answer) {
        if (!arguments.engines.empty() &&
            std::ranges::none_of(arguments.engines, [&](const auto& start) { return engine.starts_with(start); }))
          return;
        frames.push_back(Frame{.configuration = configuration,
                               .energy_ev = answer.energy_ev,
                               .forces = answer.forces,
                               .stress = answer.stress,
                               .mobile = {},
                               .info = {{"engine", engine}}});
        ++count;
        if (frames.size() == 100) flush();
      });
  flush();
  if (damaged > 0) complain(fmt::format("{}: {} damaged rows are left out", text::printable(file.string()), damaged));
  if (arguments.output.empty()) return Exit::converged;
  text::write_file(arguments.output, content);
  fmt::print("{}: {} frames\n", text::printable(arguments.output), count);
  return Exit::converged;
}

Exit prune(const StoreArguments& arguments) {
  const fs::path file = memory::store_file(arguments.run);
  std::error_code status;
  const bool run = is_run_folder(arguments.run);
  std::optional<RunLock> lock;
  memory::PruneOptions options;
  options.engines = arguments.engines;
  if (run) {
    lock.emplace(arguments.run);
    RunOptions ignored;
    options.study = memory::study_hash(frozen_study(arguments.run, ignored));
  }
  const auto before = fs::file_size(file, status);
  if (status) throw Error{Error::Kind::bad_input, fmt::format("{}: no such store", text::printable(file.string()))};
  const long deleted = memory::prune_store(file, options);
  const auto after = fs::file_size(file, status);
  if (arguments.as_json)
    fmt::print("{}\n",
               nlohmann::ordered_json{{"deleted", deleted}, {"bytes_before", before}, {"bytes", after}}.dump(2));
  else
    fmt::print("{}: {} rows deleted, {} bytes of {} left\n", text::printable(file.string()), deleted, after, before);
  return Exit::converged;
}

Exit merge(const StoreArguments& arguments) {
  const fs::path file = memory::store_file(arguments.run);
  std::optional<RunLock> lock;
  std::error_code status;
  if (fs::is_directory(arguments.run, status)) lock.emplace(arguments.run);
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const std::string& from : arguments.from) {
    const memory::MergeReport report = memory::merge_store(file, memory::store_file(from));
    all.push_back({{"from", from}, {"taken", report.taken}, {"known", report.known}, {"damaged", report.damaged}});
    if (!arguments.as_json)
      fmt::print("{}: {} copied, {} already present, {} damaged and skipped\n", text::printable(from), report.taken,
                 report.known, report.damaged);
  }
  if (arguments.as_json) fmt::print("{}\n", all.dump(2));
  return Exit::converged;
}

}  // namespace

void add_store(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<StoreArguments>();
  CLI::App* command = app.add_subcommand("store", "Check, export, prune or merge a run's store of engine answers");
  command->require_subcommand(1);
  command->footer("Example: hopflow store verify runs/three-cations");
  const auto add = [&](const char* name, const char* help, Exit (*run)(const StoreArguments&), const char* example) {
    CLI::App* one = command->add_subcommand(name, help);
    one->add_option("RUN", arguments->run, "run folder, or a store.db")->required();
    one->footer(example);
    one->callback([arguments, run, &action] { action = [arguments, run] { return run(*arguments); }; });
    return one;
  };
  CLI::App* one = add("verify", "Check every row against its checksum; exit code 74 if something is damaged", verify,
                      "Example: hopflow store verify runs/three-cations --json");
  one->add_flag("--json", arguments->as_json, "print the result as JSON");
  one = add("export", "Write every answer as a frame of an extxyz file: configuration, energy, forces", write_out,
            "Example: hopflow store export runs/three-cations -o frames.extxyz");
  add_output(*one, "-o,--output", arguments->output, "file (default: standard output)");
  one->add_option("--engine", arguments->engines,
                  "only answers of these engines: hashes as listed by `store verify`, or their first digits");
  one = add("prune", "Delete damaged rows and results of other studies or versions, and give the space back", prune,
            "Example: hopflow store prune runs/three-cations");
  one->add_option("--engine", arguments->engines, "delete what these engines answered as well");
  one->add_flag("--json", arguments->as_json, "print the result as JSON");
  one = add("merge", "Copy the intact answers of other stores, which may be damaged, into this one", merge,
            "Example: hopflow store merge runs/three-cations runs/older-run");
  one->add_option("FROM", arguments->from, "run folders or store files")->required();
  one->add_flag("--json", arguments->as_json, "print the result as JSON");
}

}  // namespace hopflow
