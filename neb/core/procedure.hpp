// SPDX-License-Identifier: GPL-2.0-or-later
// Procedures ask, engines answer: algorithms as coroutines that know nothing of MPI, files or engines.
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "potentials/core/evaluation.hpp"
#include "structures/core/configuration.hpp"
#include "structures/core/error.hpp"

namespace hopflow {

/// How far a procedure has come; for users to see, never for results.
class Progress {
 public:
  // Constructors, not aggregates: g++ 12 destroys a braced aggregate inside co_await or co_yield twice.
  Progress() = default;
  Progress(std::string at_stage, int at_step, double at_fmax, std::optional<double> barrier = std::nullopt)
      : stage{std::move(at_stage)}, step{at_step}, fmax{at_fmax}, barrier_ev{barrier} {}

  std::string stage;  ///< "relax initial", "band", "saddle", "modes", ...
  int step = 0;
  double fmax = 0;                   ///< eV/A
  std::optional<double> barrier_ev;  ///< where one is known
};

/// What runs underneath a procedure, whatever its result type: questions out, answers in.
class ProcedureState {
 public:
  std::vector<Configuration> asked;
  std::vector<std::string> asked_names;  ///< for users: "image 3"; empty or one per question
  bool asked_of_prior = false;           ///< these questions are for the cheap engine that helps the search
  std::vector<Evaluation> answers;
  std::exception_ptr answer_error;  ///< set instead of answers when an engine failed
  std::coroutine_handle<> innermost;
  Progress progress;
  int evaluations = 0;        ///< answers taken so far, of the engine
  int calls = 0;              ///< those of them that the engine was asked for
  int evaluations_prior = 0;  ///< answers of the prior engine
};

/// Awaitable: the answers, in order, to these questions.
/// @throws inside the procedure whatever tell_error() was given
class Ask {
 public:
  /// @param question_names  for users, one per question ("image 3"); may be left out
  explicit Ask(std::vector<Configuration> questions, std::vector<std::string> question_names = {})
      : configurations{std::move(questions)}, names{std::move(question_names)} {}
  std::vector<Configuration> configurations;
  std::vector<std::string> names;
};

/// Awaitable: how many answers so far an engine was asked for, in this procedure, those that await it and those it
/// awaits. Never suspends.
class CallsSoFar {};
/// Awaitable like CallsSoFar, of the prior engine.
class PriorCallsSoFar {};

/// What came of a question that may be refused.
class Reply {
 public:
  bool refused() const { return refusal.has_value(); }

  std::vector<Evaluation> answers;  ///< none if refused
  std::optional<Error> refusal;
};

/// Awaitable like Ask, for procedures that know what to do about a refusal: a Reply instead of an exception. What is
/// not an Error is thrown all the same.
class Try : public Ask {
 public:
  using Ask::Ask;
};

/// Awaitable like Try, for the cheap engine that helps a search: see neb/delta.
class AskPrior : public Ask {
 public:
  using Ask::Ask;
};

/// A lazily started coroutine that returns T. Used two ways: awaited inside another procedure, or driven from outside
/// by ask(), tell(), done(). Deterministic: depends on its arguments and the answers alone. Move-only.
///
/// Inside:   std::vector<Evaluation> answers = co_await Ask(std::move(questions));
///           auto inner = relax(start, mobile, options);  Relaxed done = co_await std::move(inner);
///           co_yield Progress("band", step, fmax, barrier);
/// Take care with g++ 12: name questions and awaited procedures before co_await, and never put a braced aggregate into
/// the expression: the compiler destroys it twice.
template <class T>
class Procedure {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  struct promise_type {
    std::optional<T> value;
    std::exception_ptr error;
    std::coroutine_handle<> parent;
    ProcedureState* state = nullptr;

