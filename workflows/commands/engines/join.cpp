// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow join: this machine's engine answers for a run that serves elsewhere.
#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/commands/engines/scratch.hpp"
#include "workflows/join/joiner.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

struct JoinArguments {
  std::string address, folder, in;
  std::vector<std::string> command;
  double wait_s = 0;
};

Exit join(const JoinArguments& arguments) {
  JoinOptions options{.address = arguments.address,
                      .folder = arguments.folder,
                      .in = arguments.in,
                      .command = arguments.command,
                      .wait_s = arguments.wait_s};
  const auto reaches = [](const std::string& word) {
    for (const char* place : {"{socket}", "{path}", "{port}"})
      if (word.find(place) != std::string::npos) return true;
    return false;
  };
  if (!options.command.empty() && std::ranges::none_of(options.command, reaches))
    throw Error{Error::Kind::usage,
                "the command does not say where the client is to connect; put {socket}, {path}, or {host} and {port} "
                "where it takes them"};
  std::optional<Scratch> scratch;
  if (options.folder.empty()) options.folder = scratch.emplace().folder();
  watch_stop_signals();
  const JoinReport report = join_and_answer(options);
  fmt::print("{} question{} answered; {}\n", report.answered, report.answered == 1 ? "" : "s",
             report.stopped ? "left as asked" : "the run is over");
  return report.stopped ? Exit::stopped : Exit::converged;
}

}  // namespace

void add_join(CLI::App& app, Action& action) {
  const auto arguments = std::make_shared<JoinArguments>();
  CLI::App* command = app.add_subcommand(
      "join", "Compute for a run started with 'hopflow serve' on another node, with an engine of this machine");
  command->add_option("ADDRESS", arguments->address, "file that `hopflow serve` has written")->required();
  command->add_option("COMMAND", arguments->command,
                      "i-PI client to start here, after --, in place of the one that the run names");
  command->add_option("--in", arguments->in, "folder to start clients in (default: the run's, if it is here too)");
  command->add_option("--folder", arguments->folder, "folder for logs and scratch files (default: a temporary one)");
  command->add_option("--wait", arguments->wait_s, "time to wait for a run that is not serving yet, or no longer (s)")
      ->check(CLI::Range(0.0, 1e8));
  command->footer(
      "Example: hopflow join runs/dft/join.json --wait 600\n"
      "         hopflow join runs/dft/join.json --in dft -- python3 client.py {socket} {structure}\n"
      "SIGTERM leaves at once, SIGUSR1 after the current evaluation; an unfinished evaluation goes to another engine.\n"
      "Exit codes: 0 the run has ended, 6 the engine failed three times in a row, 74 the run is not reachable,\n"
      "75 stopped by a signal.");
  command->callback([arguments, &action] { action = [arguments] { return join(*arguments); }; });
}

}  // namespace hopflow
