// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow run: a study becomes a run folder. hopflow resume: the same, from what the folder holds. hopflow serve:
// either, with engines that join from elsewhere.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "potentials/core/places.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/commands/shell/study_reference.hpp"
#include "workflows/crew/mpi_session.hpp"
#include "workflows/crew/store.hpp"
#include "workflows/driver/study_run.hpp"
#include "workflows/join/door.hpp"
#include "workflows/materials/material_run.hpp"
#include "workflows/study/run_folder.hpp"
#include "workflows/system/ranks.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

struct RunArguments {
  std::string study, output, data = picture_files().string(), until, max_time, only;
  bool quick = false, dry_run = false, print_config = false;
  int ranks = 1;
};

/// How engines elsewhere join.
struct ServeArguments {
  std::string listen = DoorSettings{}.listen, address;
  bool joined_only = false;
};

/// 90, 90s, 30m, 4h, 2d, MM:SS, HH:MM:SS or D-HH:MM:SS, in seconds.
double seconds_from(const std::string& word) {
  const auto wrong = [&] {
    return Error{Error::Kind::usage, fmt::format("--max-time: '{}' is not a time; allowed: seconds, a number with s, "
                                                 "m, h or d, MM:SS, HH:MM:SS or D-HH:MM:SS, for example 3h",
                                                 text::printable(word))};
  };
  double seconds = 0;
  if (word.find(':') == std::string::npos) {
    static const std::map<char, double> units{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const auto unit = word.empty() ? units.end() : units.find(word.back());
    const auto number = text::to_double(unit == units.end() ? word : word.substr(0, word.size() - 1));
    if (!number) throw wrong();
    seconds = *number * (unit == units.end() ? 1 : unit->second);
  } else {
    std::string rest = word;
    if (const auto dash = rest.find('-'); dash != std::string::npos) {
      const auto days = text::to_integer(rest.substr(0, dash));
      if (!days) throw wrong();
      seconds = static_cast<double>(*days) * 24;
      rest = rest.substr(dash + 1);
    }
    for (std::size_t from = 0; from <= rest.size();) {
      const std::size_t colon = std::min(rest.find(':', from), rest.size());
      const auto field = text::to_integer(rest.substr(from, colon - from));
      if (!field || *field < 0 || *field > 100000) throw wrong();
      seconds = (from == 0 ? seconds : seconds * 60) + static_cast<double>(*field);
      from = colon + 1;
    }
  }
  if (!(seconds > 0) || seconds > 1e9) throw wrong();
  return seconds;
}

/// The study with one material alone, or one hop of it: "MAPbI3" or "MAPbI3/I1-I2-4.20". What needs all hops is left to
/// a run of the whole study, which asks none of these questions again where it is given the answers.
Study part_of(Study study, const std::string& part) {
  const auto slash = part.rfind('/');
  const auto named = [&](const std::string& name) {
    return std::ranges::find(study.materials, name, &MaterialEntry::name) != study.materials.end();
  };
  const bool whole = named(part);
  const std::string material = whole ? part : part.substr(0, slash);
  if (!named(material)) {
    std::vector<std::string> names;
    for (const MaterialEntry& entry : study.materials) names.push_back(entry.name);
    throw Error{Error::Kind::usage,
                fmt::format("--only: '{}' is not a material of this study; allowed are {}, each with /HOP for one hop",
                            text::printable(part), text::join(names, ", "))};
  }
  std::erase_if(study.materials, [&](const MaterialEntry& entry) { return entry.name != material; });
  study.series.clear();
  if (!whole) {
    study.select = "ids";
    study.hop_ids = {part.substr(slash + 1)};
    for (MaterialEntry& entry : study.materials)
      std::erase_if(entry.paths, [&](const PathEntry& path) { return path.hop != study.hop_ids.front(); });
  }
  return study;
}

/// Listens for signals and keeps the limits there are: the one asked for, and a Slurm job's own.
void watch_limits(const std::string& max_time) {
  watch_stop_signals();
  const auto now = std::chrono::system_clock::now();
  if (!max_time.empty())
    stop_before(now + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                          std::chrono::duration<double>{seconds_from(max_time)}));
  constexpr auto reserve = std::chrono::seconds{60};  // for the last bytes and the launcher's own end
  if (const char* end = std::getenv("SLURM_JOB_END_TIME"))
    if (const auto seconds = text::to_integer(end); seconds && *seconds > 0 && *seconds < 9'000'000'000)  // fits in ns
      stop_before(std::chrono::system_clock::from_time_t(static_cast<std::time_t>(*seconds)) - reserve);
}

/// Whatever was asked before there was anything to stop.
void obey_early_stop() {
  if (stop_requested() != 0) throw Error{Error::Kind::stopped, "stopped by a signal or at its time limit"};
}

void say_where(const Door& door) {
  fmt::print(stderr, "serving at {}; engines join with: hopflow join {}\n", door.place(),
             text::printable(door.address_file().string()));
  if (door.is_open_to_all())
    fmt::print(stderr,
               "warning: with this --listen the port is reachable from every network of this machine. Anyone who knows "
               "the secret is admitted, and the traffic is not encrypted\n");
}

Exit go(MpiSession& session, const RunOptions& options, const ServeArguments* serve) {
  try {
    obey_early_stop();
    if (serve == nullptr) return run_study(session, options);
    Door door{{.listen = serve->listen,
               .address = serve->address.empty() ? options.folder / "join.json" : fs::path{serve->address}}};
    say_where(door);
    return run_study(session, options, &door, serve->joined_only);
  } catch (const Error& stop) {
    if (stop.kind() != Error::Kind::stopped) throw;
    throw Error{stop.kind(), fmt::format("{}; continue with: hopflow resume {}", stop.what(),
                                         text::printable(options.folder.string()))};
  }
}

/// Begins a run, or goes on with it with a study that may have changed.
Exit begin(MpiSession& session, Study study, const fs::path& file, const RunOptions& options,
           const ServeArguments* serve = nullptr) {
  begin_folder(options, file);
  refuse_links(options.folder);
  const RunLock lock{options.folder};
  tidy_folder(options.folder);
  freeze_study(study, options);
  return go(session, options, serve);
}

/// Goes on with what a folder holds.
Exit go_on(MpiSession& session, RunOptions options, const std::string& max_time,
           const ServeArguments* serve = nullptr) {
  const fs::path data = options.data;
  if (!is_run_folder(options.folder)) frozen_study(options.folder, options);  // says that it is none
  watch_limits(max_time);
  refuse_links(options.folder);
  const RunLock lock{options.folder};
  tidy_folder(options.folder);
  if (const auto file = begun_study(options.folder, options)) {
    Study study = load_study(*file);
    if (options.quick) study = quick_version(std::move(study));
    for (const MaterialEntry& material : study.materials) (void)plan_material(study, material);
    freeze_study(study, options);
  }
  frozen_study(options.folder, options);
  options.data = data;
  return go(session, options, serve);
}

/// Begins the run of a study file.
Exit start(MpiSession& session, Study study, const RunArguments& arguments, const ServeArguments* serve = nullptr) {
  RunOptions options;
  options.folder = arguments.output.empty() ? fs::path{"runs"} / study.name : fs::path{arguments.output};
  options.data = arguments.data;
  options.quick = arguments.quick;
  if (!arguments.until.empty()) options.until = until_from(arguments.until).value();
  watch_limits(arguments.max_time);
  for (const MaterialEntry& material : study.materials) {
    obey_early_stop();
    (void)plan_material(study, material);  // refuse before writing
  }
  return begin(session, std::move(study), arguments.study, options, serve);
}

void add_ranks(CLI::App& command, int& ranks) {
  command
      .add_option("--ranks", ranks,
                  "MPI ranks on this machine, started with mpirun (default 1); exit codes are those of one rank")
      ->check(CLI::Range(1, 65536));
}

/// What `run` and `serve` have in common.
void add_run_options(CLI::App& command, RunArguments& arguments, const char* max_time_help) {
  command.add_option("-o,--output", arguments.output, "run folder (default: runs/NAME of the study)");
  command.add_option("--until", arguments.until, "last stage to run")
      ->check(CLI::IsMember({"hops", "barriers", "device", "crossbar", "snn"}));
  command.add_option("--data", arguments.data, "folder with mnist/ (default: the one the set-up filled)");
  command.add_option("--max-time", arguments.max_time, max_time_help);
  add_ranks(command, arguments.ranks);
  command.add_option("--only", arguments.only, "one material, or one hop of it: MATERIAL or MATERIAL/HOP");
  command.add_flag("--quick", arguments.quick, "small cells, one hop per material, few MNIST images");
}

Study study_of(const RunArguments& arguments) {
  Study study = load_study(arguments.study);
  if (arguments.quick) study = quick_version(std::move(study));
  if (!arguments.only.empty()) study = part_of(std::move(study), arguments.only);
  return study;
}

constexpr const char* max_time_help =
    "stop (exit code 75) before this time has passed: seconds, or 30m, 4h, HH:MM:SS; the time limit of a Slurm job is "
    "respected without it";

}  // namespace

