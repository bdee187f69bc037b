// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/crew.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "structures/error.hpp"
#include "workflows/bytes.hpp"
#include "workflows/signals.hpp"

namespace hopflow {

namespace {

// Messages: one byte of kind, then the fields.
constexpr char to_site = 'L', to_spec = 'P', to_evaluate = 'E', to_stage = 'S', to_end = 'X';
constexpr char evaluation_answer = 'e', stage_answer = 's', error_answer = 'f';

std::string message(char kind, ByteWriter body) { return std::string(1, kind) + body.take(); }

std::string error_message(const std::exception_ptr& error) {
  ByteWriter body;
  try {
    std::rethrow_exception(error);
  } catch (const Error& problem) {
    body.put(static_cast<std::int32_t>(problem.kind())).put(std::string_view{problem.what()});
  } catch (const std::exception& problem) {
    body.put(static_cast<std::int32_t>(Error::Kind::engine)).put(std::string_view{problem.what()});
  }
  return message(error_answer, std::move(body));
}

nlohmann::json run_stage(const std::string& stage, const nlohmann::json& input, const pipeline::StageSite& site) {
  if (stage == "device") return pipeline::device_stage(input);
  if (stage == "crossbar") return pipeline::crossbar_stage(input);
  if (stage == "snn") return pipeline::snn_stage(input, site);
  throw Error{Error::Kind::usage, fmt::format("there is no stage '{}'", stage)};
}

EngineSite engine_site(const CrewSite& site, int worker, int ranks) {
  EngineSite out;
  out.folder = site.folder / fmt::format("{}-{}", worker < ranks ? "rank" : "worker", worker);
  out.deadline_s = site.deadline_s;
  return out;
}

std::string spec_bytes(const EngineSpec& spec) {
  ByteWriter body;
  for (const std::string* field : {&spec.kind, &spec.version, &spec.tier, &spec.charge, &spec.document})
    body.put(*field);
  body.put(static_cast<std::int32_t>(spec.running.processes)).put(spec.running.start_s).put(spec.running.deadline_s);
  body.put(std::string_view{spec.running.folder.native()}).put(std::string_view{spec.running.library.native()});
  return body.take();
}

EngineSpec spec_from(ByteReader& reader) {
  EngineSpec spec;
  for (std::string* field : {&spec.kind, &spec.version, &spec.tier, &spec.charge, &spec.document})
    *field = reader.text();
  spec.running.processes = reader.get<std::int32_t>();
  spec.running.start_s = reader.get<double>();
  spec.running.deadline_s = reader.get<double>();
  spec.running.folder = reader.text();
  spec.running.library = reader.text();
  return spec;
}

}  // namespace

struct Crew::State {
  MpiSession& session;
  CrewSite site;
  struct Engine {
    EngineHost host;
    bool busy = false;
  };
  std::map<int, Engine> engines;  // of this rank, by worker
  std::map<int, std::set<std::string>> specs_sent;

  // The stage under way on this rank. Its thread shares the slot, so that a stop need not wait for the stage.
  struct StageSlot {
    int done = -1;  // eventfd
    nlohmann::json output;
    std::exception_ptr error;
    ~StageSlot() { ::close(done); }
  };
  std::shared_ptr<StageSlot> stage = std::make_shared<StageSlot>();
  std::thread stage_thread;
  bool stage_busy = false;

  std::vector<int> waited_for;      // workers behind `descriptors`
  std::vector<pollfd> descriptors;  // kept, so that no look allocates

  State(MpiSession& with, CrewSite at)
      : session{with}, site{std::move(at)} {
    add_engine(0);
    stage->done = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stage->done < 0) throw Error{Error::Kind::io, "no event descriptor is free; raise the limit of open files"};
    for (int rank = 1; rank < session.size(); ++rank)
      session.post(rank, message(to_site, std::move(ByteWriter{}
                                                        .put(std::string_view{site.folder.native()})
                                                        .put(std::string_view{site.data.native()})
                                                        .put(site.deadline_s))));
  }
  ~State() {
    if (stage_thread.joinable()) stage_thread.detach();
  }

  void add_engine(int worker) {
    engines.emplace(worker, Engine{EngineHost{engine_site(site, worker, session.size())}});
  }

