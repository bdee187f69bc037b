// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/system/ranks.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "potentials/process/stream.hpp"
#include "structures/core/error.hpp"
#include "workflows/system/launcher.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace {

constexpr int cannot_start = 127;  // of a shell, too
constexpr const char* stopped_words = "stopped by a signal";

/// The words this process was started with, but for --ranks.
std::vector<std::string> words_on_ranks(int ranks) {
  std::error_code status;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", status);
  std::vector<std::string> out{"mpirun", "--quiet", "--oversubscribe",        "--bind-to",
                               "none",   "-n",      fmt::format("{}", ranks), program.string()};
  std::ifstream given{"/proc/self/cmdline", std::ios::binary};
  std::string word;
  std::getline(given, word, '\0');
  while (std::getline(given, word, '\0')) {
    if (word == "--ranks")
      std::getline(given, word, '\0');
    else if (!word.starts_with("--ranks="))
      out.push_back(word);
  }
  return out;
}

sigset_t signals_of_interest() {
  sigset_t out;
  sigemptyset(&out);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGCHLD}) sigaddset(&out, signal);
  struct sigaction hup = {};
  sigaction(SIGHUP, nullptr, &hup);
  if (hup.sa_handler != SIG_IGN) sigaddset(&out, SIGHUP);  // below nohup it stays ignored
  return out;
}

[[noreturn]] void become(const std::vector<char*>& words, pid_t parent) {
  setpgid(0, 0);  // a terminal's signals reach it once, from here
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(cannot_start);
  const bool ignores_hup = std::signal(SIGHUP, SIG_DFL) == SIG_IGN;
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  if (ignores_hup) std::signal(SIGHUP, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0 && dup2(null, 0) == 0) execvp(words[0], words.data());
  _exit(cannot_start);
}

/// Waits for the launcher, handing on what this process is asked. @return whether it was asked to stop
bool watch(pid_t launcher, const sigset_t& signals, int& status) {
  bool asked = false, at_once = false;
  while (waitpid(launcher, &status, WNOHANG) == 0) {
    const int signal = sigwaitinfo(&signals, nullptr);
    if (signal < 0 || signal == SIGCHLD) continue;
    const bool gently = signal == SIGUSR1;
    kill(launcher, gently ? SIGUSR1 : at_once ? SIGKILL : SIGTERM);
    at_once = at_once || !gently;
    asked = true;
  }
  return asked;
}

}  // namespace

std::optional<Exit> on_ranks(int ranks) {
  if (ranks <= 1 || launched_by_mpi()) return std::nullopt;
  const sigset_t signals = signals_of_interest();
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  if (stop_requested() != 0) throw Error{Error::Kind::stopped, stopped_words};
  std::vector<std::string> words = words_on_ranks(ranks);
  const std::vector<char*> arguments = pointers(words);
  const pid_t parent = getpid();
  const pid_t launcher = fork();
  if (launcher < 0) fail_io("fork");
  if (launcher == 0) become(arguments, parent);
  int status = 0;
  const bool asked = watch(launcher, signals, status);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  constexpr int own_failure = 1;
  if (code == cannot_start)
    throw Error{Error::Kind::missing_dependency,
                "--ranks: mpirun cannot be started; install Open MPI, or leave --ranks out"};
  if (asked && (code == own_failure || code > 128)) throw Error{Error::Kind::stopped, stopped_words};
  if (code == own_failure)
    throw Error{Error::Kind::missing_dependency,
                fmt::format("--ranks: mpirun could not start {} ranks; its own words are above", ranks)};
  if (code > 128)
    throw Error{Error::Kind::stopped,
                fmt::format("a rank or mpirun was killed by signal {} ({}); run again to continue", code - 128,
                            strsignal(code - 128))};
  return static_cast<Exit>(code);
}

}  // namespace hopflow
