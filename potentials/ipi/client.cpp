// SPDX-License-Identifier: GPL-2.0-or-later
// The server's side of the protocol, with a time limit on every byte.
#include "potentials/ipi/client.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <string_view>
#include <thread>

#include <fmt/core.h>

#include "potentials/core/places.hpp"
#include "potentials/ipi/protocol.hpp"
#include "potentials/process/strays.hpp"
#include "potentials/process/stream.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

extern char** environ;

namespace hopflow::ipi {

namespace {

constexpr double obeying_s = 2;  // from EXIT to the end of the client
constexpr auto first_pause = std::chrono::microseconds{50};
constexpr auto longest_pause = std::chrono::milliseconds{1};

/// The socket a client connects to. Its file is gone as soon as the client is there: nobody else finds it, and a crash
/// leaves nothing behind.
class Listener {
 public:
  explicit Listener(bool tcp) {
    tcp ? listen_tcp() : listen_unix();
    if (listen(socket_.get(), 1) != 0) fail_io("listen");
  }
  ~Listener() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int get() const { return socket_.get(); }
  const std::string& name() const { return name_; }
  const std::string& path() const { return path_; }
  int port() const { return port_; }

  Descriptor accept() const {
    Descriptor peer{accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (peer.get() < 0) fail_io("accept");
    const int on = 1;
    if (port_ != 0) setsockopt(peer.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return peer;
  }

 private:
  // What processes that were killed while they waited for their client have left.
  static void remove_abandoned() {
    std::error_code status;
    for (auto at = std::filesystem::directory_iterator{"/tmp", status};
         !status && at != std::filesystem::directory_iterator{}; at.increment(status)) {
      const std::string name = at->path().filename().string();
      constexpr std::string_view beginning = "ipi_hopflow-";
      if (!name.starts_with(beginning)) continue;
      const auto process = text::to_integer(
          std::string_view{name}.substr(beginning.size(), name.find('-', beginning.size()) - beginning.size()));
      struct stat entry = {};
      if (process && kill(static_cast<pid_t>(*process), 0) != 0 && errno == ESRCH &&
          lstat(at->path().c_str(), &entry) == 0 && S_ISSOCK(entry.st_mode) && entry.st_uid == geteuid())
        unlink(at->path().c_str());
    }
  }

  // The beginning of the path is fixed in the clients.
  void listen_unix() {
    remove_abandoned();
    std::uint32_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random) fail_io("getrandom");
    name_ = fmt::format("hopflow-{}-{:08x}", getpid(), random);
    const std::string path = fmt::format("/tmp/ipi_{}", name_);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    socket_ = Descriptor{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (socket_.get() < 0) fail_io("socket");
    const mode_t before = umask(077);
    const int bound = bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    umask(before);
    if (bound != 0) fail_io(path);
    path_ = path;
  }

  void listen_tcp() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket_ = Descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    socklen_t size = sizeof address;
    if (socket_.get() < 0 || bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      fail_io("a loopback port");
    }
    port_ = ntohs(address.sin_port);
  }

  Descriptor socket_;
  std::string name_, path_;
  int port_ = 0;
};

std::string filled(std::string word, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    for (std::size_t at = word.find(name); at != std::string::npos; at = word.find(name, at + value.size())) {
      word.replace(at, name.size(), value);
    }
  }
  return word;
}

// The user's own surroundings, without what this process was given to keep MPI to itself.
std::vector<std::string> client_environment(int threads) {
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view word{*entry};
    if (!word.starts_with("OMPI_MCA_") && !word.starts_with("OMP_NUM_THREADS=")) kept.emplace_back(word);
  }
  kept.push_back(fmt::format("OMP_NUM_THREADS={}", threads));
  return kept;
}

/// The client's process and whatever it starts: one group, killed as one.
class Process {
 public:
  Process(std::vector<std::string> words, const ClientSite& site) {
    std::vector<std::string> environment = client_environment(site.threads);
    environment.push_back(mark_);
    const std::vector<char*> arguments = pointers(words);
    const std::vector<char*> variables = pointers(environment);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail_io("pipe");
    const Descriptor ours{ends[0]};
    Descriptor theirs{ends[1]};
    const pid_t parent = getpid();
    guard_ = guard_strays(mark_);
    pid_ = fork();
    if (pid_ < 0) {
      dismiss_guard();
      fail_io("fork");
    }
    if (pid_ == 0) become(arguments, variables, site, theirs.get(), parent);
    theirs = Descriptor{};
    int problem = 0;
    if (read(ours.get(), &problem, sizeof problem) == sizeof problem) {
      waitpid(std::exchange(pid_, 0), nullptr, 0);
      dismiss_guard();
      throw Error(Error::Kind::missing_dependency,
                  fmt::format("the i-PI client '{}' cannot be started: {}; install it, or give its full path", words[0],
                              std::strerror(problem)));
    }
    watched_ = Descriptor{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
  }
  ~Process() {
    if (pid_ > 0) end();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Readable once the process has ended.
  int descriptor() const { return watched_.get(); }

  /// How it ended, after a moment for it to do so. "" if it has not: it is killed then.
  std::string end(double patience_s = 0) {
    const bool over = watched_.get() >= 0 && wait_for(watched_.get(), POLLIN, after(patience_s));
    kill(-pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    dismiss_guard();
    end_strays(mark_);
    if (!over) return "";
    if (WIFSIGNALED(status)) return fmt::format("killed by signal {}", WTERMSIG(status));
    return fmt::format("exit code {}", WEXITSTATUS(status));
  }

 private:
  [[noreturn]] static void become(const std::vector<char*>& arguments, const std::vector<char*>& variables,
                                  const ClientSite& site, int report, pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
    const int null = open("/dev/null", O_RDONLY);
    const int log = open(site.log.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0666);
    if (null >= 0 && log >= 0 && dup2(null, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2 &&
        chdir(site.folder.c_str()) == 0) {
      execvpe(arguments[0], arguments.data(), variables.data());
    }
    const int problem = errno;
    [[maybe_unused]] const ssize_t sent = write(report, &problem, sizeof problem);
    _exit(127);
  }

  void dismiss_guard() {
    if (guard_ <= 0) return;
    kill(guard_, SIGKILL);
    waitpid(std::exchange(guard_, 0), nullptr, 0);
  }

  std::string mark_ = stray_mark("HOPFLOW_CLIENT");  // of it, and of what leaves its group
  pid_t guard_ = 0;                                  // for the case that this process is killed
  pid_t pid_ = 0;
  Descriptor watched_;
};

}  // namespace

struct Client::State {
  ClientSite site;
  std::unique_ptr<Process> process;
  Descriptor socket;
  Moment until{};
  bool broken = false;       // nothing more can be expected of it
  bool asked_ahead = false;  // STATUS has been sent, its answer not read

  // The first line is the same wherever the run is; the log's place and tail follow on lines of their own.
  [[noreturn]] void fail(const std::string& what) {
    broken = true;
    std::string message = fmt::format("the i-PI client {}", what);
    const std::vector<std::string> words = tail_of(site.log, 10);
    if (!words.empty())
      message += fmt::format("\n  last lines of {}:\n    {}", site.log.string(), text::join(words, "\n    "));
    throw Error(Error::Kind::engine, message);
  }

  // The stream is over: the process tells how.
  [[noreturn]] void fail_ended(const std::string& when) {
    const std::string how = process->end(obeying_s);
    fail(how.empty() ? fmt::format("closed its socket {} but is still running", when)
                     : fmt::format("ended {} ({})", when, how));
  }

  void check(Transfer transfer, const char* when) {
    if (transfer == Transfer::closed) fail_ended(when);
    if (transfer == Transfer::late) {
      fail(fmt::format("did not answer within {} s; raise deadline_s if it needs longer",
                       text::shortest(site.deadline_s)));
    }
  }

  void start() {
    const Listener listener{site.tcp};
    const std::map<std::string, std::string> values{{"{socket}", listener.name()},
                                                    {"{path}", listener.path()},
                                                    {"{host}", "127.0.0.1"},
                                                    {"{port}", fmt::format("{}", listener.port())},
                                                    {"{structure}", site.structure.string()},
                                                    {"{scratch}", site.scratch.string()},
                                                    {"{python}", client_python()}};
    std::vector<std::string> words;
    for (const std::string& word : site.command) words.push_back(filled(word, values));
    process = std::make_unique<Process>(std::move(words), site);
    const Moment latest = after(site.start_s);
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(latest - std::chrono::steady_clock::now()).count();
      if (left <= 0) {
        fail(
            fmt::format("did not connect within {} s; raise start_s if it needs longer", text::shortest(site.start_s)));
      }
      pollfd both[2] = {{listener.get(), POLLIN, 0}, {process->descriptor(), POLLIN, 0}};
      if (poll(both, 2, static_cast<int>(left)) <= 0) continue;
      if (both[0].revents != 0) break;
      if (both[1].revents != 0) fail_ended("before it connected");
    }
    socket = listener.accept();
  }

  void send(const std::string& message, const char* when) { check(send_all(socket.get(), message, until), when); }

  template <class T>
  void receive(T* values, std::size_t count, const char* when) {
    check(receive_all(socket.get(), values, count * sizeof(T), until), when);
  }

  std::string receive_word(const char* when) {
    std::array<char, header_size> bytes{};
    receive(bytes.data(), bytes.size(), when);
    return word_of(bytes);
  }

  // READY for a question; clients that want to be initialised first are.
  void make_ready() {
    if (!asked_ahead) send(header("STATUS"), "while it was asked for its state");
    asked_ahead = false;
    bool initialised = false;
    auto pause = first_pause;
    for (;;) {
      const std::string word = receive_word("while it was asked for its state");
      if (word == "READY") return;
      if (word == "NEEDINIT" && !initialised) {
        initialised = true;
        send(init() + header("STATUS"), "while it was set up");
      } else if (word == "BUSY") {
        wait_and_ask(pause);
      } else {
        fail(fmt::format("sent '{}' where READY was expected", word));
      }
    }
  }

  void wait_and_ask(std::chrono::microseconds& pause) {
    if (std::chrono::steady_clock::now() >= until) check(Transfer::late, "");
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::microseconds>(2 * pause, longest_pause);
    send(header("STATUS"), "while it was computing");
  }

  Reply fetch(Eigen::Index atoms) {
    constexpr const char* when = "half-way through its answer";
    const std::string word = receive_word(when);
    if (word != "FORCEREADY") fail(fmt::format("sent '{}' where FORCEREADY was expected", word));
    Reply reply;
    receive(&reply.energy, 1, when);
    std::int32_t count = 0;
    receive(&count, 1, when);
    if (count != atoms)
      fail(
          fmt::format("returned forces for {} atoms instead of {}; let the client read the structure file that hopflow "
                      "gives it ({{structure}} in the command)",
                      count, atoms));
    reply.forces.resize(3, atoms);
    receive(reply.forces.data(), static_cast<std::size_t>(reply.forces.size()), when);
    receive(reply.virial.data(), reply.virial.size(), when);
    std::int32_t extra = 0;
    receive(&extra, 1, when);
    if (extra < 0 || extra > longest_extra) {
      fail(fmt::format("announced {} bytes of extra text; 0 to {} are read", extra, longest_extra));
    }
    std::string unread(static_cast<std::size_t>(extra), '\0');
    receive(unread.data(), unread.size(), when);
    // Its readiness for the next question is on its way while this answer is looked at. A client that has gone by now
    // is found out then.
    asked_ahead = send_all(socket.get(), header("STATUS"), until) == Transfer::done;
    return reply;
  }
};

std::string client_python() {
  const std::filesystem::path own = program_files() / ".tools" / "engines" / "bin" / "python3";
  return access(own.c_str(), X_OK) == 0 ? own.string() : "python3";
}

Client::Client(const ClientSite& site) : state_{std::make_unique<State>()} {
  state_->site = site;
  state_->start();
}

Client::~Client() {
  if (!state_->process || state_->process->descriptor() < 0) return;
  if (state_->broken) return;
  // A client that still has an answer to write would find the socket closed, and never read that it is to leave.
  std::array<char, header_size> unread{};
  if (state_->asked_ahead) receive_all(state_->socket.get(), unread.data(), unread.size(), after(obeying_s));
  if (state_->socket.get() >= 0) send_all(state_->socket.get(), header("EXIT"), after(0.1));
  state_->socket = Descriptor{};
  state_->process->end(obeying_s);
}

void Client::allow(double seconds) { state_->site.deadline_s = seconds; }

Reply Client::ask(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& positions) {
  state_->until = after(state_->site.deadline_s);
  state_->make_ready();
  state_->send(posdata(cell, positions) + header("STATUS"), "while it was asked");
  auto pause = first_pause;
  for (;;) {
    const std::string word = state_->receive_word("while it was computing");
    if (word == "HAVEDATA") break;
    if (word != "BUSY") state_->fail(fmt::format("sent '{}' where HAVEDATA was expected", word));
    state_->wait_and_ask(pause);
  }
  state_->send(header("GETFORCE"), "before its answer was fetched");
  return state_->fetch(positions.cols());
}

}  // namespace hopflow::ipi
