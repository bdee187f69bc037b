// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/crew/crew.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <fstream>
#include <future>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "potentials/host/engine_host.hpp"
#include "potentials/process/stream.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/exit.hpp"
#include "workflows/crew/bytes.hpp"
#include "workflows/join/door.hpp"
#include "workflows/join/guest.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace {

// Messages: one byte of kind, then the fields.
constexpr char to_site = 'L', to_spec = 'P', to_evaluate = 'E', to_stage = 'S', to_end = 'X', to_listen = 'p';
constexpr char evaluation_answer = 'e', stage_answer = 's', error_answer = 'f', sign_of_life = 'h';

using Clock = std::chrono::steady_clock;
// Ranks say every so often that they are alive. One that is stopped (its machine says so) is given up after `stopped`,
// one that is silent for another reason after `silent`; rank 0 also computes between two looks at its messages.
constexpr auto between_signs = std::chrono::seconds{2};
constexpr auto stopped_after = std::chrono::seconds{20};
constexpr auto silent_after = std::chrono::seconds{60};
constexpr auto driver_silent_after = std::chrono::seconds{600};
// Who was away this long was stopped itself, with all the others perhaps: it starts to listen again.
constexpr auto away = std::chrono::seconds{5};
constexpr int first_guest = 1'000'000;  // number of a worker

/// A process as others on its machine find it.
struct Seat {
  std::string machine;
  std::int64_t process = 0;
};

Seat own_seat() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  std::ifstream boot{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  std::getline(boot, id);
  return {std::string{name} + " " + id, static_cast<std::int64_t>(::getpid())};
}

/// Whether a process of this machine is stopped (SIGSTOP); false for one of another machine.
bool is_stopped(const Seat& seat) {
  static const Seat own = own_seat();
  if (seat.process == 0 || seat.machine != own.machine) return false;
  std::ifstream in{fmt::format("/proc/{}/stat", seat.process)};
  std::string line;
  std::getline(in, line);
  const auto after_name = line.rfind(')');
  return after_name != std::string::npos && after_name + 2 < line.size() && line[after_name + 2] == 'T';
}

/// When another rank was last heard, by one who listens.
class Pulse {
 public:
  Seat seat;
  void hear() { heard_ = Clock::now(); }
  /// @param silence  that is too long for a rank that is not seen to be stopped
  /// @return why the rank is given up, "" while it is not
  std::string gone(std::chrono::seconds silence) {
    const auto now = Clock::now();
    if (now - looked_ > away) heard_ = now;
    looked_ = now;
    if (now - judged_ < std::chrono::milliseconds{500}) return {};
    judged_ = now;
    const auto quiet = now - heard_;
    if (quiet > stopped_after && is_stopped(seat)) return fmt::format("is stopped (process {})", seat.process);
    if (quiet > silence)
      return fmt::format("has given no sign of life for {} s",
                         std::chrono::duration_cast<std::chrono::seconds>(quiet).count());
    return {};
  }

 private:
  Clock::time_point heard_ = Clock::now(), looked_ = Clock::now(), judged_{};
};

[[noreturn]] void end_job(const MpiSession& session, int rank, const std::string& why) {
  std::fputs(
      fmt::format(
          "hopflow: rank {} {}; the job is aborted. All stored answers are kept; continue with 'hopflow resume RUN'\n",
          rank, why)
          .c_str(),
      stderr);
  session.abort(static_cast<int>(Exit::stopped));
}

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

nlohmann::json run_stage(const pipeline::Stages* stages, const std::string& stage, const nlohmann::json& input,
                         const pipeline::StageSite& site) {
  if (stages == nullptr || !stages->contains(stage))
    throw Error{Error::Kind::usage, fmt::format("there is no stage '{}'", stage)};
  return stages->at(stage)(input, site);
}

EngineSite engine_site(const CrewSite& site, const std::string& name, const MpiSession& session) {
  EngineSite out;
  out.folder = site.folder / name;
  out.deadline_s = site.deadline_s;
  if (session.team_size() > 1) out.communicator = session.team_communicator();
  return out;
}

