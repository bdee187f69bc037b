// SPDX-License-Identifier: GPL-2.0-or-later
// What every command of `hopflow` is made from.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "workflows/command_line/exit.hpp"

namespace hopflow {

class MpiSession;
struct ListedMaterial;

/// What main runs after parsing: set by the command that was named.
using Action = std::function<Exit()>;

// Each adds a command and its options to `app`; when the command is named, it sets `action`. Help texts carry an
// example. Results go to stdout, progress to stderr. Commands that may use other ranks take the session.
void add_check(CLI::App& app, Action& action);
/// @param of_study  reads studies, whose hops are listed as well; may be empty
void add_hops(CLI::App& app, Action& action,
              std::function<std::vector<ListedMaterial>(const std::filesystem::path& file)> of_study);
void add_supercell(CLI::App& app, Action& action);
void add_vacancy(CLI::App& app, Action& action);
void add_barrier(CLI::App& app, Action& action, MpiSession& session);
void add_relax(CLI::App& app, Action& action, MpiSession& session);
void add_score(CLI::App& app, Action& action, MpiSession& session);
void add_fit(CLI::App& app, Action& action);
void add_frames(CLI::App& app, Action& action, MpiSession& session);
void add_run(CLI::App& app, Action& action, MpiSession& session);
void add_resume(CLI::App& app, Action& action, MpiSession& session);
void add_serve(CLI::App& app, Action& action, MpiSession& session);
void add_join(CLI::App& app, Action& action);
void add_status(CLI::App& app, Action& action);
void add_compare(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_store(CLI::App& app, Action& action);
void add_submit(CLI::App& app, Action& action);
void add_diffusion(CLI::App& app, Action& action);
void add_device(CLI::App& app, Action& action);
void add_crossbar(CLI::App& app, Action& action);
void add_snn(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);
void add_engine_worker(CLI::App& app, Action& action);

}  // namespace hopflow
