// SPDX-License-Identifier: GPL-2.0-or-later
// Any procedure on the surface of a cheap engine plus what is known of its difference from the dear one.
#pragma once

#include <limits>
#include <optional>

#include "neb/core/mobile.hpp"
#include "neb/core/procedure.hpp"
#include "neb/delta/delta_model.hpp"

namespace hopflow {

/// What a procedure on a corrected surface may do, and what it has met.
class Corrected {
 public:
  /// @param delta  fitted, or nullptr for the cheap engine's own surface; must outlive this
  /// @param trust  scaled distance from the nearest answer of the dear engine beyond which a question is refused (A)
  /// @param floor_ev  corrected energies below this are no answer: the model has left what it knows
  Corrected(const Mobile& mobile, const DeltaModel* delta, double trust = std::numeric_limits<double>::infinity(),
            double floor_ev = -std::numeric_limits<double>::infinity())
      : mobile_{&mobile}, delta_{delta}, trust_{trust}, floor_ev_{floor_ev} {}

  bool believes(const Evaluation& corrected) const { return corrected.energy_ev >= floor_ev_; }
  bool trusts(const Configuration& question) const {
    return delta_ == nullptr || delta_->nearest(mobile_->gather(question.positions)) <= trust_;
  }

  /// The cheap engine's answer with the difference added; the lowest one is kept.
  void correct(const Configuration& question, Evaluation& answer) {
    if (delta_ != nullptr) {
      const DeltaModel::Value value = delta_->predict(mobile_->gather(question.positions));
      answer.energy_ev += value.energy_ev;
      for (int i = 0; i < mobile_->count(); ++i)
        answer.forces.col(mobile_->atoms()[static_cast<std::size_t>(i)]) -= value.gradient.segment<3>(3 * i);
      answer.stress.reset();
    }
    if (answer.energy_ev < lowest_ev_ && believes(answer)) {
      lowest_ev_ = answer.energy_ev;
      lowest_ = question;
    }
  }

  const std::optional<Configuration>& lowest() const { return lowest_; }
  double lowest_ev() const { return lowest_ev_; }

 private:
  const Mobile* mobile_;
  const DeltaModel* delta_;
  double trust_, floor_ev_;
  double lowest_ev_ = std::numeric_limits<double>::infinity();
  std::optional<Configuration> lowest_;
};

/// What came of a procedure on a corrected surface: nothing if it ended with an error.
template <class T>
struct OnCorrected {
  std::optional<T> value;
  std::string problem;  ///< what it ended with, "" if it did not
  int evaluations = 0;  ///< of the cheap engine
};

/// Runs a procedure whose questions go to the prior engine and come back corrected. A question outside the trusted
/// region is refused as a geometry no engine is asked for, which procedures answer with shorter steps.
/// @param surface  must live until the procedure is done
template <class T>
Procedure<OnCorrected<T>> on_corrected(Procedure<T> inner, Corrected* surface) {
  OnCorrected<T> out;
  while (!inner.done()) {
    std::vector<Configuration> questions = inner.ask();
    bool trusted = true;
    for (const Configuration& question : questions) trusted = trusted && surface->trusts(question);
    if (!trusted) {
      inner.tell_error(Error(Error::Kind::geometry, "too far from what the engine was asked for"));
      continue;
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < questions.size(); ++i) names.push_back(inner.name_of(i));
    const std::vector<Configuration> asked = questions;
    Progress progress = inner.progress();
    co_yield std::move(progress);
    AskPrior ask(std::move(questions), std::move(names));
    Reply reply = co_await std::move(ask);
    if (reply.refused()) {
      inner.tell_error(*reply.refusal);
      continue;
    }
    out.evaluations += calls_of(reply.answers);
    bool believed = true;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      surface->correct(asked[i], reply.answers[i]);
      believed = believed && surface->believes(reply.answers[i]);
    }
    if (believed)
      inner.tell(std::move(reply.answers));
    else
      inner.tell_error(Error(Error::Kind::geometry, "energy far below what the engine gave near here"));
  }
  try {
    out.value.emplace(inner.take());
  } catch (const Error& problem) {
    out.problem = problem.what();
  }
  co_return out;
}

}  // namespace hopflow
