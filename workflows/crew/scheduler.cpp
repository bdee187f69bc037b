// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/crew/scheduler.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include <fmt/core.h>

#include "potentials/registry.hpp"
#include "structures/core/error.hpp"
#include "workflows/crew/bytes.hpp"
#include "workflows/crew/engine_watch.hpp"
#include "workflows/pipeline/core/fingerprint.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace {

/// An engine that failed is asked once more, in a fresh process, before the failure counts.
constexpr int attempts_allowed = 2;

/// Guests that may leave over one question before it counts as an engine's failure: it may be what ends them.
constexpr int leavings_allowed = 5;

std::string what_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& problem) {
    return problem.what();
  }
}

/// A remote worker whose evaluations are shorter than this has the next one sent ahead: the way there and back would
/// leave its engine idle for a good part of them. Longer ones stay here, for whichever worker is free first.
constexpr auto sent_ahead_below = std::chrono::milliseconds{50};

/// Whether a remembered answer is one an engine may have given to this question: checksums do not know physics, and an
/// older store had none.
bool is_sound(const Configuration& question, const Evaluation& answer) {
  constexpr double largest_force = 1e6;  // eV/A; engines refuse less, each by its own limit
  return answer.forces.cols() == question.positions.cols() && std::isfinite(answer.energy_ev) &&
         answer.forces.allFinite() && answer.forces.size() > 0 && answer.forces.cwiseAbs().maxCoeff() < largest_force &&
         (!answer.stress || answer.stress->allFinite());
}

