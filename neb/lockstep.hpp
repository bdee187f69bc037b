// SPDX-License-Identifier: GPL-2.0-or-later
// Several procedures side by side: what they ask in one round goes out together.
#pragma once

#include <exception>
#include <iterator>

#include "neb/procedure.hpp"

namespace hopflow {

/// Runs the procedures until all are done and returns their results in order. Each round asks what every unfinished
/// procedure wants next, in order, so engines can answer them at the same time; a procedure that finishes early waits.
/// An engine failure is told to all that asked in that round: some know a smaller step. What one procedure throws is
/// thrown when the others are done.
template <class T>
Procedure<std::vector<T>> in_lockstep(std::vector<Procedure<T>> procedures) {
  while (true) {
    std::vector<Configuration> questions;
    std::vector<std::string> names;
    std::vector<std::size_t> wanted(procedures.size(), 0);
    Progress shown;
    for (std::size_t p = 0; p < procedures.size(); ++p) {
      if (procedures[p].done()) continue;
      const auto& asked = procedures[p].ask();
      wanted[p] = asked.size();
      for (std::size_t i = 0; i < asked.size(); ++i) names.push_back(procedures[p].name_of(i));
      questions.insert(questions.end(), asked.begin(), asked.end());
      const Progress& progress = procedures[p].progress();
      if (progress.fmax >= shown.fmax) shown = progress;
    }
    if (questions.empty()) break;
    co_yield std::move(shown);
    std::vector<Evaluation> answers;
    std::exception_ptr failure;
    try {
      answers = co_await Ask(std::move(questions), std::move(names));
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure) {
      for (std::size_t p = 0; p < procedures.size(); ++p) {
        if (wanted[p] > 0) procedures[p].tell_error(failure);
      }
      continue;
    }
    auto next = std::make_move_iterator(answers.begin());
    for (std::size_t p = 0; p < procedures.size(); ++p) {
      if (wanted[p] == 0) continue;
      auto end = next + static_cast<std::ptrdiff_t>(wanted[p]);
      std::vector<Evaluation> share(next, end);
      next = end;
      procedures[p].tell(std::move(share));
    }
  }
  std::vector<T> results;
  results.reserve(procedures.size());
  for (auto& procedure : procedures) results.push_back(procedure.take());
  co_return results;
}

}  // namespace hopflow
