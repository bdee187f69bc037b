// SPDX-License-Identifier: GPL-2.0-or-later
// `hopflow engine-worker`: the process an engine lives in. Started by hopflow itself, not by users.
#include <cstdlib>
#include <memory>

#include "potentials/host/engine_host.hpp"
#include "workflows/command_line/command.hpp"

namespace hopflow {

void add_engine_worker(CLI::App& app, Action& action) {
  struct Options {
    int socket = -1;
    std::string folder;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("engine-worker", "answers questions on a socket; started by hopflow itself");
  command->group("");
  command->add_option("--socket", options->socket, "descriptor of the socket")->required();
  command->add_option("--folder", options->folder, "for logs and scratch files")->required();
  command->callback([options, &action] {
    action = [options]() -> Exit {
      // Straight out: libraries loaded meanwhile may hold MPI open, and nothing here needs an orderly end.
      std::_Exit(serve_engine(options->socket, options->folder));
    };
  });
}

}  // namespace hopflow