void add_run(CLI::App& app, Action& action, MpiSession& session) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "Run a study: crystals to barriers, devices, arrays and networks");
  command->add_option("STUDY", arguments->study, "study file (.yaml)")->required();
  add_run_options(*command, *arguments, max_time_help);
  command->add_flag("--dry-run", arguments->dry_run, "say what would run: atoms, hops, ranks, memory, time");
  command->add_flag("--print-config", arguments->print_config,
                    "print the study merged with its defaults, each key explained");
  command->footer(
      "Example: hopflow run --ranks 2 inputs/studies/three-cations.yaml -o runs/three-cations\n"
      "A second run into the same folder continues where the first one stopped. Exit codes: 0 converged, 2 usage,\n"
      "3 missing dependency, 4 bad input, 5 finished but not everything converged, 6 engine failure, 74 I/O,\n"
      "75 stopped, can resume.");
  command->callback([arguments, &action, &session] {
    action = [arguments, &session] {
      Study study = study_of(*arguments);
      if (arguments->print_config) {
        fmt::print("{}", explained(print_study(study)));
        return Exit::converged;
      }
      if (arguments->dry_run) {
        fmt::print("{}", describe_plan(study, std::max(session.size(), arguments->ranks)));
        return Exit::converged;
      }
      if (const auto code = on_ranks(arguments->ranks)) return *code;
      return start(session, std::move(study), *arguments);
    };
  });
}

