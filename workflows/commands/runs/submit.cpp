// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow submit: a study becomes a Slurm job that stops before its limit, requeues itself and goes on.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/crew/store.hpp"
#include "workflows/materials/material_run.hpp"
#include "workflows/study/study.hpp"
#include "workflows/system/slurm.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

struct SubmitArguments {
  std::string study, output, until, data, set_up, array;
  BatchJob job;
  bool slurm = false, pbs = false, torque = false, quick = false, dry_run = false, as_json = false;
};

/// What each task of an array runs: one hop, or all of one material.
std::vector<std::string> parts_of(const Study& study, const std::string& by) {
  std::vector<std::string> parts;
  for (const MaterialEntry& entry : study.materials) {
    if (by == "material") {
      parts.push_back(entry.name);
      continue;
    }
    const MaterialRun material = plan_material(study, entry);
    for (const int hop : material.selected)
      parts.push_back(entry.name + "/" + material.table.hops[static_cast<std::size_t>(hop)].id);
  }
  return parts;
}

BatchJob job_of(const SubmitArguments& arguments, const Study& study) {
  BatchJob job = arguments.job;
  job.system = arguments.slurm ? BatchSystem::slurm : arguments.pbs ? BatchSystem::pbs : BatchSystem::torque;
  std::error_code status;
  job.executable = fs::read_symlink("/proc/self/exe", status);
  if (status) throw Error{Error::Kind::io, fmt::format("/proc/self/exe: {}", status.message())};
  job.study = fs::absolute(arguments.study).lexically_normal();
  job.folder = fs::absolute(arguments.output.empty() ? fs::path{"runs"} / study.name : fs::path{arguments.output});
  job.folder = job.folder.lexically_normal();
  if (job.folder.filename().empty()) job.folder = job.folder.parent_path();
  job.name = study.name;
  if (!arguments.set_up.empty()) job.set_up = text::read_file(arguments.set_up);
  if (arguments.quick) job.arguments.push_back("--quick");
  if (!arguments.data.empty())
    job.arguments.insert(job.arguments.end(), {"--data", fs::absolute(arguments.data).lexically_normal().string()});
  return job;
}

Exit submit(const SubmitArguments& arguments) {
  if (arguments.slurm + arguments.pbs + arguments.torque != 1)
    throw Error{
        Error::Kind::usage,
        "submit: name one batch system; allowed: --slurm, --pbs, --torque. For another one, change the script that "
        "--dry-run prints"};
  Study study = load_study(arguments.study);
  if (arguments.quick) study = quick_version(std::move(study));
  BatchJob job = job_of(arguments, study);
  const std::string ending = arguments.slurm ? "sbatch" : "pbs";
  const fs::path file = job.folder / ("submit." + ending);
  std::vector<std::pair<fs::path, std::string>> scripts;
  if (!arguments.array.empty()) {
    BatchJob parts = job;
    parts.parts = parts_of(study, arguments.array);
    parts.arguments.insert(parts.arguments.end(), {"--until", "barriers"});
    scripts.emplace_back(job.folder / ("parts." + ending), batch_script(parts));
    job.collects = true;
  }
  if (!arguments.until.empty()) job.arguments.insert(job.arguments.end(), {"--until", arguments.until});
  scripts.emplace_back(file, batch_script(job));
  if (arguments.dry_run) {
    for (const auto& [name, script] : scripts) fmt::print("{}", script);
    return Exit::converged;
  }

  std::error_code status;
  fs::create_directories(job.folder, status);
  if (status)
    throw Error{Error::Kind::io,
                fmt::format("{}: cannot be created: {}", text::printable(job.folder.string()), status.message())};
  if (is_locked(job.folder))
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: another run is using this folder; wait for it, or give another folder with -o",
                            text::printable(job.folder.string()))};
  std::string id, before;
  for (const auto& [name, script] : scripts) {
    text::write_file(name, script);
    before = id;
    id = submit_batch(job.system, name, id);
  }
  nlohmann::ordered_json out{{"job", id},
                             {"folder", job.folder.string()},
                             {"script", file.string()},
                             {"log", (job.folder / (arguments.slurm ? "slurm-" + id + ".log" : "pbs.log")).string()}};
  if (!arguments.array.empty()) out["array"] = before;
  text::write_file(job.folder / "submit.json", out.dump(2) + "\n");
  if (arguments.as_json) {
    fmt::print("{}\n", out.dump(2));
    return Exit::converged;
  }
  if (!arguments.array.empty()) fmt::print("job {}: a task for each {}\n", before, arguments.array);
  fmt::print("job {}: {}{}\nhow far it is: hopflow status {}\n", id, text::printable(file.string()),
             arguments.array.empty() ? "" : ", when all of these have ended", text::printable(job.folder.string()));
  return Exit::converged;
}

}  // namespace

