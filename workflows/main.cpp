// SPDX-License-Identifier: GPL-2.0-or-later
// The command line: parses, runs one command, and alone turns errors into exit codes.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "structures/error.hpp"
#include "structures/text.hpp"
#include "workflows/commands/command.hpp"
#include "workflows/crew.hpp"
#include "workflows/mpi_session.hpp"
#include "workflows/signals.hpp"

namespace {

using hopflow::Error;
using hopflow::Exit;

Exit exit_of(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::usage: return Exit::usage;
    case Error::Kind::missing_dependency: return Exit::missing_dependency;
    case Error::Kind::bad_input: return Exit::bad_input;
    case Error::Kind::engine: return Exit::engine;
    case Error::Kind::io: return Exit::io;
    case Error::Kind::stopped: return Exit::stopped;
  }
  return Exit::engine;
}

/// CLI11 would only say that a command is missing.
void refuse_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == argv[1]) return;
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  const auto near = hopflow::text::nearest(argv[1], names);
  throw Error{Error::Kind::usage,
              fmt::format("there is no command '{}'; {}", hopflow::text::printable(argv[1]),
                          near ? fmt::format("did you mean '{}'?", *near)
                               : fmt::format("commands are {}", hopflow::text::join(names, ", ")))};
}

Exit run_command(int argc, char** argv, hopflow::MpiSession& session) {
  CLI::App app{
      "hopflow: how easily an ion moves in a crystal, and what that does to a device.\n"
      "Example: hopflow run inputs/studies/three-cations.yaml"};
  app.name("hopflow");
  app.set_version_flag("--version", "hopflow " HOPFLOW_VERSION);
  app.require_subcommand(1);
  hopflow::Action action;

  try {
    // A new command is a file in commands/ and a line here.
    add_run(app, action, session);
    add_resume(app, action, session);
    add_status(app, action);
    add_barrier(app, action, session);
    add_relax(app, action, session);
    add_check(app, action);
    add_hops(app, action);
    add_supercell(app, action);
    add_vacancy(app, action);
    add_diffusion(app, action);
    add_device(app, action);
    add_crossbar(app, action);
    add_snn(app, action);
    add_compare(app, action);
    add_report(app, action);
    add_submit(app, action);
    add_doctor(app, action);
    add_engine_worker(app, action);
    refuse_unknown_command(app, argc, argv);
    app.parse(argc, argv);
    return action();
  } catch (const CLI::Success& done) {  // --help, --version
    return static_cast<Exit>(app.exit(done));
  } catch (const CLI::ParseError& problem) {
    fmt::print(stderr, "hopflow: {}\nRun 'hopflow --help' or 'hopflow COMMAND --help'.\n", problem.what());
    return Exit::usage;
  } catch (const Error& error) {
    fmt::print(stderr, "hopflow: {}\n", error.what());
    return exit_of(error.kind());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "hopflow: out of memory; try a smaller supercell or fewer images\n");
    return Exit::engine;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    hopflow::MpiSession session;
    if (session.rank() != 0) return hopflow::work_for_rank_zero(session);
    const Exit code = run_command(argc, argv, session);
    std::fflush(nullptr);
    // A signal that leaves no time: the launcher ends the other ranks, nothing here may wait for them.
    if (code == Exit::stopped && hopflow::stop_requested() != SIGUSR1) std::_Exit(static_cast<int>(code));
    hopflow::end_crew(session, static_cast<int>(code));
    return static_cast<int>(code);
  } catch (const Error& error) {
    fmt::print(stderr, "hopflow: {}\n", error.what());
    return static_cast<int>(exit_of(error.kind()));
  }
}
