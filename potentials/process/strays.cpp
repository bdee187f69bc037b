// SPDX-License-Identifier: GPL-2.0-or-later
#include "potentials/process/strays.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <fmt/core.h>

#include "potentials/process/stream.hpp"

namespace hopflow {

namespace {

constexpr int guard_pause_ms = 200;

std::string environment_of(const char* process) {
  const Descriptor file{open(fmt::format("/proc/{}/environ", process).c_str(), O_RDONLY | O_CLOEXEC)};
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; file.get() >= 0 && (n = read(file.get(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  return text;
}

}  // namespace

std::string stray_mark(const std::string& name) {
  std::uint64_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random) fail_io("getrandom");
  return fmt::format("{}={}-{:016x}", name, getpid(), random);
}

void end_strays(const std::string& mark) {
  DIR* const processes = opendir("/proc");
  if (processes == nullptr) return;
  const std::string own = fmt::format("{}", getpid());
  while (const dirent* entry = readdir(processes)) {
    const std::string_view name{entry->d_name};
    if (name == own || !std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
      continue;
    struct stat owner = {};
    if (stat(fmt::format("/proc/{}", name).c_str(), &owner) != 0 || owner.st_uid != geteuid()) continue;
    // Held before its environment is read: the number cannot pass to another process in between.
    const Descriptor process{static_cast<int>(syscall(SYS_pidfd_open, std::atoi(entry->d_name), 0))};
    if (process.get() < 0) continue;
    const std::string environment = '\0' + environment_of(entry->d_name) + '\0';
    if (environment.find('\0' + mark + '\0') != std::string::npos)
      syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
  }
  closedir(processes);
}

pid_t guard_strays(const std::string& mark) {
  const pid_t parent = getpid();
  const pid_t guard = fork();
  if (guard < 0) fail_io("fork");
  if (guard != 0) return guard;
  setsid();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) std::signal(signal, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGCONT);
  prctl(PR_SET_NAME, "hopflow-guard");
  // Whoever waits for the parent's end of a pipe or socket must not find it open here.
  close_range(0, ~0U, 0);
  pollfd end{static_cast<int>(syscall(SYS_pidfd_open, parent, 0)), POLLIN, 0};
  while (getppid() == parent && poll(&end, end.fd < 0 ? 0 : 1, end.fd < 0 ? guard_pause_ms : -1) <= 0) {
  }
  end_strays(mark);
  end_strays(mark);  // and what was being started meanwhile
  _exit(0);
}

}  // namespace hopflow
