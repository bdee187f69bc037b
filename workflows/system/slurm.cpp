// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/system/slurm.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

// The part of the script that is the same for every job. What differs stands above it in shell variables.
constexpr std::string_view body = R"sh(
asked=0
step=
stop() {
  asked=$((asked + 1))
  [ -z "$step" ] || kill -USR1 "$step" 2>/dev/null
}
trap stop USR1

# A restarted job goes on from the files its first start froze.
if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] && [ -e "$folder/hopflow-run.json" ]; then
  job=("$hopflow" resume "$folder")
else
  job=("$hopflow" run "$study" -o "$folder" "${arguments[@]}")
fi

# srun gives ranks the time to finish their step that mpirun doesn't; mpirun where srun can't start Open MPI.
if srun --mpi=list 2>&1 | grep -qw pmix; then
  launcher=(srun --mpi=pmix --ntasks="$SLURM_NTASKS" --cpu-bind=none --input=none)
else
  launcher=(mpirun --bind-to none -n "$SLURM_NTASKS")
  [ "$(id -u)" -ne 0 ] || export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

code=75
if [ "$asked" -eq 0 ]; then
  "${launcher[@]}" "${job[@]}" </dev/null &
  step=$!
  # A signal that came before the step had a number.
  [ "$asked" -eq 0 ] || kill -USR1 "$step" 2>/dev/null
  # `wait` also returns when a signal comes: then it wasn't the step that ended.
  while
    interrupted=$asked
    wait "$step"
    code=$?
    [ "$interrupted" -ne "$asked" ]
  do :; done
fi
# Ended by the signal itself, before anybody listened: nothing is lost, the next start goes on.
[ "$asked" -eq 0 ] || [ "$code" -ne 138 ] || code=75

if [ "$code" -eq 75 ] && [ "$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%T 2>/dev/null)" = RUNNING ]; then
  if [ "${SLURM_RESTART_COUNT:-0}" -ge "$max_restarts" ]; then
    echo "hopflow: stopped after $max_restarts restarts; submit again to go on" >&2
  else
    echo "hopflow: stopped before the limit; back into the queue" >&2
    # The controller ends this script; the wait keeps the job from ending by itself first.
    scontrol requeue "$SLURM_JOB_ID" && sleep 120
  fi
fi
exit "$code"
)sh";

void refuse_unprintable(const std::string& what, const std::string& value) {
  for (const char c : value)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '"' || c == '\'' || c == '\\' || c == '`')
      throw Error{Error::Kind::usage,
                  fmt::format("{}: '{}': a batch script can't hold control characters, quotes or backslashes there; "
                              "choose another name",
                              what, text::printable(value))};
}

void refuse_below_one(const char* option, int value) {
  if (value < 1)
    throw Error{Error::Kind::usage, fmt::format("{}: {}: a whole number of at least 1 is needed", option, value)};
}

// In a file name of #SBATCH, Slurm reads % as the start of a field.
std::string percent_doubled(const std::string& path) {
  std::string out;
  for (const char c : path) out += c == '%' ? "%%" : std::string(1, c);
  return out;
}

}  // namespace

