// SPDX-License-Identifier: GPL-2.0-or-later
// What a procedure costs, counted where its questions pass.
#pragma once

#include <utility>

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
  Counted<T> result;
  while (!procedure.done()) {
    std::vector<Configuration> questions = procedure.ask();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < questions.size(); ++i) names.push_back(procedure.name_of(i));
    Progress shown = procedure.progress();
    co_yield std::move(shown);
    Reply reply = co_await Try(std::move(questions), std::move(names));
    if (reply.refused()) {
      procedure.tell_error(*reply.refusal);
      continue;
    }
    result.calls += calls_of(reply.answers);
    procedure.tell(std::move(reply.answers));
  }
  result.value = procedure.take();
  co_return result;
}

}  // namespace hopflow
