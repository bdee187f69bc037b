// SPDX-License-Identifier: GPL-2.0-or-later
// The asking side: one child process, one question under way, a deadline, a fresh child after every failure.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "potentials/core/answer_times.hpp"
#include "potentials/host/engine_host.hpp"
#include "potentials/host/wire.hpp"
#include "potentials/process/strays.hpp"
#include "potentials/process/stream.hpp"
#include "potentials/registry.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

extern char** environ;

namespace hopflow {

namespace {

namespace fs = std::filesystem;

constexpr int worker_socket = 3;        // the descriptor a worker finds its socket at
constexpr int dying_ms = 5000;          // for a child that closed its socket and has not ended yet
constexpr std::size_t most_local = 16;  // potentials without a process kept at hand

bool starts_with_any(std::string_view word, std::initializer_list<std::string_view> beginnings) {
  for (const std::string_view beginning : beginnings) {
    if (word.substr(0, beginning.size()) == beginning) return true;
  }
  return false;
}

// Names that hold what is nobody's business: engines and their clients are programs of others.
bool is_secret(std::string_view entry) {
  std::string name{entry.substr(0, entry.find('='))};
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const std::string_view word : {"TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "API_KEY",
                                      "APIKEY", "ACCESS_KEY", "PRIVATE_KEY"}) {
    if (name.find(word) != std::string::npos) return true;
  }
  return name == "SSH_AUTH_SOCK" || name == "SSH_AGENT_PID" || name == "GPG_AGENT_INFO";
}

// What a worker may know of the world: nothing of the launcher we run under, whose messages are not meant for it, no
// place where LAMMPS would find files that are not part of the spec, and no secrets.
std::vector<std::string> worker_environment() {
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view word{*entry};
    if (starts_with_any(word, {"OMPI_ALLOW_"})) {
      kept.emplace_back(word);
    } else if (!is_secret(word) && !starts_with_any(word, {"OMPI_", "PMIX_", "PMI_", "SLURM_", "PRTE_", "OMP_",
                                                           "LAMMPS_POTENTIALS=", "MSI2LMP_LIBRARY="})) {
      kept.emplace_back(word);
    }
  }
  kept.emplace_back("OMP_NUM_THREADS=1");
  // One rank that talks to nobody: no daemon, no network, no session folder.
  kept.emplace_back("OMPI_MCA_ess_singleton_isolated=1");
  kept.emplace_back("OMPI_MCA_orte_create_session_dirs=0");
  kept.emplace_back("OMPI_MCA_btl=self");
  kept.emplace_back("OMPI_MCA_pml=ob1");
  kept.emplace_back("OMPI_MCA_osc=pt2pt");
  return kept;
}

/// The child, from spawn to its last wait.
class Child {
 public:
  Child(const fs::path& program, const fs::path& folder) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail_io("no socket for an engine process");
    socket_ = Descriptor{ends[0]};
    const Descriptor theirs{ends[1]};
    timer_ = Descriptor{timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    ready_ = Descriptor{epoll_create1(EPOLL_CLOEXEC)};
    if (timer_.get() < 0 || ready_.get() < 0) fail_io("no descriptors for an engine process");
    for (const int watched : {socket_.get(), timer_.get()}) {
      epoll_event event{};
      event.events = EPOLLIN;
      if (epoll_ctl(ready_.get(), EPOLL_CTL_ADD, watched, &event) != 0) fail_io("epoll");
    }
    spawn(program, folder, theirs.get());
  }