std::string shell_quoted(std::string_view word) {
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

long slurm_seconds(std::string_view limit) {
  const auto wrong = [&] {
    return Error{Error::Kind::usage,
                 fmt::format("--time: '{}' isn't a time limit; allowed: minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM or "
                             "D-HH:MM:SS, for example 01:00:00",
                             text::printable(std::string{limit}))};
  };
  std::optional<long> days;
  std::string_view rest = limit;
  if (const auto dash = rest.find('-'); dash != std::string_view::npos) {
    days = text::to_integer(rest.substr(0, dash));
    if (!days) throw wrong();
    rest = rest.substr(dash + 1);
  }
  std::vector<long> fields;
  for (std::size_t from = 0; from <= rest.size();) {
    const std::size_t colon = std::min(rest.find(':', from), rest.size());
    const auto field = text::to_integer(rest.substr(from, colon - from));
    if (!field || *field < 0 || *field > 1'000'000 || rest[from] == '+') throw wrong();
    fields.push_back(*field);
    from = colon + 1;
  }
  if (fields.empty() || fields.size() > 3 || days.value_or(0) < 0 || days.value_or(0) > 100'000) throw wrong();
  long seconds = 0;
  if (days) {
    fields.resize(3, 0);
    seconds = *days * 86400 + fields[0] * 3600 + fields[1] * 60 + fields[2];
  } else if (fields.size() == 3) {
    seconds = fields[0] * 3600 + fields[1] * 60 + fields[2];
  } else {
    seconds = fields[0] * 60 + (fields.size() == 2 ? fields[1] : 0);
  }
  if (seconds <= 0) throw wrong();
  return seconds;
}

std::string batch_script(const BatchJob& job) {
  refuse_below_one("--ntasks", job.tasks);
  refuse_below_one("--signal-before", job.signal_before_s);
  if (const long limit = slurm_seconds(job.time); limit <= job.signal_before_s)
    throw Error{
        Error::Kind::usage,
        fmt::format("--signal-before: {} s is not before the limit of {} s (--time {}); choose less, or more time",
                    job.signal_before_s, limit, job.time)};
  const std::string folder = job.folder.string();
  refuse_unprintable("--output", folder);
  refuse_unprintable("--partition", job.partition);
  refuse_unprintable("--account", job.account);
  refuse_unprintable("study", job.name);

  std::string out = "#!/bin/bash\n";
  const auto directive = [&](std::string_view line) { out += fmt::format("#SBATCH {}\n", line); };
  directive(fmt::format("--job-name=\"hopflow-{}\"", job.name));
  directive(fmt::format("--ntasks={}", job.tasks));
  directive(fmt::format("--time={}", job.time));
  directive(fmt::format("--signal=B:USR1@{}", job.signal_before_s));
  directive("--requeue");
  directive("--open-mode=append");
  directive(fmt::format("--output=\"{}/slurm-%j.log\"", percent_doubled(folder)));
  if (!job.partition.empty()) directive(fmt::format("--partition=\"{}\"", job.partition));
  if (!job.account.empty()) directive(fmt::format("--account=\"{}\"", job.account));
  out += "\n# Written by hopflow submit. `sbatch` takes it again at any time: finished work is remembered.\n";
  out += fmt::format("hopflow={}\n", shell_quoted(job.executable.string()));
  out += fmt::format("study={}\n", shell_quoted(job.study.string()));
  out += fmt::format("folder={}\n", shell_quoted(folder));
  out += "arguments=(";
  for (std::size_t i = 0; i < job.arguments.size(); ++i)
    out += fmt::format("{}{}", i ? " " : "", shell_quoted(job.arguments[i]));
  out += ")\n";
  out += fmt::format("max_restarts={}\n", job.max_restarts);
  out += body;
  return out;
}

std::string submit_batch(const std::filesystem::path& script) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0)
    throw Error{Error::Kind::io, fmt::format("sbatch: no pipe: {}", std::strerror(errno))};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDERR_FILENO);
  std::string program = "sbatch", parsable = "--parsable", file = script.string();
  std::array<char*, 4> words{program.data(), parsable.data(), file.data(), nullptr};
  pid_t child = 0;
  const int status = posix_spawnp(&child, "sbatch", &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  if (status != 0) {
    close(pipe_ends[0]);
    throw Error{Error::Kind::missing_dependency,
                fmt::format("sbatch can't be started ({}); submit from a machine with Slurm's commands. "
                            "The script is written: {}",
                            std::strerror(status), text::printable(file))};
  }
  std::string said;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(pipe_ends[0], buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    said.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(pipe_ends[0]);
  int ended = 0;
  while (waitpid(child, &ended, 0) < 0 && errno == EINTR) {
  }
  said = text::trim(said);
  if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0)
    throw Error{Error::Kind::usage, fmt::format("sbatch refused the job: {}", text::printable(said))};
  // "ID" or "ID;cluster", after any words of the site's submit plug-in.
  const auto words_said = text::split_words(said);
  const std::string last = words_said.empty() ? "" : words_said.back();
  const std::string id = last.substr(0, last.find(';'));
  if (!text::to_integer(id))
    throw Error{Error::Kind::engine, fmt::format("sbatch said '{}', which holds no job number", text::printable(said))};
  return id;
}

}  // namespace hopflow