void add_resume(CLI::App& app, Action& action, MpiSession& session) {
  struct ResumeArguments {
    std::string folder, data = picture_files().string(), max_time;
    int ranks = 1;
  };
  auto arguments = std::make_shared<ResumeArguments>();
  CLI::App* command = app.add_subcommand("resume", "Continue a run that was stopped or killed");
  command->add_option("RUN", arguments->folder, "run folder")->required();
  command->add_option("--data", arguments->data, "folder with mnist/");
  command->add_option("--max-time", arguments->max_time, max_time_help);
  add_ranks(*command, arguments->ranks);
  command->footer(
      "Example: hopflow resume --ranks 2 runs/three-cations\n"
      "The output is byte-identical to that of an uninterrupted run.");
  command->callback([arguments, &action, &session] {
    action = [arguments, &session] {
      if (const auto code = on_ranks(arguments->ranks)) return *code;
      RunOptions options;
      options.folder = arguments->folder;
      options.data = arguments->data;
      return go_on(session, options, arguments->max_time);
    };
  });
}

void add_serve(CLI::App& app, Action& action, MpiSession& session) {
  auto arguments = std::make_shared<RunArguments>();
  auto serve = std::make_shared<ServeArguments>();
  CLI::App* command = app.add_subcommand("serve", "Run or resume a study with engines that join from other nodes");
  command->add_option("STUDY", arguments->study, "study file (.yaml), or a run folder to continue")->required();
  add_run_options(*command, *arguments, max_time_help);
  command
      ->add_option("--listen", serve->listen,
                   "address, host name or network interface to listen at, :PORT after it for a fixed port")
      ->capture_default_str();
  command->add_option("--address", serve->address,
                      "file for the address and its secret, for `hopflow join` (default: join.json in the run folder)");
  command->add_flag("--joined-only", serve->joined_only, "start no i-PI clients here; only joined machines run them");
  command->footer(
      "Example: hopflow serve study.yaml -o runs/dft --listen ib0 --joined-only\n"
      "         sbatch --array=1-8 --wrap 'hopflow join runs/dft/join.json --wait 3600'\n"
      "Engines can join and leave at any time; the output is byte-identical to that of a run without them. Only\n"
      "processes that know the secret in the address file are admitted; the file is made for this run and only its\n"
      "owner can read it.");
  command->callback([arguments, serve, &action, &session] {
    action = [arguments, serve, &session] {
      if (const auto code = on_ranks(arguments->ranks)) return *code;
      std::error_code status;
      if (!fs::is_directory(arguments->study, status))
        return start(session, study_of(*arguments), *arguments, serve.get());
      if (!arguments->output.empty() || !arguments->until.empty() || !arguments->only.empty() || arguments->quick)
        throw Error{Error::Kind::usage,
                    "a run folder continues with its own options; leave -o, --until, --only and --quick out, or give "
                    "the study file"};
      RunOptions options;
      options.folder = arguments->study;
      options.data = arguments->data;
      return go_on(session, options, arguments->max_time, serve.get());
    };
  });
}

}  // namespace hopflow
