// SPDX-License-Identifier: GPL-2.0-or-later
// What a procedure costs, counted and limited where its questions pass.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "neb/core/procedure.hpp"

namespace hopflow {

/// What a procedure gave, and how many of the answers it took an engine was asked for.
template <class T>
struct Counted {
  T value{};
  int calls = 0;
};

/// Runs a procedure as it is and counts its answers, those of procedures it awaits included; so none of them has to.
template <class T>
Procedure<Counted<T>> counted(Procedure<T> procedure) {
  const int before = co_await CallsSoFar();
  T value = co_await std::move(procedure);
  const int after = co_await CallsSoFar();
  Counted<T> result;
  result.value = std::move(value);
  result.calls = after - before;
  co_return result;
}

/// Runs a procedure as long as its answers are not more than allowed. @return nothing if it would need more
template <class T>
Procedure<std::optional<T>> at_most(int calls, Procedure<T> procedure) {
  for (int taken = 0; !procedure.done();) {
    std::vector<Configuration> questions = procedure.ask();
    taken += static_cast<int>(questions.size());
    if (taken > calls) co_return std::nullopt;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < questions.size(); ++i) names.push_back(procedure.name_of(i));
    Progress progress = procedure.progress();
    co_yield std::move(progress);
    Reply reply = co_await Try(std::move(questions), std::move(names));
    if (reply.refused())
      procedure.tell_error(*reply.refusal);
    else
      procedure.tell(std::move(reply.answers));
  }
  T value = procedure.take();
  co_return std::optional<T>(std::move(value));
}

}  // namespace hopflow