/// None for what is no Error.
std::optional<Error::Kind> kind_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& problem) {
    return problem.kind();
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace

struct Scheduler::State {
  struct Entry {
    std::unique_ptr<Task> task;
    std::string name;
    int priority;
    EngineSpec spec;
    std::string spec_hash;
    std::string prior_hash;           // "" without a prior engine
    std::vector<Evaluation> answers;  // of the present ask
    std::size_t missing = 0;
    std::exception_ptr error;  // of the first question that failed
    std::optional<EngineWatch> watch{};

    /// The engine that what the task asks now is for.
    const EngineSpec& asked() const {
      if (!task->asks_prior()) return spec;
      if (!spec.prior) throw Error{Error::Kind::usage, name + ": a prior engine is needed, but none is given"};
      return *spec.prior;
    }
    const std::string& asked_hash() const { return task->asks_prior() ? prior_hash : spec_hash; }
  };
  /// A task that has its result and waits for the probe of its engine.
  struct Unprobed {
    std::shared_ptr<Task> task;
    std::string name;
  };
  struct Waiter {
    long entry;
    std::size_t index;
  };
  struct Stage {
    std::string name, stage;
    nlohmann::json input;
    std::function<void(nlohmann::json, std::exception_ptr)> done;
  };
  struct Job {
    std::string question;  // of an evaluation; stages: of the stage
    int attempts = 0;
    long entry = -1;  // first entry that asked; evaluations only
    std::size_t index = 0;
    long stage = -1;
    int failed_at = -1;  // guest whose engine failed at it: a place may be bad, not the question
    int leavings = 0;    // of guests that were asked
  };
  struct Underway {
    std::pair<int, long> key;
    Job job;
    std::chrono::steady_clock::time_point begun;
  };

  Scheduler& scheduler;
  Crew& crew;
  Store& store;
  ProgressView& view;
  std::map<long, Entry> entries;
  std::map<std::string, std::vector<Unprobed>> unprobed;  // by hash of the engine
  std::set<std::string> trusted;                          // engines whose units were seen to fit, by hash
  bool adding_probe = false;                              // which is not itself probed
  std::map<long, Stage> stages;
  long next_entry = 0, next_job = 0;
  std::map<std::pair<int, long>, Job> queue;                // by priority, then age
  std::map<std::string, std::vector<Waiter>> waiting;       // question -> who wants it
  std::map<int, std::deque<Underway>> busy;                 // worker -> its jobs, the oldest first
  std::set<int> quick;                                      // remote workers to send ahead to
  std::map<std::pair<long, std::size_t>, int> answered_by;  // entry and question -> worker, for engines that remember
  std::set<long> ready;                                     // entries whose answers are complete
  long asked = 0, remembered = 0;

  /// Puts what an entry asks into the queue; what the store knows is answered on the spot.
  void enqueue(long id) {
    Entry& entry = entries.at(id);
    const std::vector<Configuration>& questions = entry.task->ask();
    entry.answers.assign(questions.size(), Evaluation{});
    entry.missing = questions.size();
    entry.error = nullptr;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      std::string question = question_bytes(entry.asked_hash(), questions[i]);
      if (const auto same = waiting.find(question); same != waiting.end()) {
        same->second.push_back({id, i});
        continue;
      }
      if (auto answer = store.find(question)) {
        if (is_sound(questions[i], *answer)) {
          entry.answers[i] = std::move(*answer);
          --entry.missing;
          ++remembered;
          continue;
        }
        view.say(
            "a stored answer is not valid (not finite, or forces missing or above 1e6 eV/A); it is computed again");
      }
      waiting[question].push_back({id, i});
      queue.emplace(std::pair{entry.priority, next_job++}, Job{std::move(question), 0, id, i, -1});
    }
    for (const std::string& notice : store.notices()) view.say(notice);
    if (entry.missing == 0) ready.insert(id);
  }

  /// "band, ", or nothing before the first stage has a name.
  static std::string stage_of(Task& task) {
    const std::string& stage = task.progress().stage;
    return stage.empty() ? "" : stage + ", ";
  }

  /// Ends a task whose engine cannot be believed.
  void condemn(long id, const std::string& problem) {
    Entry& entry = entries.at(id);
    const std::unique_ptr<Task> task = std::move(entry.task);
    const auto error = std::make_exception_ptr(Error{
        Error::Kind::engine, fmt::format("{}, {}{}: {}", entry.name, stage_of(*task), entry.spec.version, problem)});
    forget(id);
    task->give_up(error);
  }

  void forget(long id) {
    view.remove(entries.at(id).name);
    answered_by.erase(answered_by.lower_bound({id, 0}), answered_by.lower_bound({id + 1, 0}));
    entries.erase(id);
  }

  /// The task has its result, and nothing it asked showed whether the engine's units fit: one question more does,
  /// before all others, and whatever ends meanwhile waits for its answer.
  void probe(long id) {
    Entry& entry = entries.at(id);
    const EngineSpec spec = entry.spec;
    const std::string name = entry.name, hash = entry.spec_hash;
    EngineWatch::Candidate candidate = *entry.watch->candidate();
    const bool first = !unprobed.contains(hash);
    unprobed[hash].push_back({std::move(entry.task), name});
    forget(id);
    if (!first) return;
    adding_probe = true;
    scheduler.add<std::string>(
        name + " units", std::numeric_limits<int>::min(), spec, probe_units(std::move(candidate)),
        [this, hash, version = spec.version](const Outcome<std::string>& done) { probed(hash, version, done); });
    adding_probe = false;
  }

  void probed(const std::string& hash, const std::string& version, const Outcome<std::string>& done) {
    const std::vector<Unprobed> tasks = std::move(unprobed.at(hash));
    unprobed.erase(hash);
    if (!done.error && done.value->empty()) trusted.insert(hash);
    for (const Unprobed& one : tasks) {
      if (done.error)
        one.task->give_up(done.error);
      else if (!done.value->empty())
        one.task->give_up(std::make_exception_ptr(
            Error{Error::Kind::engine, fmt::format("{}, {}: {}", one.name, version, *done.value)}));
      else
        one.task->finish();
    }
  }

  /// @return what is wrong with the engine, by the answers that are now complete
  std::string look_at(Entry& entry) {
    if (!entry.watch || entry.error || entry.task->asks_prior()) return {};
    std::string problem = entry.watch->see(entry.task->ask(), entry.answers);
    if (entry.watch->trusted()) trusted.insert(entry.spec_hash);
    return problem;
  }

  /// Moves every procedure on that has its answers, until all wait for some or a stop is asked for: what is remembered
  /// may be much.
  void advance() {
    while (!ready.empty() && stop_requested() == 0) {
      const long id = *ready.begin();
      ready.erase(ready.begin());
      Entry& entry = entries.at(id);
      if (const std::string problem = look_at(entry); !problem.empty()) {
        condemn(id, problem);
        continue;
      }
      if (entry.error)
        entry.task->tell_error(entry.error);
      else
        entry.task->tell(std::move(entry.answers));
      if (!entry.task->done()) {
        view.update(entry.name, entry.task->progress());
        enqueue(id);
        continue;
      }
      if (entry.watch && entry.watch->candidate() && !trusted.contains(entry.spec_hash)) {
        probe(id);
        continue;
      }
      const std::unique_ptr<Task> task = std::move(entry.task);
      forget(id);
      task->finish();  // may add tasks
    }
  }

  using Place = std::map<std::pair<int, long>, Job>::iterator;

  /// Workers from 0 on that may take a job: as many as its engine wants processes, one for each rank where it does not
  /// say.
  int workers_for(const Job& job) const {
    const int processes = entries.at(job.entry).asked().running.processes;
    if (processes > 0 && crew.guests_alone()) return 0;
    return processes > 0 ? processes : crew.teams();
  }

  /// Workers from 0 on that take no stage: one for each procedure whose engine runs in the ranks. Its next question
  /// comes the moment it has its answer, and a stage begun in between would keep it waiting for a minute at each.
  int kept_for_questions() const {
    return static_cast<int>(
        std::ranges::count_if(entries, [](const auto& one) { return one.second.asked().running.processes == 0; }));
  }

  bool may_take_stage(int worker) const {
    return !crew.is_guest(worker) && worker < crew.teams() && worker >= kept_for_questions();
  }

  bool may_take_question(int worker, const Job& job) const {
    if (!crew.is_guest(worker)) return worker < workers_for(job);
    const EngineSpec& engine = entries.at(job.entry).asked();
    const bool elsewhere_too = crew.guests().size() > 1 || workers_for(job) > 0;
    return engine.running.ranks == 1 && needs_process(engine.kind) && (job.failed_at != worker || !elsewhere_too) &&
           !crew.lacks(worker, entries.at(job.entry).asked_hash());
  }

  /// The first job this worker may take, or end(). Among the questions of one ask, one it answered the last time is
  /// better: electronic structure goes on from where it was, so images stay with their clients while that keeps nobody
  /// waiting.
  Place job_for(int worker) {
    const bool takes_stages = may_take_stage(worker);
    const auto may = [&](const auto& item) {
      return item.second.stage >= 0 ? takes_stages : may_take_question(worker, item.second);
    };
    const Place first = std::find_if(queue.begin(), queue.end(), may);
    if (first == queue.end() || first->second.stage >= 0) return first;
    const long entry = first->second.entry;
    if (entries.at(entry).asked().running.processes == 0) return first;
    for (Place at = first; at != queue.end() && at->second.stage < 0 && at->second.entry == entry; ++at) {
      const auto before = answered_by.find({entry, at->second.index});
      if (before != answered_by.end() && before->second == worker && may(*at)) return at;
    }
    return first;
  }

  void dispatch(int worker, Place place) {
    auto next = queue.extract(place);
    Job& job = next.mapped();
    if (job.stage >= 0) {
      const Stage& stage = stages.at(job.stage);
      crew.begin_stage(worker, stage.stage, stage.input);
    } else {
      const Entry& entry = entries.at(job.entry);
      ++asked;
      const EngineSpec& engine = entry.asked();
      if (engine.running.processes > 0) answered_by[{job.entry, job.index}] = worker;
      crew.begin_evaluation(worker, engine, entry.task->ask()[job.index]);
    }
    busy[worker].push_back({next.key(), std::move(job), std::chrono::steady_clock::now()});
  }

  void dispatch_all() {
    for (int worker = 0; worker < crew.size() && !queue.empty(); ++worker) {
      if (!busy[worker].empty()) continue;
      if (const Place place = job_for(worker); place != queue.end()) dispatch(worker, place);
    }
    for (const int worker : crew.guests()) {
      if (!busy[worker].empty()) continue;
      if (const Place place = job_for(worker); place != queue.end()) dispatch(worker, place);
    }
    for (const int worker : quick) {
      if (busy[worker].size() != 1 || busy[worker].front().job.stage >= 0) continue;
      const Place place = job_for(worker);
      if (place != queue.end() && place->second.stage < 0) dispatch(worker, place);
    }
  }

  bool idle() const {
    return std::ranges::all_of(busy, [](const auto& worker) { return worker.second.empty(); });
  }

  void take(Crew::Answer answer, bool go_on) {
    const auto now = std::chrono::steady_clock::now();
    auto& jobs = busy.at(answer.worker);
    auto [key, job, begun] = std::move(jobs.front());
    jobs.pop_front();
    if (job.stage < 0) note_step(now - begun);
    if (!jobs.empty()) jobs.front().begun = now;
    if (crew.is_remote(answer.worker)) {
      if (now - begun < sent_ahead_below || crew.may_block())
        quick.insert(answer.worker);
      else
        quick.erase(answer.worker);
    }
    // The worker gets its next question before this answer is written down: no rank waits for the disk.
    if (go_on && !queue.empty()) dispatch_all();
    if (job.stage >= 0) {
      Stage stage = std::move(stages.at(job.stage));
      stages.erase(job.stage);
      view.remove(stage.name);
      if (auto* error = std::get_if<std::exception_ptr>(&answer.value)) {
        stage.done({}, *error);
        return;
      }
      auto& output = std::get<nlohmann::json>(answer.value);
      store.put_stage(job.question, output.dump());
      stage.done(std::move(output), nullptr);
      return;
    }
    take_evaluation(std::move(answer), key, std::move(job));
  }

  void take_evaluation(Crew::Answer answer, std::pair<int, long> key, Job job) {
    if (const auto* left = std::get_if<Left>(&answer.value)) {
      if (left->stays || ++job.leavings < leavings_allowed) {
        queue.emplace(key, std::move(job));
        return;
      }
      answer.value = std::make_exception_ptr(
          Error{Error::Kind::engine,
                fmt::format("{} joined engines disconnected while they computed this configuration; the last one {}",
                            leavings_allowed, left->why)});
      job.attempts = attempts_allowed;
    }
    if (const auto* given = std::get_if<Evaluation>(&answer.value)) {
      const Entry& entry = entries.at(job.entry);
      if (entry.watch && !entry.task->asks_prior())
        if (const std::string problem = entry.watch->jump(job.index, entry.task->ask()[job.index], *given);
            !problem.empty())
          answer.value = std::make_exception_ptr(Error{Error::Kind::engine, problem});
    }
    std::exception_ptr failure;
    if (auto* error = std::get_if<std::exception_ptr>(&answer.value)) {
      // A failed engine, or a configuration it refuses, belongs to one question; anything else would meet every
      // question.
      const auto kind = kind_of(*error);
      const bool too_close = kind == Error::Kind::geometry;
      if (!too_close && kind != Error::Kind::engine && kind != Error::Kind::bad_input) std::rethrow_exception(*error);
      if (++job.attempts < attempts_allowed && !too_close) {  // asked again that would be the same
        if (crew.is_guest(answer.worker)) job.failed_at = answer.worker;
        queue.emplace(key, std::move(job));
        return;
      }
      failure = *error;
    } else {
      store.put(job.question, std::get<Evaluation>(answer.value));
    }
    const auto waiters = waiting.extract(job.question);
    for (const Waiter& waiter : waiters.mapped()) {
      Entry& entry = entries.at(waiter.entry);
      if (failure && !entry.error)
        entry.error = std::make_exception_ptr(
            Error{kind_of(failure) == Error::Kind::geometry ? Error::Kind::geometry : Error::Kind::engine,
                  fmt::format("{}, {}{}: {}", entry.name, stage_of(*entry.task), entry.task->name_of(waiter.index),
                              what_of(failure))});
      if (!failure) entry.answers[waiter.index] = std::get<Evaluation>(answer.value);
      if (--entry.missing == 0) ready.insert(waiter.entry);
    }
  }
};

