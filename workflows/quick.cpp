// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow: structure commands at once; all others by hopflow-full next to it, in this same process.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string_view>

#include <unistd.h>

#include <fmt/core.h>

#include "workflows/command_line/command.hpp"
#include "workflows/command_line/command_line.hpp"
#include "workflows/system/launcher.hpp"

namespace {

constexpr std::array<std::string_view, 4> quick{"check", "hops", "supercell", "vacancy"};

/// Studies are read by the full program.
bool names_study(const char* word) {
  const std::string_view text = word;
  return text.ends_with(".yaml") || text.ends_with(".yml");
}

/// A request to stop that comes while the other program is loaded waits until that listens.
void hold_stop_signals(const char* command) {
  constexpr std::array<std::string_view, 6> listening{"run", "resume", "serve", "join", "barrier", "saddle"};
  if (command == nullptr || std::ranges::find(listening, command) == listening.end()) return;
  sigset_t stops;
  sigemptyset(&stops);
  for (const int signal : {SIGUSR1, SIGTERM, SIGINT, SIGHUP}) sigaddset(&stops, signal);
  sigprocmask(SIG_BLOCK, &stops, nullptr);
}

int hand_over(char** argv) {
  hold_stop_signals(argv[0] == nullptr ? nullptr : argv[1]);
  std::error_code status;
  const auto full = std::filesystem::read_symlink("/proc/self/exe", status).parent_path() / "hopflow-full";
  execv(full.c_str(), argv);
  fmt::print(stderr, "hopflow: {}: {}; it belongs next to this program, build both\n", full.string(),
             std::strerror(errno));
  return static_cast<int>(hopflow::Exit::missing_dependency);
}

}  // namespace

int main(int argc, char** argv) {
  hopflow::keep_standard_streams();
  // Under a launcher there are other ranks, which only the full program knows how to end.
  if (argc < 2 || std::find(quick.begin(), quick.end(), argv[1]) == quick.end() || hopflow::launched_by_mpi() ||
      std::any_of(argv + 2, argv + argc, names_study))
    return hand_over(argv);
  return static_cast<int>(hopflow::run_command_line(argc, argv, [](CLI::App& app, hopflow::Action& action) {
    hopflow::add_check(app, action);
    hopflow::add_hops(app, action, nullptr);
    hopflow::add_supercell(app, action);
    hopflow::add_vacancy(app, action);
  }));
}
