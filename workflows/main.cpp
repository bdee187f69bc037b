// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow-full: every command, and what only they load: MPI, solvers, the store. `hopflow` hands over to it.
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "structures/core/error.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/command_line/command_line.hpp"
#include "workflows/commands/engines/saddle.hpp"
#include "workflows/commands/shell/shell_commands.hpp"
#include "workflows/commands/start/new_study.hpp"
#include "workflows/crew/crew.hpp"
#include "workflows/crew/mpi_session.hpp"
#include "workflows/materials/study_hops.hpp"
#include "workflows/pipeline/stages.hpp"
#include "workflows/system/signals.hpp"

namespace {

using hopflow::Exit;

Exit run_command(int argc, char** argv, hopflow::MpiSession& session) {
  return hopflow::run_command_line(argc, argv, [&session](CLI::App& app, hopflow::Action& action) {
    // A new command is a file in commands/ and a line here.
    hopflow::add_run(app, action, session);
    hopflow::add_resume(app, action, session);
    hopflow::add_serve(app, action, session);
    hopflow::add_join(app, action);
    hopflow::add_status(app, action);
    hopflow::add_saddle(app, action, session);
    hopflow::add_barrier(app, action, session);
    hopflow::add_relax(app, action, session);
    hopflow::add_score(app, action, session);
    hopflow::add_fit(app, action);
    hopflow::add_frames(app, action, session);
    hopflow::add_verify(app, action, session);
    hopflow::add_check(app, action);
    hopflow::add_hops(app, action, hopflow::hops_of_study);
    hopflow::add_supercell(app, action);
    hopflow::add_vacancy(app, action);
    hopflow::add_diffusion(app, action);
    hopflow::add_device(app, action);
    hopflow::add_crossbar(app, action);
    hopflow::add_snn(app, action);
    hopflow::add_compare(app, action);
    hopflow::add_report(app, action);
    hopflow::add_store(app, action);
    hopflow::add_submit(app, action);
    hopflow::add_doctor(app, action);
    hopflow::add_new(app, action);
    hopflow::add_completion(app, action);
    hopflow::add_manual(app, action);
    hopflow::add_engine_worker(app, action);
  });
}

}  // namespace

int main(int argc, char** argv) {
  hopflow::keep_standard_streams();
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "run" || command == "resume" || command == "serve" || command == "join" || command == "barrier" ||
      command == "saddle")
    hopflow::watch_stop_signals();
  try {
    hopflow::MpiSession session;
    if (session.rank() != 0) return hopflow::work_for_rank_zero(session, hopflow::pipeline::stages());
    const Exit code = run_command(argc, argv, session);
    // A signal that leaves no time: the launcher ends the other ranks, nothing here may wait for them.
    if (code == Exit::stopped && hopflow::stop_requested() != SIGUSR1) std::_Exit(static_cast<int>(code));
    hopflow::end_crew(session, static_cast<int>(code));
    return static_cast<int>(code);
  } catch (const hopflow::Error& error) {
    hopflow::complain(error.what());
    return static_cast<int>(hopflow::exit_of(error.kind()));
  } catch (const std::exception& problem) {
    hopflow::complain(problem.what());
    return static_cast<int>(Exit::engine);
  }
}