std::string rank_name(int rank) { return fmt::format("rank-{}", rank); }

/// A question the whole team answers, each rank in its own process.
Evaluation evaluate_together(EngineHost& host, const EngineSpec& spec, const Configuration& configuration,
                             const MpiSession& session) {
  const bool leads = session.rank() == session.leader();
  const LastWords words{[&] {
                          std::string text = fmt::format(
                              "hopflow: LAMMPS ended rank {} during an evaluation. With ranks_per_image: {} it runs "
                              "inside the MPI ranks, so its error ends the run; stored answers are kept. Fix the cause "
                              "and run again, or use ranks_per_image: 1, where an error ends one evaluation only",
                              session.rank(), session.team_size());
                          const std::filesystem::path log = host.log(spec);
                          const std::vector<std::string> lines = tail_of(log, 10);
                          if (!lines.empty())
                            text +=
                                fmt::format("\n  last lines of {}:\n    {}", log.string(), text::join(lines, "\n    "));
                          return text;
                        },
                        static_cast<int>(Exit::engine), leads ? 0.0 : 1.0};
  return host.evaluate(spec, configuration);
}

std::string spec_bytes(const EngineSpec& spec) {
  ByteWriter body;
  for (const std::string* field : {&spec.kind, &spec.version, &spec.tier, &spec.charge, &spec.document})
    body.put(*field);
  body.put(static_cast<std::int32_t>(spec.running.processes)).put(static_cast<std::int32_t>(spec.running.ranks));
  body.put(spec.running.start_s).put(spec.running.deadline_s);
  body.put(std::string_view{spec.running.folder.native()}).put(std::string_view{spec.running.library.native()});
  return body.take();
}

