// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow submit: a study becomes a Slurm job that stops before its limit, requeues itself and goes on.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <thread>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/crew/store.hpp"
#include "workflows/study/study.hpp"
#include "workflows/system/slurm.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

struct SubmitArguments {
  std::string study, output, until, data;
  BatchJob job;
  bool slurm = false, quick = false, dry_run = false, as_json = false;
};

Exit submit(SubmitArguments arguments) {
  if (!arguments.slurm)
    throw Error{Error::Kind::usage, "submit: no batch system was named; allowed: --slurm. Add it and try again"};
  const Study study = load_study(arguments.study);
  BatchJob& job = arguments.job;
  std::error_code status;
  job.executable = fs::read_symlink("/proc/self/exe", status);
  if (status) throw Error{Error::Kind::io, fmt::format("/proc/self/exe: {}", status.message())};
  job.study = fs::absolute(arguments.study).lexically_normal();
  job.folder = fs::absolute(arguments.output.empty() ? fs::path{"runs"} / study.name : fs::path{arguments.output});
  job.folder = job.folder.lexically_normal();
  if (job.folder.filename().empty()) job.folder = job.folder.parent_path();
  job.name = study.name;
  if (arguments.quick) job.arguments.push_back("--quick");
  if (!arguments.until.empty()) job.arguments.insert(job.arguments.end(), {"--until", arguments.until});
  if (!arguments.data.empty())
    job.arguments.insert(job.arguments.end(), {"--data", fs::absolute(arguments.data).lexically_normal().string()});
  const std::string script = batch_script(job);
  if (arguments.dry_run) {
    fmt::print("{}", script);
    return Exit::converged;
  }

  fs::create_directories(job.folder, status);
  if (status)
    throw Error{Error::Kind::io,
                fmt::format("{}: cannot be created: {}", text::printable(job.folder.string()), status.message())};
  if (is_locked(job.folder))
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: a run is going on there; wait for it, or give another folder with -o",
                            text::printable(job.folder.string()))};
  const fs::path file = job.folder / "submit.sbatch";
  text::write_file(file, script);
  const std::string id = submit_batch(file);
  if (arguments.as_json)
    fmt::print("{}\n", nlohmann::ordered_json{{"job", id},
                                              {"folder", job.folder.string()},
                                              {"script", file.string()},
                                              {"log", (job.folder / ("slurm-" + id + ".log")).string()}}
                           .dump(2));
  else
    fmt::print("job {}: {}\nhow far it is: hopflow status {}\n", id, text::printable(file.string()),
               text::printable(job.folder.string()));
  return Exit::converged;
}

}  // namespace

void add_submit(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SubmitArguments>();
  BatchJob& job = arguments->job;
  job.tasks = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  CLI::App* command = app.add_subcommand("submit", "Run a study as a batch job that requeues itself until it is done");
  command->add_option("STUDY", arguments->study, "study file (.yaml)")->required();
  command->add_flag("--slurm", arguments->slurm, "as a Slurm job (the one batch system there is)");
  command->add_option("-o,--output", arguments->output, "run folder (default: runs/NAME of the study)");
  command->add_option("--time", job.time, "limit of one start, as sbatch takes it; the run goes on after it")
      ->capture_default_str();
  command->add_option("--ntasks", job.tasks, "MPI ranks (default: the cores of this machine)")->capture_default_str();
  command->add_option("--partition", job.partition, "Slurm partition (default: the cluster's)");
  command->add_option("--account", job.account, "Slurm account (default: yours)");
  command->add_option("--signal-before", job.signal_before_s, "seconds before the limit to stop, s")
      ->capture_default_str();
  command->add_option("--max-restarts", job.max_restarts, "how often the job may requeue itself")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--until", arguments->until, "last stage to run, as for hopflow run")
      ->check(CLI::IsMember({"hops", "barriers", "device", "crossbar", "snn"}));
  command->add_option("--data", arguments->data, "folder with mnist/, as for hopflow run");
  command->add_flag("--quick", arguments->quick, "small cells, one hop per material, few digits");
  command->add_flag("--dry-run", arguments->dry_run, "print the batch script; write and submit nothing");
  command->add_flag("--json", arguments->as_json, "for machines");
  command->footer(
      "Example: hopflow submit inputs/studies/three-cations.yaml --slurm --time 04:00:00 --ntasks 16\n"
      "The script stays in the run folder as submit.sbatch.");
  command->callback([arguments, &action] { action = [arguments] { return submit(*arguments); }; });
}

}  // namespace hopflow
