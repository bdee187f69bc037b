// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/command_line/command_line.hpp"

#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/command_line/citation.hpp"
#include "workflows/command_line/option_table.hpp"

namespace hopflow {

namespace {

/// CLI11 would only say that a command is missing.
void refuse_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == argv[1]) return;
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  const auto near = text::nearest(argv[1], names);
  throw Error{Error::Kind::usage, fmt::format("there is no command '{}'; {}", text::printable(argv[1]),
                                              near ? fmt::format("did you mean '{}'?", *near)
                                                   : fmt::format("commands are {}", text::join(names, ", ")))};
}

}  // namespace

Exit exit_of(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::usage: return Exit::usage;
    case Error::Kind::missing_dependency: return Exit::missing_dependency;
    case Error::Kind::bad_input: return Exit::bad_input;
    case Error::Kind::engine:
    case Error::Kind::geometry: return Exit::engine;
    case Error::Kind::io: return Exit::io;
    case Error::Kind::stopped: return Exit::stopped;
  }
  return Exit::engine;
}

Exit run_command_line(int argc, char** argv, const std::function<void(CLI::App&, Action&)>& add) {
  CLI::App app{
      "hopflow: how easily an ion moves in a crystal, and what that does to a device.\n"
      "Example: hopflow run inputs/studies/three-cations.yaml"};
  app.name("hopflow");
  app.set_version_flag("--version", "hopflow " HOPFLOW_VERSION);
  app.add_flag_callback(
      "--cite",
      [] {
        fmt::print("{}", citation);
        throw CLI::Success{};
      },
      "print what to cite, as BibTeX");
  app.require_subcommand(1);
  Action action;

  try {
    add(app, action);
    refuse_unknown_command(app, argc, argv);
    app.parse(argc, argv);
    return action();
  } catch (const CLI::Success& done) {  // --help, --version
    return static_cast<Exit>(app.exit(done));
  } catch (const CLI::ParseError& problem) {
    const std::string unknown = unknown_option(app, argc, argv);
    fmt::print(stderr, "hopflow: {}\nRun 'hopflow --help' or 'hopflow COMMAND --help'.\n",
               unknown.empty() ? problem.what() : unknown);
    return Exit::usage;
  } catch (const Error& error) {
    fmt::print(stderr, "hopflow: {}\n", error.what());
    return exit_of(error.kind());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "hopflow: out of memory; try a smaller supercell or fewer images\n");
    return Exit::engine;
  }
}

}  // namespace hopflow