EngineSpec spec_from(ByteReader& reader) {
  EngineSpec spec;
  for (std::string* field : {&spec.kind, &spec.version, &spec.tier, &spec.charge, &spec.document})
    *field = reader.text();
  spec.running.processes = reader.get<std::int32_t>();
  spec.running.ranks = reader.get<std::int32_t>();
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
    /// A question of this rank's team: answered in wait(), once every other team has its own.
    std::optional<std::pair<EngineSpec, Configuration>> together{};
  };
  std::map<int, Engine> engines;  // of this rank, by worker
  std::map<int, std::set<std::string>> specs_sent;
  std::map<int, Guest> guests;  // by worker
  int next_guest = first_guest;
  std::vector<std::string> notices;

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

  std::map<int, Pulse> pulses;  // of other ranks
  std::map<int, int> underway;  // worker -> jobs it heeds and answers by itself
  Clock::time_point looked{}, spoke{};

  std::vector<int> waited_for;      // workers behind `descriptors`
  std::vector<pollfd> descriptors;  // kept, so that no look allocates

  State(MpiSession& with, CrewSite at) : session{with}, site{std::move(at)} {
    if (session.size() % site.ranks_per_image != 0)
      throw Error{
          Error::Kind::usage,
          fmt::format("ranks_per_image is {}, and {} rank{} no whole teams; start a multiple: mpirun -n {} hopflow ...",
                      site.ranks_per_image, session.size(), session.size() == 1 ? " makes" : "s make",
                      site.ranks_per_image * std::max(1, session.size() / site.ranks_per_image))};
    stage->done = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stage->done < 0) throw Error{Error::Kind::io, "no event descriptor is free; raise the limit of open files"};
    const Seat seat = own_seat();
    for (int rank = 1; rank < session.size(); ++rank)
      session.post(rank, message(to_site, std::move(ByteWriter{}
                                                        .put(std::string_view{seat.machine})
                                                        .put(seat.process)
                                                        .put(std::string_view{site.folder.native()})
                                                        .put(std::string_view{site.data.native()})
                                                        .put(site.deadline_s)
                                                        .put(static_cast<std::int32_t>(site.ranks_per_image)))));
    if (site.ranks_per_image > 1) {
      session.form_teams(site.ranks_per_image);
      // Whoever answers in this process may change its folder for a moment.
      site.folder = std::filesystem::absolute(site.folder);
      if (!site.data.empty()) site.data = std::filesystem::absolute(site.data);
    }
    add_engine(0);
  }
  ~State() {
    if (stage_thread.joinable()) stage_thread.detach();
  }

  void add_engine(int worker) {
    const std::string name = worker == 0 ? rank_name(0) : fmt::format("worker-{}", worker);
    engines.emplace(worker, Engine{.host = EngineHost{engine_site(site, name, session)}});
  }

  std::string strength() const {
    return fmt::format("{} joined engine{} {} connected", guests.size(), guests.size() == 1 ? "" : "s",
                       guests.size() == 1 ? "is" : "are");
  }

  void admit() {
    for (Door::Admitted& one : site.door->attend(notices)) {
      const int worker = next_guest++;
      Guest guest{std::move(one.socket), fmt::format("{} (no. {})", one.name, worker - first_guest + 1)};
      const std::string name = guest.name();
      guests.emplace(worker, std::move(guest));
      notices.push_back(fmt::format("{} joined; {}", name, strength()));
    }
  }

  /// What a guest that can be read or is overdue has to say.
  std::optional<Answer> guest_answer(int worker) {
    Guest& guest = guests.at(worker);
    const bool asked = guest.busy();
    auto said = guest.finish();
    if (auto* left = std::get_if<Left>(&said)) {
      const std::string name = guest.name(), why = left->why;
      if (!left->stays) guests.erase(worker);
      notices.push_back(fmt::format("{} {}; {}", name, why, strength()));
      if (!asked) return std::nullopt;
      return Answer{worker, Left{why, left->stays}};
    }
    if (auto* answer = std::get_if<Evaluation>(&said)) return Answer{worker, std::move(*answer)};
    return Answer{worker, std::get<std::exception_ptr>(said)};
  }

  std::optional<Answer> overdue_guest() {
    for (auto& [worker, guest] : guests)
      if (guest.overdue()) return guest_answer(worker);
    return std::nullopt;
  }

  std::optional<Answer> local_answer(std::chrono::microseconds timeout) {
    constexpr int the_stage = -1, the_door = -2;
    if (auto answer = overdue_guest()) return answer;
    waited_for.clear();
    descriptors.clear();
    for (auto& [worker, engine] : engines) {
      if (!engine.busy || engine.together) continue;
      const int descriptor = engine.host.descriptor();
      if (descriptor < 0) return engine_answer(worker);
      waited_for.push_back(worker);
      descriptors.push_back({descriptor, POLLIN, 0});
    }
    if (stage_busy) {
      waited_for.push_back(the_stage);
      descriptors.push_back({stage->done, POLLIN, 0});
    }
    for (const auto& [worker, guest] : guests) {
      waited_for.push_back(worker);
      descriptors.push_back({guest.descriptor(), POLLIN, 0});
    }
    if (site.door != nullptr) {
      site.door->add_to(descriptors);
      waited_for.resize(descriptors.size(), the_door);
    }
    const timespec limit{.tv_sec = timeout.count() / 1'000'000, .tv_nsec = timeout.count() % 1'000'000 * 1000};
    if (::ppoll(descriptors.data(), descriptors.size(), &limit, nullptr) <= 0) return std::nullopt;
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      if (descriptors[i].revents == 0 || waited_for[i] == the_door) continue;
      if (waited_for[i] >= first_guest) {
        if (auto answer = guest_answer(waited_for[i])) return answer;
        continue;
      }
      if (waited_for[i] != the_stage) return engine_answer(waited_for[i]);
      if (auto answer = finished_stage()) return answer;
    }
    return std::nullopt;
  }

  /// This rank's share of its team's question, if there is one.
  std::optional<Answer> own_team_answer() {
    Engine& engine = engines.at(0);
    if (!engine.together) return std::nullopt;
    const auto [spec, configuration] = std::move(*std::exchange(engine.together, std::nullopt));
    engine.busy = false;
    try {
      return Answer{0, evaluate_together(engine.host, spec, configuration, session)};
    } catch (...) {
      return Answer{0, std::current_exception()};
    }
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

  /// Listens for ranks that have a question and says to all that this one is alive.
  void keep_in_touch() {
    const auto now = Clock::now();
    if (now - looked < std::chrono::milliseconds{500}) return;
    looked = now;
    for (auto& [worker, jobs] : underway) {
      const int rank = worker * session.team_size();
      if (jobs == 0) {
        pulses[rank].hear();
      } else if (const std::string why = pulses[rank].gone(silent_after); !why.empty()) {
        end_job(session, rank, why);
      }
    }
    if (now - spoke < between_signs) return;
    spoke = now;
    for (int rank = 1; rank < session.size(); ++rank)
      if (!session.awaits(rank)) session.post(rank, std::string(1, to_listen));
  }

  void begin_listening(int worker) {
    int& jobs = underway[worker];
    if (jobs++ == 0) pulses[worker * session.team_size()].hear();
  }

  /// An answer, or nothing where the message was a sign of life.
  std::optional<Answer> heard(const MpiSession::Message& arrived) {
    Pulse& pulse = pulses[arrived.from];
    pulse.hear();
    if (arrived.content.at(0) != sign_of_life) {
      int& jobs = underway[arrived.from / session.team_size()];
      if (jobs > 0) --jobs;
      return remote_answer(arrived);
    }
    if (pulse.seat.process == 0) {
      ByteReader reader{std::string_view{arrived.content}.substr(1)};
      pulse.seat.machine = reader.text();
      pulse.seat.process = reader.get<std::int64_t>();
    }
    return std::nullopt;
  }

  Answer remote_answer(const MpiSession::Message& arrived) const {
    const int worker = arrived.from / session.team_size();
    ByteReader reader{std::string_view{arrived.content}.substr(1)};
    switch (arrived.content.at(0)) {
      case evaluation_answer: return Answer{worker, evaluation_from(reader)};
      case stage_answer: return Answer{worker, nlohmann::json::parse(reader.text())};
      default: {
        const auto kind = static_cast<Error::Kind>(reader.get<std::int32_t>());
        return Answer{worker, std::make_exception_ptr(Error{kind, reader.text()})};
      }
    }
  }
};

