// SPDX-License-Identifier: GPL-2.0-or-later
// The command line: parses, runs one command, and alone turns errors into exit codes.
#include <cstdio>
#include <exception>
#include <new>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "structures/error.hpp"
#include "workflows/commands/command.hpp"

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

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "hopflow: how easily an ion moves in a crystal, and what that does to a device.\n"
      "Example: hopflow run inputs/studies/three-cations.yaml"};
  app.name("hopflow");
  app.set_version_flag("--version", "hopflow " HOPFLOW_VERSION);
  app.require_subcommand(1);
  hopflow::Action action;

  try {
    // A new command is a file in commands/ and a line here.
    app.parse(argc, argv);
    return static_cast<int>(action());
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const CLI::ParseError& problem) {
    fmt::print(stderr, "hopflow: {}\nRun 'hopflow --help' or 'hopflow COMMAND --help'.\n", problem.what());
    return static_cast<int>(Exit::usage);
  } catch (const Error& error) {
    fmt::print(stderr, "hopflow: {}\n", error.what());
    return static_cast<int>(exit_of(error.kind()));
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "hopflow: out of memory; try a smaller supercell or fewer images\n");
    return static_cast<int>(Exit::engine);
  }
}
