// SPDX-License-Identifier: GPL-2.0-or-later
// A procedure whose questions and answers pass through something: a constraint, a symmetry.
#pragma once

#include <utility>
#include <vector>

#include "neb/core/procedure.hpp"

namespace hopflow {

/// Questions that stand for those of a procedure.
struct Passed {
  std::vector<Configuration> questions;
  std::vector<std::size_t> of;  ///< which question of the procedure each one is
};

/// Runs a procedure through a lens, which has two functions: `Passed asked(const std::vector<Configuration>&)` says
/// what to ask in place of the procedure's questions, `std::vector<Evaluation> answered(std::vector<Evaluation>)` makes
/// an answer to each of those from the answers. Refusals reach the procedure, which may know a shorter step; questions
/// for a prior engine stay such.
/// @param lens  must live until this is done
template <class T, class Lens>
Procedure<T> through(Lens* lens, Procedure<T> procedure) {
  while (!procedure.done()) {
    Passed passed = lens->asked(procedure.ask());
    std::vector<std::string> names;
    for (const std::size_t i : passed.of) names.push_back(procedure.name_of(i));
    Progress shown = procedure.progress();
    co_yield std::move(shown);
    Reply reply;
    if (procedure.asks_prior()) {
      AskPrior asking(std::move(passed.questions), std::move(names));
      reply = co_await std::move(asking);
    } else {
      Try asking(std::move(passed.questions), std::move(names));
      reply = co_await std::move(asking);
    }
    if (reply.refused())
      procedure.tell_error(*reply.refusal);
    else
      procedure.tell(lens->answered(std::move(reply.answers)));
  }
  T result = procedure.take();
  co_return std::move(result);
}

}  // namespace hopflow