  ~Child() {
    if (pid_ > 0) end();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  int descriptor() const { return ready_.get(); }

  void set_deadline(double seconds) {
    itimerspec when{};
    const double bounded = std::clamp(seconds, 0.001, 1e9);
    until_ = after(bounded);
    when.it_value.tv_sec = static_cast<time_t>(bounded);
    when.it_value.tv_nsec = static_cast<long>((bounded - std::floor(bounded)) * 1e9);
    timerfd_settime(timer_.get(), 0, &when, nullptr);
  }

  Transfer write(const std::string& data) { return send_all(socket_.get(), data, until_); }
  Transfer read(void* data, std::size_t size) { return receive_all(socket_.get(), data, size, until_); }

  /// Waits for a child that is ending by itself, ends it if it lingers; says how it went.
  std::string reap() {
    const Descriptor process{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
    if (process.get() >= 0) {
      pollfd wait{process.get(), POLLIN, 0};
      int ready = 0;
      do {
        ready = poll(&wait, 1, dying_ms);
      } while (ready < 0 && errno == EINTR);
      if (ready == 0) kill(-pid_, SIGKILL);
    }
    int status = 0;
    const pid_t ended = wait_pid(&status);
    kill(-ended, SIGKILL);  // whatever it may have left behind in its group
    end_strays(mark_);
    if (WIFSIGNALED(status)) {
      return fmt::format("killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
    }
    return fmt::format("exit code {}", WEXITSTATUS(status));
  }

  void end() {
    kill(-pid_, SIGKILL);
    wait_pid(nullptr);
    end_strays(mark_);
  }

  /// Closes the socket, which asks the child to end, and gives it a moment to see its own clients off.
  void dismiss() {
    shutdown(socket_.get(), SHUT_RDWR);
    const Descriptor process{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
    if (process.get() >= 0) wait_for(process.get(), POLLIN, after(dying_ms / 1000.0));
    end();
  }

 private:
  pid_t wait_pid(int* status) {
    const pid_t pid = std::exchange(pid_, 0);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR) {
    }
    return pid;
  }

  void spawn(const fs::path& program, const fs::path& folder, int socket) {
    std::vector<std::string> words{"hopflow",  "engine-worker", "--socket", fmt::format("{}", worker_socket),
                                   "--folder", folder.string()};
    std::vector<std::string> environment = worker_environment();
    environment.push_back(mark_);
    const std::string log = (folder / "worker.log").string();
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0666);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    posix_spawn_file_actions_adddup2(&files, socket, worker_socket);
    posix_spawn_file_actions_addclosefrom_np(&files, worker_socket + 1);
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int problem =
        posix_spawn(&pid_, program.c_str(), &files, &attributes, pointers(words).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (problem != 0) {
      pid_ = 0;
      throw Error(Error::Kind::io,
                  fmt::format("cannot start an engine process from {}: {}", program.string(), std::strerror(problem)));
    }
  }

  std::string mark_ = stray_mark("HOPFLOW_WORKER");
  Descriptor socket_;
  Descriptor timer_;
  Descriptor ready_;
  Moment until_{};
  pid_t pid_ = 0;
};

}  // namespace

struct EngineHost::State {
  EngineSite site;
  std::optional<Child> child;
  std::set<std::string> known;               // specs the child knows
  bool has_clients = false;                  // the child may have started programs of its own
  double deadline_s = 0;                     // of the question under way
  std::map<std::string, AnswerTimes> times;  // by spec
  AnswerTimes atom_times;                    // per atom, of engines without clients
  std::set<std::string> slow;                // specs that were late where others would not have been
  double atoms = 1;
  std::chrono::steady_clock::time_point begun{};
  std::string answered_last;  // the spec whose client is there, "" after a failure
  struct Local {
    std::string hash;
    std::unique_ptr<Potential> potential;
  };
  std::list<Local> local;  // latest used first

  ~State() {
    if (child && has_clients && !under_way) child->dismiss();
  }

  bool under_way = false;
  std::string kind, hash;  // spec of the question under way
  std::optional<Evaluation> ready;
  std::exception_ptr error;

  void begin(const EngineSpec& spec, const Configuration& configuration) {
    kind = spec.kind;
    hash = spec.hash();
    const bool together = spec.running.ranks > 1;
    if (together && !site.communicator) {
      throw Error(Error::Kind::usage, fmt::format("the engine block asks for {} ranks per image, and this command has "
                                                  "no team of MPI ranks; set ranks_per_image: 1",
                                                  spec.running.ranks));
    }
    if (together || !needs_process(spec.kind)) {
      ready = potential(spec).evaluate(configuration);
      return;
    }
    if (!child) {
      known.clear();
      has_clients = false;
      make_folder();
      child.emplace(site.program.empty() ? fs::path{"/proc/self/exe"} : site.program, site.folder);
    }
    // The child keeps a client's time itself and says more when it is up.
    const EngineRunning& running = spec.running;
    const bool usual = running.deadline_s <= 0 || running.deadline_s == EngineSite{}.deadline_s;
    const double limit = running.deadline_s > 0 ? running.deadline_s : site.deadline_s;
    atoms = std::max(1.0, static_cast<double>(configuration.positions.cols()));
    deadline_s = usual ? times[hash].allowed(limit) : limit;
    // A spec that is new here is like those before it, by its atoms; once late, it has all the time there is.
    if (usual && running.processes == 0 && !times[hash].median() && !slow.contains(hash))
      if (const auto others = atom_times.median()) deadline_s = std::min(limit, std::max(60.0, 100 * *others * atoms));
    if (running.deadline_s > 0) deadline_s += dying_ms / 1000.0 + (answered_last == hash ? 0 : running.start_s);
    begun = std::chrono::steady_clock::now();
    has_clients = has_clients || running.processes > 0;
    child->set_deadline(deadline_s);
    std::string frames;
    if (known.insert(hash).second) frames = wire::spec_frame(spec, hash);
    frames += wire::question_frame(hash, configuration);
    const Transfer outcome = child->write(frames);
    if (outcome != Transfer::done) fail(outcome);
  }

  Evaluation finish() {
    wire::Header header{};
    take(&header, sizeof header);
    if (header.length > wire::largest_body) {
      child.reset();
      throw Error(Error::Kind::engine,
                  "the engine process sent an answer that cannot be read and was ended; look into its worker.log");
    }
    std::string body(header.length, '\0');
    take(body.data(), body.size());
    answered_last.clear();
    if (header.kind == static_cast<std::uint32_t>(wire::Kind::failure)) throw wire::read_failure(body);
    if (header.kind != static_cast<std::uint32_t>(wire::Kind::answer)) {
      child.reset();
      throw Error(Error::Kind::engine,
                  "the engine process sent an answer that cannot be read and was ended; look into its worker.log");
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    times[hash].note(seconds);
    if (!has_clients) atom_times.note(seconds / atoms);
    answered_last = hash;
    return wire::read_answer(body);
  }

  void make_folder() const {
    if (site.folder.empty()) throw Error(Error::Kind::usage, "an engine process needs a folder for its logs");
    std::error_code problem;
    fs::create_directories(site.folder, problem);
    if (problem) throw Error(Error::Kind::io, fmt::format("{}: {}", site.folder.string(), problem.message()));
  }

  void take(void* data, std::size_t size) {
    const Transfer outcome = child->read(data, size);
    if (outcome != Transfer::done) fail(outcome);
  }

  Potential& potential(const EngineSpec& spec) {
    for (auto at = local.begin(); at != local.end(); ++at) {
      if (at->hash != hash) continue;
      local.splice(local.begin(), local, at);
      return *local.front().potential;
    }
    if (spec.running.ranks > 1) make_folder();
    auto made = make_potential(spec, site.folder, site.communicator);
    if (local.size() >= most_local) local.pop_back();
    local.push_front(Local{hash, std::move(made)});
    return *local.front().potential;
  }

  [[noreturn]] void fail(Transfer outcome) {
    if (outcome == Transfer::late) {
      child.reset();
      answered_last.clear();
      slow.insert(hash);
      throw Error(Error::Kind::engine,
                  fmt::format("the engine did not answer within {} s and was stopped; look for the cause in {},\n  or "
                              "use a smaller cell or more ranks (ranks_per_image)",
                              text::shortest(deadline_s), log().string()));
    }
    const std::string how = child->reap();
    child.reset();
    answered_last.clear();
    for (const fs::path& file : {log(), site.folder / "worker.log"}) {
      const std::vector<std::string> words = tail_of(file, 10);
      if (words.empty()) continue;
      // The first line is the same wherever the run is; the log's place and tail follow on lines of their own.
      std::string cause;
      for (const std::string& line : words) {
        if (line.rfind("ERROR", 0) == 0) cause = fmt::format(" with '{}'", line);
      }
      throw Error(Error::Kind::engine, fmt::format("the engine process ended ({}){}\n  last lines of {}:\n    {}", how,
                                                   cause, file.string(), text::join(words, "\n    ")));
    }
    throw Error(Error::Kind::engine, fmt::format("the engine process ended ({}) without any output", how));
  }

  fs::path log() const { return engine_log(kind, site.folder, hash); }
};

EngineHost::EngineHost(EngineSite site) : state_{std::make_unique<State>()} {
  if (!site.folder.empty()) site.folder = fs::absolute(site.folder);
  state_->site = std::move(site);
}
EngineHost::~EngineHost() = default;
EngineHost::EngineHost(EngineHost&&) noexcept = default;
EngineHost& EngineHost::operator=(EngineHost&&) noexcept = default;

void EngineHost::begin(const EngineSpec& spec, const Configuration& configuration) {
  if (state_->under_way) {
    throw Error(Error::Kind::usage, "an engine was asked while an evaluation is under way; take its answer first");
  }
  state_->under_way = true;
  state_->ready.reset();
  state_->error = nullptr;
  try {
    state_->begin(spec, configuration);
  } catch (...) {
    state_->error = std::current_exception();
  }
}

int EngineHost::descriptor() const {
  if (!state_->under_way || state_->ready || state_->error) return -1;
  return state_->child->descriptor();
}

Evaluation EngineHost::finish() {
  if (!state_->under_way) throw Error(Error::Kind::usage, "an engine's answer was taken though nothing was asked");
  state_->under_way = false;
  if (state_->error) std::rethrow_exception(std::exchange(state_->error, nullptr));
  if (state_->ready) {
    Evaluation answer = std::move(*state_->ready);
    state_->ready.reset();
    return answer;
  }
  return state_->finish();
}

std::filesystem::path EngineHost::log(const EngineSpec& spec) const {
  return engine_log(spec.kind, state_->site.folder, spec.hash());
}

int EngineHost::process() const { return state_->child ? static_cast<int>(state_->child->pid()) : 0; }

}  // namespace hopflow
