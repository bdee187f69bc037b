// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/join/joiner.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <map>
#include <optional>
#include <thread>

#include <fmt/core.h>

#include "potentials/core/hashing.hpp"
#include "potentials/host/engine_host.hpp"
#include "potentials/host/wire.hpp"
#include "potentials/ipi/ipi.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/join/guest.hpp"
#include "workflows/join/handshake.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

constexpr int failures_allowed = 3;  // in a row: the place is bad then, not the questions
constexpr double message_s = 60, driver_hearing_s = 10;
constexpr int between_looks_ms = 250;

bool must_leave() { return stop_requested() != 0 && stop_requested() != SIGUSR1; }

std::string own_name() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return fmt::format("{}:{}", host.data(), ::getpid());
}

EngineSite site_in(const fs::path& folder) {
  EngineSite site;
  site.folder = folder;
  return site;
}

/// The connection has an end, but nobody said that the run has.
struct Lost {};

class Joiner {
 public:
  Joiner(const JoinOptions& options, Descriptor socket, JoinReport& report)
      : options_{options}, socket_{std::move(socket)}, report_{report}, host_{site_in(options.folder)} {}

  /// @throws Lost, Error
  void work() {
    while (stop_requested() == 0) {
      pollfd one{socket_.get(), POLLIN, 0};
      if (::poll(&one, 1, between_looks_ms) <= 0) continue;
      wire::Header header{};
      std::string body = frame(header);
      if (header.kind == farewell) return;
      if (header.kind == static_cast<std::uint32_t>(wire::Kind::spec)) {
        take_spec(wire::read_spec(body));
      } else if (header.kind == static_cast<std::uint32_t>(wire::Kind::question)) {
        if (!answer(wire::read_question(body))) return;
      } else {
        throw Lost{};
      }
    }
    report_.stopped = true;
  }

 private:
  std::string frame(wire::Header& header) {
    if (receive_all(socket_.get(), &header, sizeof header, after(message_s)) != Transfer::done ||
        header.length > wire::largest_body)
      throw Lost{};
    std::string body(header.length, '\0');
    if (receive_all(socket_.get(), body.data(), body.size(), after(message_s)) != Transfer::done) throw Lost{};
    return body;
  }

  void send(const std::string& message) {
    if (send_all(socket_.get(), message, after(message_s)) != Transfer::done) throw Lost{};
  }

  /// The engine as it is to be run here, or why it cannot be.
  struct Known {
    EngineSpec spec;
    std::string problem;
  };

  void take_spec(wire::SpecBody given) {
    Known known{std::move(given.spec), {}};
    try {
      if (known.spec.kind == "ipi") known.spec = client_here(std::move(known.spec));
    } catch (const Error& problem) {
      known.problem = problem.what();
      fmt::print(stderr, "hopflow: {} is not available on this machine: {}\n", known.spec.version, known.problem);
    }
    specs_.insert_or_assign(std::move(given.hash), std::move(known));
  }

  EngineSpec client_here(EngineSpec spec) const {
    IpiDocument document = IpiDocument::parse(spec.document);
    if (!options_.in.empty()) spec.running.folder = fs::absolute(options_.in);
    if (!options_.command.empty()) {
      if (options_.in.empty()) spec.running.folder = fs::current_path();
      document.command = options_.command;
      document.socket = "unix";
      for (const std::string& word : document.command)
        if (word.find("{port}") != std::string::npos) document.socket = "tcp";
      spec.document = document.dump();
      return spec;
    }
    std::error_code status;
    if (!fs::is_directory(spec.running.folder, status))
      throw Error{
          Error::Kind::bad_input,
          fmt::format(
              "{}: the folder where the run starts its clients does not exist on this machine; give one with --in",
              text::printable(spec.running.folder.string()))};
    for (const auto& [name, hash] : document.files) {
      const fs::path file = spec.running.folder / name;
      if (!fs::is_regular_file(file, status) || hash_of_file(file) != hash)
        throw Error{Error::Kind::bad_input,
                    fmt::format("{} differs from the file that the run uses, so its results would differ; copy the "
                                "file from the run, or name a folder that has it with --in",
                                text::printable(file.string()))};
    }
    return spec;
  }

  /// @return false when asked to leave
  bool answer(const wire::QuestionBody& question) {
    const auto known = specs_.find(question.hash);
    if (known == specs_.end()) throw Lost{};
    if (!known->second.problem.empty()) {
      send(wire::failure_frame(Error::Kind::missing_dependency, known->second.problem));
      return true;
    }
    host_.begin(known->second.spec, question.configuration);
    for (;;) {
      const int descriptor = host_.descriptor();
      if (descriptor < 0) break;
      std::array<pollfd, 2> both{{{descriptor, POLLIN, 0}, {socket_.get(), POLLIN, 0}}};
      ::poll(both.data(), both.size(), between_looks_ms);
      if (must_leave()) {
        report_.stopped = true;
        return false;
      }
      if (both[0].revents != 0) break;
      if (both[1].revents != 0) {  // nothing but an end is due here
        wire::Header header{};
        frame(header);
        if (header.kind == farewell) return false;
        throw Lost{};
      }
    }
    try {
      const Evaluation answer = host_.finish();
      send(wire::answer_frame(answer));
      ++report_.answered;
      failures_ = 0;
    } catch (const Error& problem) {
      const bool of_engine = problem.kind() == Error::Kind::engine;
      if (problem.kind() == Error::Kind::io || problem.kind() == Error::Kind::usage) throw;
      send(wire::failure_frame(problem.kind(), problem.what()));
      if (of_engine && ++failures_ >= failures_allowed)
        throw Error{Error::Kind::engine, fmt::format("the engine failed {} times in a row here, the last time: {}",
                                                     failures_, problem.what())};
    }
    return true;
  }

  const JoinOptions& options_;
  Descriptor socket_;
  JoinReport& report_;
  EngineHost host_;
  std::map<std::string, Known> specs_;  // by the run's own hash
  int failures_ = 0;
};

}  // namespace

JoinReport join_and_answer(const JoinOptions& options) {
  JoinReport report;
  Moment latest = after(options.wait_s);
  bool said = false;
  const auto pause = [&](const char* what) {
    if (!said) fmt::print(stderr, "hopflow: {}; waiting for {}\n", what, options.address.string());
    said = true;
    std::this_thread::sleep_for(std::chrono::milliseconds{between_looks_ms});
  };
  while (stop_requested() == 0) {
    std::optional<Descriptor> socket;
    try {
      socket = join_run(Address::read(options.address), own_name(), driver_hearing_s);
    } catch (const Error& problem) {
      if (problem.kind() != Error::Kind::io || std::chrono::steady_clock::now() >= latest) throw;
      pause("the run does not serve");
      continue;
    }
    fmt::print(stderr, "hopflow: joined the run of {}\n", options.address.string());
    try {
      Joiner{options, std::move(*socket), report}.work();
      return report;
    } catch (const Lost&) {
      if (options.wait_s <= 0)
        throw Error{Error::Kind::io, fmt::format("the connection to the run of {} is lost; unfinished evaluations are "
                                                 "repeated when the run continues. Use --wait SECONDS to join it again",
                                                 text::printable(options.address.string()))};
      latest = after(options.wait_s);
      said = false;
      pause("the run is gone");
    }
  }
  report.stopped = true;
  return report;
}

}  // namespace hopflow