void add_submit(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SubmitArguments>();
  BatchJob& job = arguments->job;
  job.tasks = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  CLI::App* command = app.add_subcommand("submit", "Run a study as a batch job that requeues itself until it is done");
  command->add_option("STUDY", arguments->study, "study file (.yaml)")->required();
  command->add_flag("--slurm", arguments->slurm, "as a Slurm job");
  command->add_flag("--pbs", arguments->pbs,
                    "as a PBS Pro or OpenPBS job: it submits itself again instead of being requeued");
  command->add_flag("--torque", arguments->torque, "as a Torque job, which submits itself again as well");
  command
      ->add_option("--array", arguments->array,
                   "an array with a task for each hop (or material), each in a folder of its own, and a job that "
                   "collects them once all have ended, whatever their exit codes")
      ->expected(0, 1)
      ->default_str("hop")
      ->check(CLI::IsMember({"hop", "material"}));
  command->add_option("-o,--output", arguments->output, "run folder (default: runs/NAME of the study)");
  command
      ->add_option("--time", job.time,
                   "time limit of one job, in the form of sbatch --time; the run continues in the next job")
      ->capture_default_str();
  command->add_option("--ntasks", job.tasks, "MPI ranks (default: the cores of this machine)")->capture_default_str();
  command->add_option("--nodes", job.nodes, "nodes (default: as many as the ranks need)")->check(CLI::PositiveNumber);
  command->add_option("--mem", job.memory, "memory per node, in the form of the batch system, such as 16G");
  command->add_option("--partition", job.partition,
                      "Slurm partition, or several with commas; queue of PBS (default: the cluster's)");
  command->add_option("--qos", job.qos, "quality of service (default: yours)");
  command->add_option("--directive", job.directives,
                      "a further line for the batch system, without #SBATCH or #PBS: \"--constraint=ib\"");
  command->add_option("--set-up", arguments->set_up,
                      "file with shell lines to execute before the run, such as 'module load ...'");
  command->add_option("--account", job.account, "account (default: yours)");
  command->add_option("--signal-before", job.signal_before_s, "how long before the time limit the run stops (s)")
      ->capture_default_str();
  command->add_option("--max-restarts", job.max_restarts, "how often the job may requeue itself")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--until", arguments->until, "last stage to run, as for hopflow run")
      ->check(CLI::IsMember({"hops", "barriers", "device", "crossbar", "snn"}));
  command->add_option("--data", arguments->data, "folder with mnist/, as for hopflow run");
  command->add_flag("--quick", arguments->quick, "small cells, one hop per material, few MNIST images");
  command->add_flag("--dry-run", arguments->dry_run, "print the batch script; write and submit nothing");
  command->add_flag("--json", arguments->as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow submit inputs/studies/three-cations.yaml --slurm --time 04:00:00 --ntasks 16\n"
      "The script stays in the run folder as submit.sbatch.");
  command->callback([arguments, &action] { action = [arguments] { return submit(*arguments); }; });
}

}  // namespace hopflow