Crew::Crew(MpiSession& session, CrewSite site) : state_{std::make_unique<State>(session, std::move(site))} {}
Crew::~Crew() = default;

int Crew::teams() const { return state_->session.size() / state_->session.team_size(); }
int Crew::size() const { return teams() + static_cast<int>(state_->engines.size()) - 1; }
bool Crew::may_block() const { return state_->session.team_size() > 1; }

void Crew::provide(int workers) {
  for (int worker = size(); worker < workers; ++worker) state_->add_engine(worker);
}

std::vector<int> Crew::guests() const {
  std::vector<int> out;
  for (const auto& [worker, guest] : state_->guests) out.push_back(worker);
  return out;
}
bool Crew::is_guest(int worker) const { return worker >= first_guest; }
bool Crew::lacks(int guest, const std::string& spec_hash) const { return state_->guests.at(guest).lacks(spec_hash); }
bool Crew::guests_alone() const { return state_->site.guests_alone; }
std::vector<std::string> Crew::notices() { return std::exchange(state_->notices, {}); }

void Crew::begin_evaluation(int worker, const EngineSpec& spec, const Configuration& configuration) {
  if (is_guest(worker)) {
    state_->guests.at(worker).begin(spec, configuration);
    return;
  }
  MpiSession& session = state_->session;
  const std::string hash = spec.hash();
  const auto send = [&](int first, int last) {
    const bool known = !state_->specs_sent[worker].insert(hash).second;
    for (int rank = first; rank < last; ++rank) {
      if (!known)
        session.post(rank, message(to_spec, std::move(ByteWriter{}.put(std::string_view{hash}))) + spec_bytes(spec));
      session.post(rank,
                   message(to_evaluate, std::move(ByteWriter{}.put(std::string_view{hash}))) + to_bytes(configuration));
    }
  };
  if (is_remote(worker)) {
    const int leader = worker * session.team_size();
    send(leader, spec.running.ranks > 1 ? leader + session.team_size() : leader + 1);
    if (spec.running.ranks == 1) state_->begin_listening(worker);
    return;
  }
  State::Engine& engine = state_->engines.at(worker);
  engine.busy = true;
  if (spec.running.ranks == 1) {
    engine.host.begin(spec, configuration);
  } else {
    send(1, session.team_size());
    engine.together.emplace(spec, configuration);
  }
}

