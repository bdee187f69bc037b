// SPDX-License-Identifier: GPL-2.0-or-later
// The engine process: one question at a time, answers and failures back, a line in its log for every answer.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <list>
#include <map>

#include <fmt/core.h>

#include "potentials/core/hashing.hpp"
#include "potentials/host/engine_host.hpp"
#include "potentials/host/wire.hpp"
#include "potentials/registry.hpp"
#include "structures/core/error.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

// False at end of file.
bool read_all(int descriptor, void* data, std::size_t size) {
  auto* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t n = read(descriptor, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool write_all(int descriptor, const std::string& data) {
  std::size_t at = 0;
  while (at < data.size()) {
    const ssize_t n = send(descriptor, data.data() + at, data.size() - at, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

class Server {
 public:
  Server(int descriptor, const fs::path& folder) : descriptor_{descriptor}, folder_{fs::absolute(folder)} {
    std::error_code ignored;  // who writes here says what is wrong
    fs::create_directories(folder_, ignored);
    log_ = open((folder_ / "worker.log").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  }
  ~Server() {
    if (log_ >= 0) close(log_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int run() {
    wire::Header header{};
    std::string body;
    while (read_all(descriptor_, &header, sizeof header)) {
      if (header.length > wire::largest_body) return 1;
      body.resize(header.length);
      if (!read_all(descriptor_, body.data(), body.size())) return 1;
      if (header.kind == static_cast<std::uint32_t>(wire::Kind::spec)) {
        wire::SpecBody spec = wire::read_spec(body);
        specs_[spec.hash] = std::move(spec.spec);
      } else if (header.kind == static_cast<std::uint32_t>(wire::Kind::question)) {
        if (!write_all(descriptor_, answer(body))) return 1;
      } else {
        return 1;
      }
    }
    return 0;
  }

 private:
  std::string answer(const std::string& body) {
    try {
      const wire::QuestionBody question = wire::read_question(body);
      const Evaluation evaluation = potential(question.hash).evaluate(question.configuration);
      ++answered_;
      say(fmt::format("evaluation {} spec {} question {}\n", answered_, question.hash.substr(0, 8),
                      hash_of(question.configuration)));
      return wire::answer_frame(evaluation);
    } catch (const Error& error) {
      return wire::failure_frame(error.kind(), error.what());
    } catch (const std::exception& problem) {
      return wire::failure_frame(Error::Kind::engine, problem.what());
    }
  }

  Potential& potential(const std::string& hash) {
    const auto kept = std::find_if(instances_.begin(), instances_.end(),
                                   [&](const Instance& instance) { return instance.hash == hash; });
    if (kept != instances_.end()) {
      instances_.splice(instances_.begin(), instances_, kept);
      return *instances_.front().potential;
    }
    const auto spec = specs_.find(hash);
    if (spec == specs_.end()) {
      throw Error(Error::Kind::engine, fmt::format("the engine process does not know spec {}", hash));
    }
    make_room(spec->second.kind);
    auto made = make_potential(spec->second, folder_);
    instances_.push_front(Instance{hash, spec->second.kind, std::move(made)});
    return *instances_.front().potential;
  }

  // Ends what was used longest ago of a kind that has as many instances as it may.
  void make_room(const std::string& kind) {
    const auto is_kind = [&](const Instance& instance) { return instance.kind == kind; };
    if (std::count_if(instances_.begin(), instances_.end(), is_kind) < most_instances(kind)) return;
    const auto oldest = std::find_if(instances_.rbegin(), instances_.rend(), is_kind);
    instances_.erase(std::next(oldest).base());
  }

  void say(const std::string& line) const {
    // One write per line: lines of a killed process are whole or absent.
    if (log_ >= 0 && write(log_, line.data(), line.size()) < 0) return;
  }

  struct Instance {
    std::string hash;
    std::string kind;
    std::unique_ptr<Potential> potential;
  };

  int descriptor_;
  fs::path folder_;
  int log_ = -1;
  std::uint64_t answered_ = 0;
  std::map<std::string, EngineSpec> specs_;
  std::list<Instance> instances_;  // latest used first
};

}  // namespace

int serve_engine(int descriptor, const fs::path& folder) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};  // a crashing engine leaves no image of its memory in the run folder
  setrlimit(RLIMIT_CORE, &no_core);
  rlimit file{};
  constexpr rlim_t largest_file = rlim_t{256} << 30;
  if (getrlimit(RLIMIT_FSIZE, &file) == 0 && file.rlim_cur > largest_file) {
    file.rlim_cur = largest_file;
    setrlimit(RLIMIT_FSIZE, &file);
  }
  // Signals that ask the run to stop reach every process of a batch job; when this one ends is its parent's decision.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) std::signal(signal, SIG_IGN);
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  Server server{descriptor, folder};
  return server.run();
}

}  // namespace hopflow
