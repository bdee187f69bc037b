// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/command_line/command_line.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/text.hpp"
#include "workflows/command_line/citation.hpp"
#include "workflows/command_line/option_table.hpp"
#include "workflows/command_line/outputs.hpp"

namespace hopflow {

namespace {

/// CLI11 would only say that a command is missing. @param at  where in argv the command stands
void refuse_unknown_command(const CLI::App& app, int argc, char** argv, int at = 1) {
  if (argc <= at || argv[at][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == argv[at]) return refuse_unknown_command(*command, argc, argv, at + 1);
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  if (names.empty()) return;
  const auto near = text::nearest(argv[at], names);
  throw Error{Error::Kind::usage, fmt::format("there is no command '{}'; {}", text::printable(argv[at]),
                                              near ? fmt::format("did you mean '{}'?", *near)
                                                   : fmt::format("commands are {}", text::join(names, ", ")))};
}

/// "Could not convert: --max-length = five" in other words.
std::string explained(const CLI::ParseError& problem) {
  const std::string words = problem.what();
  if (dynamic_cast<const CLI::ConversionError*>(&problem) == nullptr) return words;
  const std::size_t colon = words.find(": "), equals = words.find(" = ");
  if (colon == std::string::npos || equals == std::string::npos || equals < colon) return words;
  return fmt::format("{}: '{}' is not a number", words.substr(colon + 2, equals - colon - 2),
                     text::printable(words.substr(equals + 3)));
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

void keep_standard_streams() {
  for (int stream = 0; stream < 3; ++stream)
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      const int opened = ::open("/dev/null", stream == 2 ? O_WRONLY : O_RDONLY);
      if (opened >= 0 && opened != stream) {
        ::dup2(opened, stream);
        ::close(opened);
      }
    }
}

void complain(const std::string& line) noexcept {
  std::fputs(("hopflow: " + line + "\n").c_str(), stderr);
  std::fflush(stderr);
}

namespace {

/// Whether all of the result is out; looked at once, when a command has ended.
void check_output() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw Error{Error::Kind::io, fmt::format("standard output: {}; the result is not complete there",
                                           errno != 0 ? std::strerror(errno) : "cannot be written")};
}

/// The outermost frame: what a command may end with becomes a line and an exit code.
Exit explain(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    complain(error.what());
    return exit_of(error.kind());
  } catch (const std::bad_alloc&) {
    complain("out of memory; try a smaller supercell or fewer images");
    return Exit::engine;
  } catch (const std::filesystem::filesystem_error& problem) {
    const bool name = problem.code() == std::errc::filename_too_long || problem.code() == std::errc::invalid_argument ||
                      problem.code() == std::errc::too_many_symbolic_link_levels;
    complain(fmt::format("{}: {}", text::printable(problem.path1().string()).substr(0, 300), problem.code().message()));
    return name ? Exit::bad_input : Exit::io;
  } catch (const nlohmann::json::exception& problem) {
    complain(fmt::format("an input file is malformed: {}; write it again with the command that made it",
                         text::printable(problem.what())));
    return Exit::bad_input;
  } catch (const std::system_error& problem) {
    complain(text::printable(problem.what()));
    return Exit::io;
  } catch (const std::exception& problem) {
    complain(
        fmt::format("internal error: {}; please report it together with the input", text::printable(problem.what())));
    return Exit::bad_input;
  }
}

void refuse_other_encodings(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (text::not_utf8(argv[i]))
      throw Error{Error::Kind::usage,
                  fmt::format("argument {} ('{}') is not valid UTF-8; rename the file", i, text::printable(argv[i]))};
}

}  // namespace

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
    refuse_other_encodings(argc, argv);
    add(app, action);
    refuse_unknown_command(app, argc, argv);
    try {
      app.parse(argc, argv);
    } catch (const CLI::Success& done) {  // --help, --version
      const int code = app.exit(done);
      std::cout.flush();
      check_output();
      if (!std::cout) throw Error{Error::Kind::io, "standard output: cannot be written"};
      return static_cast<Exit>(code);
    } catch (const CLI::ParseError& problem) {
      const std::string unknown = unknown_option(app, argc, argv);
      complain(fmt::format("{}\nRun 'hopflow --help' or 'hopflow COMMAND --help'.",
                           unknown.empty() ? explained(problem) : unknown));
      return Exit::usage;
    }
    refuse_to_overwrite(app);
    const Exit code = action();
    check_output();
    return code;
  } catch (...) {
    return explain(std::current_exception());
  }
}

}  // namespace hopflow