    Procedure get_return_object() { return Procedure{Handle::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Final {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(Handle h) noexcept {
        promise_type& promise = h.promise();
        if (!promise.parent) return std::noop_coroutine();
        promise.state->innermost = promise.parent;
        return promise.parent;
      }
      void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    template <class U>
    void return_value(U&& result) {
      value.emplace(std::forward<U>(result));
    }
    void unhandled_exception() { error = std::current_exception(); }

    /// `co_yield Progress(...)` is shown to users; it never suspends.
    std::suspend_never yield_value(Progress progress) {
      state->progress = std::move(progress);
      return {};
    }

    struct AwaitAnswers {
      ProcedureState* state;
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<> h) noexcept { state->innermost = h; }
      std::vector<Evaluation> await_resume() {
        if (state->answer_error) std::rethrow_exception(std::exchange(state->answer_error, nullptr));
        if (state->asked_of_prior) {
          state->evaluations_prior += calls_of(state->answers);
        } else {
          state->evaluations += static_cast<int>(state->answers.size());
          state->calls += calls_of(state->answers);
        }
        return std::move(state->answers);
      }
    };
    AwaitAnswers await_transform(Ask&& ask) {
      state->asked = std::move(ask.configurations);
      state->asked_names = std::move(ask.names);
      state->asked_of_prior = false;
      return AwaitAnswers{state};
    }

    struct AwaitReply : AwaitAnswers {
      Reply await_resume() {
        Reply reply;
        try {
          reply.answers = AwaitAnswers::await_resume();
        } catch (const Error& refusal) {
          reply.refusal = refusal;
        }
        return reply;
      }
    };
    AwaitReply await_transform(Try&& ask) {
      await_transform(static_cast<Ask&&>(ask));
      return AwaitReply{{this->state}};
    }
    AwaitReply await_transform(AskPrior&& ask) {
      await_transform(static_cast<Ask&&>(ask));
      state->asked_of_prior = true;
      return AwaitReply{{this->state}};
    }

    struct AwaitCalls {
      int calls;
      bool await_ready() noexcept { return true; }
      void await_suspend(std::coroutine_handle<>) noexcept {}
      int await_resume() noexcept { return calls; }
    };
    AwaitCalls await_transform(CallsSoFar) { return AwaitCalls{state->calls}; }
    AwaitCalls await_transform(PriorCallsSoFar) { return AwaitCalls{state->evaluations_prior}; }

    template <class U>
    struct AwaitProcedure {
      Procedure<U> inner;
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(Handle h) noexcept {
        auto& promise = inner.handle_.promise();
        promise.parent = h;
        promise.state = h.promise().state;
        promise.state->innermost = inner.handle_;
        return inner.handle_;
      }
      U await_resume() { return inner.take(); }
    };
    template <class U>
    AwaitProcedure<U> await_transform(Procedure<U>&& inner) {
      return AwaitProcedure<U>{std::move(inner)};
    }
  };

  Procedure(Procedure&& other) noexcept
      : handle_{std::exchange(other.handle_, nullptr)}, state_{std::move(other.state_)} {}
  Procedure& operator=(Procedure&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, nullptr);
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~Procedure() {
    if (handle_) handle_.destroy();
  }

  /// The configurations wanted next; empty exactly when done.
  const std::vector<Configuration>& ask() {
    start();
    return state_->asked;
  }

  /// One answer for each configuration of ask(), in the same order.
  void tell(std::vector<Evaluation> answers) {
    start();
    state_->answers = std::move(answers);
    resume();
  }

  /// The engine failed on what was asked: the procedure sees this as an exception where it asked.
  void tell_error(const Error& refusal) { tell_error(std::make_exception_ptr(refusal)); }
  void tell_error(std::exception_ptr error) {
    start();
    state_->answer_error = std::move(error);
    resume();
  }

  bool done() {
    start();
    return handle_.done();
  }

  /// Done, and take() will throw.
  bool failed() { return done() && handle_.promise().error; }

  /// The result, once done. @throws what the procedure threw
  T take() {
    if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
    return std::move(*handle_.promise().value);
  }

  /// What users call the i-th question of ask(): "image 3", or "question 3" where it has no name.
  std::string name_of(std::size_t i) {
    start();
    return i < state_->asked_names.size() ? state_->asked_names[i] : "question " + std::to_string(i + 1);
  }

  /// True if what ask() wants is for the prior engine.
  bool asks_prior() {
    start();
    return state_->asked_of_prior;
  }

  const Progress& progress() {
    start();
    return state_->progress;
  }

  /// Answers taken so far.
  int evaluations() {
    start();
    return state_->evaluations;
  }
  /// And of the prior engine.
  int evaluations_prior() {
    start();
    return state_->evaluations_prior;
  }

 private:
  template <class U>
  friend class Procedure;

  explicit Procedure(Handle handle) : handle_{handle} {}

  void start() {
    if (state_) return;
    state_ = std::make_unique<ProcedureState>();
    handle_.promise().state = state_.get();
    state_->innermost = handle_;
    resume();
  }

  void resume() {
    state_->asked.clear();
    state_->innermost.resume();
    if (handle_.done()) state_->asked.clear();
  }

  Handle handle_;
  std::unique_ptr<ProcedureState> state_;
};

}  // namespace hopflow
