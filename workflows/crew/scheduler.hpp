// SPDX-License-Identifier: GPL-2.0-or-later
// One queue of questions from every procedure of a run, handed to whichever worker is free.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "neb/core/procedure.hpp"
#include "workflows/crew/crew.hpp"
#include "workflows/crew/store.hpp"
#include "workflows/system/progress.hpp"

namespace hopflow {

/// How a procedure ended: a value, or the error that ended it.
template <class T>
struct Outcome {
  std::optional<T> value;
  std::exception_ptr error;
  int evaluations = 0;        ///< answers the procedure took, remembered ones included
  int evaluations_prior = 0;  ///< and of the prior engine
};

/// How a procedure's whole result is remembered under a key that holds everything it depends on; an empty key: not at
/// all. Its answers are remembered one by one in any case.
template <class T>
struct Memory {
  std::string key;
  std::function<std::string(const T&)> write;
  std::function<T(const std::string&)> read;  ///< @throws Error for what is no such result
};

/// Drives procedures and stages to their end. Results depend on answers alone; which worker gave one, and when, never
/// shows.
class Scheduler {
 public:
  Scheduler(Crew& crew, Store& store, ProgressView& view);
  ~Scheduler();

  /// @param name      what users call the task: "PrPyr hop I1-I2-4.69"
  /// @param priority  smaller goes first when workers are short
  /// @param done      called once, from run(), when the procedure has ended; may add more work
  /// @param memory    of whole results: one that is known is not computed again, and `done` is called from here
  template <class T>
  void add(std::string name, int priority, EngineSpec spec, Procedure<T> procedure,
           std::function<void(Outcome<T>)> done, Memory<T> memory = {}) {
    if (!memory.key.empty()) {
      memory.key = result_key(name, spec, memory.key);
      Outcome<T> known;
      if (const auto text = recall(memory.key, known.evaluations)) {
        try {
          known.value.emplace(memory.read(*text));
        } catch (const Error&) {  // of another layout: computed again
        }
        if (known.value) {
          done(std::move(known));
          return;
        }
      }
    }
    add_task(std::make_unique<TypedTask<T>>(*this, std::move(procedure), std::move(done), std::move(memory)),
             std::move(name), priority, std::move(spec));
  }

  /// A pipeline stage, remembered in the store under its input.
  void add_stage(std::string name, int priority, std::string stage, nlohmann::json input,
                 std::function<void(nlohmann::json output, std::exception_ptr error)> done);

  /// Returns when nothing is left to do.
  /// @throws Error{stopped} after a stop signal: answers under way are taken and remembered first
  /// @throws Error{missing_dependency}, Error{io} of a worker: they would meet every other question too
  void run();

  long asked_of_engines() const;     ///< evaluations engines were asked for
  long answered_from_store() const;  ///< evaluations remembered

 private:
  class Task {
   public:
    virtual ~Task() = default;
    virtual const std::vector<Configuration>& ask() = 0;
    virtual void tell(std::vector<Evaluation> answers) = 0;
    virtual void tell_error(std::exception_ptr error) = 0;
    virtual bool done() = 0;
    virtual bool asks_prior() = 0;
    virtual std::string name_of(std::size_t question) = 0;
    virtual const Progress& progress() = 0;
    virtual void finish() = 0;
    virtual void give_up(std::exception_ptr error) = 0;  ///< ends the task with this error instead
  };

  template <class T>
  class TypedTask : public Task {
   public:
    TypedTask(Scheduler& scheduler, Procedure<T> procedure, std::function<void(Outcome<T>)> done, Memory<T> memory)
        : scheduler_{scheduler}, procedure_{std::move(procedure)}, done_{std::move(done)}, memory_{std::move(memory)} {}
    const std::vector<Configuration>& ask() override { return procedure_.ask(); }
    void tell(std::vector<Evaluation> answers) override { procedure_.tell(std::move(answers)); }
    void tell_error(std::exception_ptr error) override { procedure_.tell_error(std::move(error)); }
    bool done() override { return procedure_.done(); }
    bool asks_prior() override { return procedure_.asks_prior(); }
    std::string name_of(std::size_t question) override { return procedure_.name_of(question); }
    const Progress& progress() override { return procedure_.progress(); }
    void finish() override {
      Outcome<T> outcome;
      outcome.evaluations = procedure_.evaluations();
      outcome.evaluations_prior = procedure_.evaluations_prior();
      try {
        outcome.value.emplace(procedure_.take());
      } catch (...) {
        outcome.error = std::current_exception();
      }
      if (outcome.value && !memory_.key.empty())
        scheduler_.remember(memory_.key, outcome.evaluations, memory_.write(*outcome.value));
      done_(std::move(outcome));
    }
    void give_up(std::exception_ptr error) override {
      Outcome<T> outcome;
      outcome.evaluations = procedure_.evaluations();
      outcome.error = std::move(error);
      done_(std::move(outcome));
    }

   private:
    Scheduler& scheduler_;
    Procedure<T> procedure_;
    std::function<void(Outcome<T>)> done_;
    Memory<T> memory_;
  };

  void add_task(std::unique_ptr<Task> task, std::string name, int priority, EngineSpec spec);

  static std::string result_key(const std::string& name, const EngineSpec& spec, const std::string& inputs);
  std::optional<std::string> recall(const std::string& key, int& evaluations);
  void remember(const std::string& key, int evaluations, const std::string& result);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hopflow