void Crew::begin_stage(int worker, const std::string& stage, const nlohmann::json& input) {
  if (worker == 0) {
    state_->stage_busy = true;
    state_->stage_thread = std::thread{[slot = state_->stage, site = pipeline::StageSite{state_->site.data},
                                        stages = state_->site.stages, stage, input] {
      try {
        slot->output = run_stage(stages, stage, input, site);
      } catch (...) {
        slot->error = std::current_exception();
      }
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(slot->done, &one, sizeof one);
    }};
    return;
  }
  state_->begin_listening(worker);
  state_->session.post(
      worker * state_->session.team_size(),
      message(to_stage, std::move(ByteWriter{}.put(std::string_view{stage}).put(std::string_view{input.dump()}))));
}

std::optional<Crew::Answer> Crew::wait(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  const bool alone = state_->session.size() == 1;
  auto pause = std::chrono::microseconds{20};
  for (;;) {
    if (auto arrived = state_->session.receive()) {
      if (auto answer = state_->heard(*arrived)) return answer;
      continue;
    }
    if (!alone) state_->keep_in_touch();
    if (auto answer = state_->own_team_answer()) return answer;
    if (state_->site.door != nullptr) {
      const std::size_t before = state_->guests.size();
      state_->admit();
      if (state_->guests.size() > before) return std::nullopt;  // who waits for somebody to ask
    }
    // MPI has no descriptor to wait on: between looks at it, this waits for the local worker.
    if (auto answer = state_->local_answer(alone ? std::chrono::microseconds{limit} : pause)) return answer;
    if (std::chrono::steady_clock::now() >= until || stop_requested() != 0) return std::nullopt;
    if (pause < std::chrono::microseconds{200}) pause *= 2;
  }
}

namespace {

/// A rank that works: its messages, and what it knows of rank 0.
class Helper {
 public:
  Helper(MpiSession& session, const pipeline::Stages& stages) : session_{session} { site_.stages = &stages; }

  int work() {
    for (;;) {
      const MpiSession::Message job = next_job();
      ByteReader reader{std::string_view{job.content}.substr(1)};
      const char kind = job.content.at(0);
      if (kind == to_end) {
        // Rank 0 has taken what it wanted; what it has not is given up soon.
        for (int k = 0; k < 100 && session_.awaits(0); ++k) std::this_thread::sleep_for(std::chrono::milliseconds{1});
        return reader.get<std::int32_t>();
      }
      if (kind == to_site) {
        set_site(reader);
      } else if (kind == to_spec) {
        std::string hash = reader.text();
        specs_.insert_or_assign(std::move(hash), spec_from(reader));
      } else {
        std::string answer = answer_to(kind, reader);
        // A team has one voice.
        if (session_.rank() == session_.leader()) hand_in(std::move(answer));
      }
    }
  }

 private:
  void set_site(ByteReader& reader) {
    driver_.seat.machine = reader.text();
    driver_.seat.process = reader.get<std::int64_t>();
    driver_.hear();
    has_driver_ = true;
    site_.folder = reader.text();
    site_.data = reader.text();
    site_.deadline_s = reader.get<double>();
    site_.ranks_per_image = reader.get<std::int32_t>();
    if (site_.ranks_per_image > 1) session_.form_teams(site_.ranks_per_image);
    engine_.emplace(engine_site(site_, rank_name(session_.rank()), session_));
    say_alive();
  }