Scheduler::Scheduler(Crew& crew, Store& store, ProgressView& view)
    : state_{new State{.scheduler = *this,
                       .crew = crew,
                       .store = store,
                       .view = view,
                       .entries = {},
                       .unprobed = {},
                       .trusted = {},
                       .stages = {},
                       .queue = {},
                       .waiting = {},
                       .busy = {},
                       .quick = {},
                       .answered_by = {},
                       .ready = {}}} {}
Scheduler::~Scheduler() = default;

void Scheduler::add_task(std::unique_ptr<Task> task, std::string name, int priority, EngineSpec spec) {
  const long id = state_->next_entry++;
  State::Entry entry{.task = std::move(task),
                     .name = std::move(name),
                     .priority = priority,
                     .spec = std::move(spec),
                     .spec_hash = {},
                     .prior_hash = {},
                     .answers = {},
                     .missing = 0,
                     .error = nullptr};
  if (is_watched(entry.spec) && !state_->adding_probe) entry.watch.emplace();
  entry.spec_hash = entry.spec.hash();
  if (entry.spec.prior) entry.prior_hash = entry.spec.prior->hash();
  if (entry.task->done()) {  // nothing to ask at all
    entry.task->finish();
    return;
  }
  state_->crew.provide(
      std::max(entry.spec.running.processes, entry.spec.prior ? entry.spec.prior->running.processes : 0));
  state_->entries.emplace(id, std::move(entry));
  state_->enqueue(id);
}

