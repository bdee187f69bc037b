// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/crew/scheduler.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "workflows/crew/bytes.hpp"
#include "workflows/pipeline/core/fingerprint.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace {

/// An engine that failed is asked once more, in a fresh process, before the failure counts.
constexpr int attempts_allowed = 2;

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
    std::vector<Evaluation> answers;  // of the present ask
    std::size_t missing = 0;
    std::exception_ptr error;  // of the first question that failed
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
  };
  struct Underway {
    std::pair<int, long> key;
    Job job;
    std::chrono::steady_clock::time_point begun;
  };

  Crew& crew;
  Store& store;
  ProgressView& view;
  std::map<long, Entry> entries;
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
      std::string question = question_bytes(entry.spec_hash, questions[i]);
      if (const auto same = waiting.find(question); same != waiting.end()) {
        same->second.push_back({id, i});
        continue;
      }
      if (auto answer = store.find(question)) {
        entry.answers[i] = std::move(*answer);
        --entry.missing;
        ++remembered;
        continue;
      }
      waiting[question].push_back({id, i});
      queue.emplace(std::pair{entry.priority, next_job++}, Job{std::move(question), 0, id, i, -1});
    }
    if (entry.missing == 0) ready.insert(id);
  }

  /// "band, ", or nothing before the first stage has a name.
  static std::string stage_of(Task& task) {
    const std::string& stage = task.progress().stage;
    return stage.empty() ? "" : stage + ", ";
  }

  /// Moves every procedure on that has its answers.
  void advance() {
    while (!ready.empty()) {
      const long id = *ready.begin();
      ready.erase(ready.begin());
      Entry& entry = entries.at(id);
      if (entry.error)
        entry.task->tell_error(entry.error);
      else
        entry.task->tell(std::move(entry.answers));
      if (!entry.task->done()) {
        view.update(entry.name, entry.task->progress());
        enqueue(id);
        continue;
      }
      const std::unique_ptr<Task> task = std::move(entry.task);
      view.remove(entry.name);
      answered_by.erase(answered_by.lower_bound({id, 0}), answered_by.lower_bound({id + 1, 0}));
      entries.erase(id);
      task->finish();  // may add tasks
    }
  }

  using Place = std::map<std::pair<int, long>, Job>::iterator;

  /// Workers from 0 on that may take a job: as many as its engine wants processes, one for each rank where it does not
  /// say.
  int workers_for(const Job& job) const {
    const int processes = job.stage >= 0 ? 0 : entries.at(job.entry).spec.running.processes;
    return processes > 0 ? processes : crew.teams();
  }

  /// The first job this worker may take, or end(). Among the questions of one ask, one it answered the last time is
  /// better: electronic structure goes on from where it was, so images stay with their clients while that keeps nobody
  /// waiting.
  Place job_for(int worker) {
    const auto may = [&](const auto& item) { return worker < workers_for(item.second); };
    const Place first = std::find_if(queue.begin(), queue.end(), may);
    if (first == queue.end() || first->second.stage >= 0) return first;
    const long entry = first->second.entry;
    if (entries.at(entry).spec.running.processes == 0) return first;
    for (Place at = first; at != queue.end() && at->second.stage < 0 && at->second.entry == entry; ++at) {
      const auto before = answered_by.find({entry, at->second.index});
      if (before != answered_by.end() && before->second == worker) return at;
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
      if (entry.spec.running.processes > 0) answered_by[{job.entry, job.index}] = worker;
      crew.begin_evaluation(worker, entry.spec, entry.task->ask()[job.index]);
    }
    busy[worker].push_back({next.key(), std::move(job), std::chrono::steady_clock::now()});
  }

  void dispatch_all() {
    for (int worker = 0; worker < crew.size() && !queue.empty(); ++worker) {
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
    std::exception_ptr failure;
    if (auto* error = std::get_if<std::exception_ptr>(&answer.value)) {
      // A failed engine, or a configuration it refuses, belongs to one question; anything else would meet every
      // question.
      const auto kind = kind_of(*error);
      const bool crowded = kind == Error::Kind::geometry;
      if (!crowded && kind != Error::Kind::engine && kind != Error::Kind::bad_input) std::rethrow_exception(*error);
      if (++job.attempts < attempts_allowed && !crowded) {  // asked again that would be the same
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
    : state_{new State{.crew = crew,
                       .store = store,
                       .view = view,
                       .entries = {},
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
                     .answers = {},
                     .missing = 0,
                     .error = nullptr};
  entry.spec_hash = entry.spec.hash();
  if (entry.task->done()) {  // nothing to ask at all
    entry.task->finish();
    return;
  }
  state_->crew.provide(entry.spec.running.processes);
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
  if (auto answer = state_->store.find_stage(question)) {
    done(nlohmann::json::parse(*answer), nullptr);
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
    if (going && stop_requested() != 0) {
      // TERM and INT leave less than a second: what is written down is all that counts.
      if (stop_requested() != SIGUSR1)
        throw Error{Error::Kind::stopped, "stopped by a signal; everything so far is kept"};
      going = false;
      state_->view.say("asked to stop: finishing what is under way");
    }
    if (going) state_->dispatch_all();
    if (state_->idle()) {
      if (!going) throw Error{Error::Kind::stopped, "stopped as asked; everything so far is kept"};
      if (state_->queue.empty() && state_->ready.empty()) return;
      continue;
    }
    if (auto answer = state_->crew.wait(std::chrono::milliseconds{going ? 250 : 20}))
      state_->take(std::move(*answer), going);
  }
}

long Scheduler::asked_of_engines() const { return state_->asked; }
long Scheduler::answered_from_store() const { return state_->remembered; }

}  // namespace hopflow