  std::optional<Answer> local_answer(std::chrono::microseconds timeout) {
    constexpr int the_stage = -1;
    waited_for.clear();
    descriptors.clear();
    for (auto& [worker, engine] : engines) {
      if (!engine.busy) continue;
      const int descriptor = engine.host.descriptor();
      if (descriptor < 0) return engine_answer(worker);
      waited_for.push_back(worker);
      descriptors.push_back({descriptor, POLLIN, 0});
    }
    if (stage_busy) {
      waited_for.push_back(the_stage);
      descriptors.push_back({stage->done, POLLIN, 0});
    }
    const timespec limit{.tv_sec = timeout.count() / 1'000'000, .tv_nsec = timeout.count() % 1'000'000 * 1000};
    if (::ppoll(descriptors.data(), descriptors.size(), &limit, nullptr) <= 0) return std::nullopt;
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      if (descriptors[i].revents == 0) continue;
      if (waited_for[i] != the_stage) return engine_answer(waited_for[i]);
      if (auto answer = finished_stage()) return answer;
    }
    return std::nullopt;
  }

  std::optional<Answer> finished_stage() {
    std::uint64_t ticks = 0;
    if (::read(stage->done, &ticks, sizeof ticks) != sizeof ticks) return std::nullopt;
    stage_thread.join();
    stage_busy = false;
    if (stage->error) return Answer{0, std::exchange(stage->error, nullptr)};
    return Answer{0, std::move(stage->output)};
  }

  Answer engine_answer(int worker) {
    Engine& engine = engines.at(worker);
    engine.busy = false;
    try {
      return Answer{worker, engine.host.finish()};
    } catch (...) {
      return Answer{worker, std::current_exception()};
    }
  }

  static Answer remote_answer(const MpiSession::Message& arrived) {
    ByteReader reader{std::string_view{arrived.content}.substr(1)};
    switch (arrived.content.at(0)) {
      case evaluation_answer: return Answer{arrived.from, evaluation_from(reader)};
      case stage_answer: return Answer{arrived.from, nlohmann::json::parse(reader.text())};
      default: {
        const auto kind = static_cast<Error::Kind>(reader.get<std::int32_t>());
        return Answer{arrived.from, std::make_exception_ptr(Error{kind, reader.text()})};
      }
    }
  }
};

Crew::Crew(MpiSession& session, CrewSite site) : state_{std::make_unique<State>(session, std::move(site))} {}
Crew::~Crew() = default;

int Crew::ranks() const { return state_->session.size(); }
int Crew::size() const { return ranks() + static_cast<int>(state_->engines.size()) - 1; }

void Crew::provide(int workers) {
  for (int worker = size(); worker < workers; ++worker) state_->add_engine(worker);
}

void Crew::begin_evaluation(int worker, const EngineSpec& spec, const Configuration& configuration) {
  if (!is_remote(worker)) {
    State::Engine& engine = state_->engines.at(worker);
    engine.busy = true;
    engine.host.begin(spec, configuration);
    return;
  }
  const std::string hash = spec.hash();
  if (state_->specs_sent[worker].insert(hash).second)
    state_->session.post(worker, message(to_spec, std::move(ByteWriter{}.put(std::string_view{hash}))) + spec_bytes(spec));
  state_->session.post(
      worker, message(to_evaluate, std::move(ByteWriter{}.put(std::string_view{hash}))) + to_bytes(configuration));
}

void Crew::begin_stage(int worker, const std::string& stage, const nlohmann::json& input) {
  if (worker == 0) {
    state_->stage_busy = true;
    state_->stage_thread = std::thread{[slot = state_->stage, site = pipeline::StageSite{state_->site.data}, stage, input] {
      try {
        slot->output = run_stage(stage, input, site);
      } catch (...) {
        slot->error = std::current_exception();
      }
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(slot->done, &one, sizeof one);
    }};
    return;
  }
  state_->session.post(
      worker, message(to_stage, std::move(ByteWriter{}.put(std::string_view{stage}).put(std::string_view{input.dump()}))));
}

std::optional<Crew::Answer> Crew::wait(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  const bool alone = state_->session.size() == 1;
  auto pause = std::chrono::microseconds{20};
  for (;;) {
    if (auto arrived = state_->session.receive()) return State::remote_answer(*arrived);
    // MPI has no descriptor to wait on: between looks at it, this waits for the local worker.
    if (auto answer = state_->local_answer(alone ? std::chrono::microseconds{limit} : pause)) return answer;
    if (std::chrono::steady_clock::now() >= until || stop_requested() != 0) return std::nullopt;
    if (pause < std::chrono::microseconds{200}) pause *= 2;
  }
}

int work_for_rank_zero(MpiSession& session) {
  ignore_stop_signals();
  CrewSite site;
  std::optional<EngineHost> engine;
  std::map<std::string, EngineSpec> specs;
  for (;;) {
    const MpiSession::Message job = session.wait();
    ByteReader reader{std::string_view{job.content}.substr(1)};
    const char kind = job.content.at(0);
    if (kind == to_end) return reader.get<std::int32_t>();
    if (kind == to_site) {
      site.folder = reader.text();
      site.data = reader.text();
      site.deadline_s = reader.get<double>();
      engine.emplace(engine_site(site, session.rank(), session.size()));
    } else if (kind == to_spec) {
      std::string hash = reader.text();
      specs.insert_or_assign(std::move(hash), spec_from(reader));
    } else {
      std::string answer;
      try {
        if (kind == to_evaluate) {
          const EngineSpec& spec = specs.at(reader.text());
          answer = std::string(1, evaluation_answer) + to_bytes(engine->evaluate(spec, configuration_from(reader)));
        } else {
          const std::string stage = reader.text();
          const auto output = run_stage(stage, nlohmann::json::parse(reader.text()), pipeline::StageSite{site.data});
          answer = message(stage_answer, std::move(ByteWriter{}.put(std::string_view{output.dump()})));
        }
      } catch (...) {
        // The outermost frame of this rank: failure travels as an answer.
        answer = error_message(std::current_exception());
      }
      session.send(0, answer);
    }
  }
}

void end_crew(MpiSession& session, int exit_code) {
  for (int rank = 1; rank < session.size(); ++rank)
    session.post(rank, message(to_end, std::move(ByteWriter{}.put(static_cast<std::int32_t>(exit_code)))));
  session.drain();
}

}  // namespace hopflow
