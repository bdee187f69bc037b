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

# What other jobs have found for this one.
if [ -n "${collects:-}" ]; then
  for part in "$folder"/parts/*/; do
    [ ! -e "${part}store.db" ] || "$hopflow" store merge "$folder" "$part"
  done
fi

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

namespace {

// PBS sends no signal that can be chosen: the run keeps its own limit, and the script hands itself in again.
constexpr std::string_view pbs_body = R"sh(
if [ -n "${collects:-}" ]; then
  for part in "$folder"/parts/*/; do
    [ ! -e "${part}store.db" ] || "$hopflow" store merge "$folder" "$part"
  done
fi

started=$folder/.pbs-starts
starts=$(($(cat "$started" 2>/dev/null || echo 0) + 1))
echo "$starts" >"$started"
if [ -e "$folder/hopflow-run.json" ]; then
  job=("$hopflow" resume "$folder" --max-time "$max_time")
else
  job=("$hopflow" run "$study" -o "$folder" --max-time "$max_time" "${arguments[@]}")
fi
mpirun -n "$ranks" "${job[@]}" </dev/null
code=$?
if [ "$code" -eq 75 ] && [ -n "${parts:-}" ]; then
  echo "hopflow: stopped before the limit; the collecting job goes on with this part" >&2
elif [ "$code" -eq 75 ]; then
  if [ "$starts" -gt "$max_restarts" ]; then
    echo "hopflow: stopped after $max_restarts restarts; submit again to go on" >&2
  else
    echo "hopflow: stopped before the limit; back into the queue" >&2
    qsub "$script"
  fi
else
  rm -f "$started"
fi
exit "$code"
)sh";

void check_job(const BatchJob& job) {
  refuse_below_one("--ntasks", job.tasks);
  refuse_below_one("--signal-before", job.signal_before_s);
  if (job.nodes != 0) refuse_below_one("--nodes", job.nodes);
  if (const long limit = slurm_seconds(job.time); limit <= job.signal_before_s)
    throw Error{
        Error::Kind::usage,
        fmt::format("--signal-before: {} s is not before the limit of {} s (--time {}); choose less, or more time",
                    job.signal_before_s, limit, job.time)};
  refuse_unprintable("--output", job.folder.string());
  refuse_unprintable("--partition", job.partition);
  refuse_unprintable("--account", job.account);
  refuse_unprintable("--qos", job.qos);
  refuse_unprintable("--mem", job.memory);
  refuse_unprintable("study", job.name);
  for (const std::string& line : job.directives)
    if (text::printable(line) != line)
      throw Error{Error::Kind::usage, fmt::format("--directive: '{}': control characters can't stand there; give one "
                                                  "line without them",
                                                  text::printable(line))};
}

std::string slurm_header(const BatchJob& job) {
  std::string out = "#!/bin/bash\n";
  const auto directive = [&](std::string_view line) { out += fmt::format("#SBATCH {}\n", line); };
  directive(fmt::format("--job-name=\"hopflow-{}\"", job.name));
  if (job.nodes > 0) directive(fmt::format("--nodes={}", job.nodes));
  directive(fmt::format("--ntasks={}", job.tasks));
  directive(fmt::format("--time={}", job.time));
  directive(fmt::format("--signal=B:USR1@{}", job.signal_before_s));
  directive("--requeue");
  directive("--open-mode=append");
  directive(fmt::format("--output=\"{}/slurm-{}.log\"", percent_doubled(job.folder.string()),
                        job.parts.empty() ? "%j" : "%A_%a"));
  if (!job.parts.empty()) directive(fmt::format("--array=0-{}", job.parts.size() - 1));
  if (!job.partition.empty()) directive(fmt::format("--partition=\"{}\"", job.partition));
  if (!job.account.empty()) directive(fmt::format("--account=\"{}\"", job.account));
  if (!job.qos.empty()) directive(fmt::format("--qos=\"{}\"", job.qos));
  if (!job.memory.empty()) directive(fmt::format("--mem=\"{}\"", job.memory));
  for (const std::string& line : job.directives) directive(line);
  return out;
}