void Scheduler::add_stage(std::string name, int priority, std::string stage, nlohmann::json input,
                          std::function<void(nlohmann::json, std::exception_ptr)> done) {
  // Under the code that answers, not a version: an older program's answer is not this one's.
  const std::string question = ByteWriter{}
                                   .put(std::string_view{"hopflow-stage/2"})
                                   .put(pipeline::stage_fingerprint(stage))
                                   .put(std::string_view{stage})
                                   .put(std::string_view{input.dump()})
                                   .take();
  const auto known = state_->store.find_stage(question);
  for (const std::string& notice : state_->store.notices()) state_->view.say(notice);
  if (known) {
    done(nlohmann::json::parse(*known), nullptr);
    return;
  }
  const long id = state_->next_entry++;
  state_->view.update(name, Progress(stage, 0, 0));
  state_->stages.emplace(id, State::Stage{std::move(name), std::move(stage), std::move(input), std::move(done)});
  state_->queue.emplace(std::pair{priority, state_->next_job++}, State::Job{question, 0, -1, 0, id});
}

void Scheduler::run() {
  bool going = true;
  for (;;) {
    state_->advance();
    // TERM, INT and HUP leave less than a second: what is written down is all that counts.
    if (const int signal = stop_requested(); signal != 0 && signal != SIGUSR1)
      throw Error{Error::Kind::stopped, "stopped by a signal or at its time limit; everything so far is kept"};
    if (going && stop_requested() != 0) {
      going = false;
      state_->view.say("stop requested: finishing the evaluations that are running");
    }
    if (going) state_->dispatch_all();
    if (state_->idle()) {
      if (!going) throw Error{Error::Kind::stopped, "stopped on request; everything so far is kept"};
      if (state_->queue.empty() && state_->ready.empty()) return;
      // What is left is for engines elsewhere, and none is here.
      if (!state_->ready.empty() || !state_->crew.guests_alone()) continue;
    }
    auto answer = state_->crew.wait(std::chrono::milliseconds{going ? 250 : 20});
    for (const std::string& notice : state_->crew.notices()) state_->view.say(notice);
    if (answer) state_->take(std::move(*answer), going);
  }
}

std::string Scheduler::result_key(const std::string& name, const EngineSpec& spec, const std::string& inputs) {
  const std::string engine =
      spec.prior ? fmt::format("{} {} {}", spec.hash(), spec.prior->hash(), spec.budget) : spec.hash();
  return ByteWriter{}
      .put(std::string_view{"hopflow-result/1"})
      .put(std::string_view{name})
      .put(std::string_view{engine})
      .put(std::string_view{inputs})
      .take();
}

std::optional<std::string> Scheduler::recall(const std::string& key, int& evaluations) {
  auto found = state_->store.find_stage(key);
  for (const std::string& notice : state_->store.notices()) state_->view.say(notice);
  if (!found) return std::nullopt;
  ByteReader reader{*found};
  evaluations = reader.get<std::int32_t>();
  state_->remembered += evaluations;
  return reader.text();
}

void Scheduler::remember(const std::string& key, int evaluations, const std::string& result) {
  state_->store.put_stage(
      key, ByteWriter{}.put(static_cast<std::int32_t>(evaluations)).put(std::string_view{result}).take());
}

long Scheduler::asked_of_engines() const { return state_->asked; }
long Scheduler::answered_from_store() const { return state_->remembered; }

}  // namespace hopflow
