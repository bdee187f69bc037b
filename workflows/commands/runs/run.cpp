// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow run: a study becomes a run folder. hopflow resume: the same, from what the folder holds.
#include <filesystem>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/crew/mpi_session.hpp"
#include "workflows/crew/store.hpp"
#include "workflows/driver/study_run.hpp"
#include "workflows/materials/material_run.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

struct RunArguments {
  std::string study, output, data = HOPFLOW_DATA_DIR, until;
  bool quick = false, dry_run = false, print_config = false;
};

Until until_from(const std::string& word) {
  if (word == "hops") return Until::hops;
  if (word == "barriers") return Until::barriers;
  if (word == "device") return Until::device;
  if (word == "crossbar") return Until::crossbar;
  return Until::snn;
}

Exit go(MpiSession& session, const RunOptions& options) {
  watch_stop_signals();
  try {
    return run_study(session, options);
  } catch (const Error& stop) {
    if (stop.kind() != Error::Kind::stopped) throw;
    throw Error{stop.kind(), fmt::format("{}; go on with: hopflow resume {}", stop.what(),
                                         text::printable(options.folder.string()))};
  }
}

void make_folder(const fs::path& folder) {
  std::error_code status;
  fs::create_directories(folder, status);
  if (status)
    throw Error{Error::Kind::io,
                fmt::format("{}: cannot be created: {}", text::printable(folder.string()), status.message())};
}

}  // namespace

void add_run(CLI::App& app, Action& action, MpiSession& session) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "Run a study: crystals to barriers, devices, arrays and networks");
  command->add_option("STUDY", arguments->study, "study file (.yaml)")->required();
  command->add_option("-o,--output", arguments->output, "run folder (default: runs/NAME of the study)");
  command->add_option("--until", arguments->until, "last stage to run")
      ->check(CLI::IsMember({"hops", "barriers", "device", "crossbar", "snn"}));
  command->add_option("--data", arguments->data, "folder with mnist/ (default: the one the set-up filled)");
  command->add_flag("--quick", arguments->quick, "small cells, one hop per material, few digits");
  command->add_flag("--dry-run", arguments->dry_run, "say what would run: atoms, hops, ranks, memory, time");
  command->add_flag("--print-config", arguments->print_config, "print the study merged with its defaults");
  command->footer(
      "Example: mpirun -n 2 hopflow run inputs/studies/three-cations.yaml -o runs/three-cations\n"
      "Running again into the same folder goes on where it stopped. Exit codes: 0 converged, 2 usage, 3 missing\n"
      "dependency, 4 bad input, 5 finished but not everything converged, 6 engine failure, 74 I/O, 75 stopped, can "
      "resume.");
  command->callback([arguments, &action, &session] {
    action = [arguments, &session] {
      Study study = load_study(arguments->study);
      if (arguments->quick) study = quick_version(std::move(study));
      if (arguments->print_config) {
        fmt::print("{}", print_study(study));
        return Exit::converged;
      }
      if (arguments->dry_run) {
        fmt::print("{}", describe_plan(study, session.size()));
        return Exit::converged;
      }
      RunOptions options;
      options.folder = arguments->output.empty() ? fs::path{"runs"} / study.name : fs::path{arguments->output};
      options.data = arguments->data;
      options.quick = arguments->quick;
      if (!arguments->until.empty()) options.until = until_from(arguments->until);
      for (const MaterialEntry& material : study.materials)
        (void)plan_material(study, material);  // refuse before writing
      make_folder(options.folder);
      const RunLock lock{options.folder};
      freeze_study(study, options);
      return go(session, options);
    };
  });
}

void add_resume(CLI::App& app, Action& action, MpiSession& session) {
  auto folder = std::make_shared<std::string>();
  auto data = std::make_shared<std::string>(HOPFLOW_DATA_DIR);
  CLI::App* command = app.add_subcommand("resume", "Go on with a run that was stopped or killed");
  command->add_option("RUN", *folder, "run folder")->required();
  command->add_option("--data", *data, "folder with mnist/");
  command->footer(
      "Example: mpirun -n 2 hopflow resume runs/three-cations\nThe bytes are those of a run never stopped.");
  command->callback([folder, data, &action, &session] {
    action = [folder, data, &session] {
      RunOptions options;
      options.folder = *folder;
      frozen_study(options.folder, options);
      options.data = *data;
      const RunLock lock{options.folder};
      return go(session, options);
    };
  });
}

}  // namespace hopflow