// PBS Pro and OpenPBS count in chunks, Torque in nodes; arrays have other options and other variables.
std::string pbs_header(const BatchJob& job) {
  const bool torque = job.system == BatchSystem::torque;
  std::string out = "#!/bin/bash\n";
  const auto directive = [&](std::string_view line) { out += fmt::format("#PBS {}\n", line); };
  const long limit = slurm_seconds(job.time);
  const int nodes = std::max(1, job.nodes), each = (job.tasks + nodes - 1) / nodes;
  std::string name = text::slug("hopflow-" + job.name);
  directive(fmt::format("-N {}", name.substr(0, 15)));
  const std::string memory = job.memory.empty() ? "" : fmt::format("{}mem={}", torque ? ',' : ':', job.memory);
  directive(torque ? fmt::format("-l nodes={}:ppn={}{}", nodes, each, memory)
                   : fmt::format("-l select={}:ncpus={}:mpiprocs={}{}", nodes, each, each, memory));
  directive(fmt::format("-l walltime={:02}:{:02}:{:02}", limit / 3600, limit / 60 % 60, limit % 60));
  directive("-j oe");
  directive(fmt::format("-o \"{}\"", (job.folder / "pbs.log").string()));
  if (!job.partition.empty()) directive(fmt::format("-q {}", job.partition));
  if (!job.account.empty()) directive(fmt::format("-A {}", job.account));
  if (!job.qos.empty()) directive(fmt::format("-l qos={}", job.qos));
  // PBS refuses an array of one task: that is a job like others.
  if (torque && !job.parts.empty()) directive(fmt::format("-t 0-{}", job.parts.size() - 1));
  if (!torque && job.parts.size() > 1) directive(fmt::format("-J 0-{}", job.parts.size() - 1));
  for (const std::string& line : job.directives) directive(line);
  return out;
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string out = "(";
  for (std::size_t i = 0; i < words.size(); ++i) out += fmt::format("{}{}", i > 0 ? " " : "", shell_quoted(words[i]));
  return out + ")";
}

}  // namespace

std::string batch_script(const BatchJob& job) {
  check_job(job);
  const bool slurm = job.system == BatchSystem::slurm;
  std::string out = slurm ? slurm_header(job) : pbs_header(job);
  out += fmt::format("\n# Written by hopflow submit. `{}` takes it again at any time: finished work is remembered.\n",
                     slurm ? "sbatch" : "qsub");
  if (!job.set_up.empty()) out += job.set_up + (job.set_up.ends_with('\n') ? "" : "\n");
  out += fmt::format("hopflow={}\n", shell_quoted(job.executable.string()));
  out += fmt::format("study={}\n", shell_quoted(job.study.string()));
  out += fmt::format("folder={}\n", shell_quoted(job.folder.string()));
  out += fmt::format("arguments={}\n", quoted_list(job.arguments));
  out += fmt::format("max_restarts={}\n", job.max_restarts);
  if (job.collects) out += "collects=yes\n";
  if (!slurm) {
    out += fmt::format("ranks={}\nmax_time={}\nscript=$folder/submit.pbs\n", job.tasks,
                       std::max(1L, slurm_seconds(job.time) - job.signal_before_s));
  }
  if (!job.parts.empty()) {
    std::vector<std::string> folders;
    for (std::size_t i = 0; i < job.parts.size(); ++i)
      folders.push_back((job.folder / "parts" / fmt::format("{:03}-{}", i, text::slug(job.parts[i]))).string());
    out += fmt::format("parts={}\nfolders={}\n", quoted_list(job.parts), quoted_list(folders));
    out += fmt::format("task=${{{}:-0}}\n", slurm                               ? "SLURM_ARRAY_TASK_ID"
                                            : job.system == BatchSystem::torque ? "PBS_ARRAYID"
                                                                                : "PBS_ARRAY_INDEX");
    out += "folder=${folders[$task]}\narguments+=(--only \"${parts[$task]}\")\nmkdir -p \"$folder\"\n";
  }
  out += slurm ? body : pbs_body;
  return out;
}