  std::string answer_to(char kind, ByteReader& reader) {
    try {
      if (kind == to_evaluate) {
        const EngineSpec& spec = specs_.at(reader.text());
        const Configuration configuration = configuration_from(reader);
        if (spec.running.ranks > 1)
          return std::string(1, evaluation_answer) +
                 to_bytes(evaluate_together(*engine_, spec, configuration, session_));
        engine_->begin(spec, configuration);
        for (;;) {
          const int descriptor = engine_->descriptor();
          pollfd ready{descriptor, POLLIN, 0};
          // MPI moves the answer before this one only while it is called.
          if (descriptor < 0 || ::poll(&ready, 1, session_.awaits(0) ? 1 : 250) > 0) break;
          keep_in_touch();
        }
        return std::string(1, evaluation_answer) + to_bytes(engine_->finish());
      }
      const std::string stage = reader.text();
      const auto input = nlohmann::json::parse(reader.text());
      auto output = std::async(std::launch::async,
                               [&] { return run_stage(site_.stages, stage, input, pipeline::StageSite{site_.data}); });
      while (output.wait_for(std::chrono::milliseconds{250}) != std::future_status::ready) keep_in_touch();
      return message(stage_answer, std::move(ByteWriter{}.put(std::string_view{output.get().dump()})));
    } catch (...) {
      // The outermost frame of this rank: failure travels as an answer.
      return error_message(std::current_exception());
    }
  }

  /// Never waits in MPI, which would not notice that rank 0 is stopped. A team is deep in LAMMPS next, so its answer
  /// has to be on its way before.
  void hand_in(std::string answer) {
    session_.post(0, std::move(answer));
    while (session_.team_size() > 1 && session_.awaits(0)) {
      listen();
      std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
  }

  /// Says that this rank is alive, hears whether rank 0 is, and keeps what else has come for later.
  void keep_in_touch() {
    listen();
    if (Clock::now() - spoke_ >= between_signs && !session_.awaits(0)) say_alive();
  }

  void say_alive() {
    spoke_ = Clock::now();
    static const Seat seat = own_seat();
    session_.post(0,
                  message(sign_of_life, std::move(ByteWriter{}.put(std::string_view{seat.machine}).put(seat.process))));
  }

  /// @return whether anything arrived
  bool listen() {
    if (has_driver_) {
      // Rank 0 of a team is deep in LAMMPS for as long as an answer takes.
      const auto silence =
          session_.team_size() > 1 ? std::chrono::seconds{std::chrono::hours{24 * 365}} : driver_silent_after;
      if (const std::string why = driver_.gone(silence); !why.empty()) end_job(session_, 0, why);
    }
    bool arrived = false;
    while (auto one = session_.receive()) {
      arrived = true;
      driver_.hear();
      if (one->content.at(0) != to_listen) inbox_.push_back(std::move(*one));
    }
    return arrived;
  }

  /// Waits without spinning: a rank that waits must leave its core to an engine.
  MpiSession::Message next_job() {
    auto pause = std::chrono::microseconds{20};
    while (inbox_.empty()) {
      if (listen()) continue;
      std::this_thread::sleep_for(pause);
      if (pause < std::chrono::microseconds{1000}) pause *= 2;
    }
    MpiSession::Message job = std::move(inbox_.front());
    inbox_.pop_front();
    return job;
  }

  MpiSession& session_;
  CrewSite site_;
  std::optional<EngineHost> engine_;
  std::map<std::string, EngineSpec> specs_;
  std::deque<MpiSession::Message> inbox_;
  Pulse driver_;
  bool has_driver_ = false;
  Clock::time_point spoke_{};
};

}  // namespace

int work_for_rank_zero(MpiSession& session, const pipeline::Stages& stages) {
  ignore_stop_signals();
  return Helper{session, stages}.work();
}

void end_crew(MpiSession& session, int exit_code) {
  for (int rank = 1; rank < session.size(); ++rank)
    session.post(rank, message(to_end, std::move(ByteWriter{}.put(static_cast<std::int32_t>(exit_code)))));
  session.drain();
}

}  // namespace hopflow