namespace {

/// What a program says, and how it ended; its words on either stream.
struct Said {
  std::string text;
  bool started = true, well = false;
};

Said ask(std::vector<std::string> words) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0)
    throw Error{Error::Kind::io, fmt::format("{}: no pipe: {}", words.front(), std::strerror(errno))};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDERR_FILENO);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  const int status = posix_spawnp(&child, words.front().c_str(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  Said said;
  if (status != 0) {
    close(pipe_ends[0]);
    return {std::strerror(status), false, false};
  }
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(pipe_ends[0], buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    said.text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(pipe_ends[0]);
  int ended = 0;
  while (waitpid(child, &ended, 0) < 0 && errno == EINTR) {
  }
  said.text = text::trim(said.text);
  said.well = WIFEXITED(ended) && WEXITSTATUS(ended) == 0;
  return said;
}

}  // namespace

std::string submit_batch(BatchSystem system, const std::filesystem::path& script, const std::string& after) {
  const bool slurm = system == BatchSystem::slurm;
  const std::string program = slurm ? "sbatch" : "qsub";
  std::vector<std::string> words{program};
  if (slurm) words.push_back("--parsable");
  if (!after.empty() && slurm) words.push_back("--dependency=afterany:" + after);
  const bool array = system == BatchSystem::torque && after.find("[]") != std::string::npos;
  if (!after.empty() && !slurm)
    words.insert(words.end(), {"-W", fmt::format("depend={}:{}", array ? "afteranyarray" : "afterany", after)});
  words.push_back(script.string());
  const Said said = ask(std::move(words));
  if (!said.started)
    throw Error{Error::Kind::missing_dependency,
                fmt::format("{} can't be started ({}); submit from a machine with the batch system's commands. "
                            "The script is written: {}",
                            program, said.text, text::printable(script.string()))};
  if (!said.well)
    throw Error{Error::Kind::usage, fmt::format("{} refused the job: {}", program, text::printable(said.text))};
  // "ID" or "ID;cluster" of Slurm, "ID.server" of PBS, after any words of the site's submit plug-in.
  const auto words_said = text::split_words(said.text);
  const std::string last = words_said.empty() ? "" : words_said.back();
  const std::string id = slurm ? last.substr(0, last.find(';')) : last;
  if (!text::to_integer(id.substr(0, id.find_first_of(".["))))
    throw Error{Error::Kind::engine,
                fmt::format("{} printed '{}', which contains no job number", program, text::printable(said.text))};
  return id;
}

namespace {

/// What squeue says of an array has a line for each task that runs, and one for all that wait.
std::string state_of_tasks(const std::string& lines) {
  std::string state;
  for (const std::string& line : text::split_words(lines)) {
    if (line == "RUNNING" || line == "COMPLETING" || line == "CONFIGURING" || line == "STAGE_OUT") return "RUNNING";
    if (line == "PENDING" || line == "SUSPENDED" || line.starts_with("REQUEUE"))
      state = "PENDING";
    else if (state.empty())
      state = "OTHER";
  }
  return state;
}

}  // namespace

std::string queue_state(const std::string& job) {
  if (job.empty() ||
      job.find_first_not_of("0123456789_[].abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") != std::string::npos)
    return {};
  if (text::to_integer(job)) {
    const Said said = ask({"squeue", "--noheader", "--jobs=" + job, "--format=%T"});
    if (said.started && said.well) return state_of_tasks(said.text);
  }
  const Said said = ask({"qstat", "-f", job});
  if (!said.started || !said.well) return {};
  const auto at = said.text.find("job_state = ");
  if (at == std::string::npos) return {};
  switch (said.text[at + 12]) {
    case 'Q':
    case 'H':
    case 'W': return "PENDING";
    case 'B':  // an array that has begun
    case 'E':
    case 'R': return "RUNNING";
    default: return "OTHER";
  }
}

}  // namespace hopflow
