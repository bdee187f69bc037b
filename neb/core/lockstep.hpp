// SPDX-License-Identifier: GPL-2.0-or-later
// Several procedures side by side: what they ask in one round goes out together.
#pragma once

#include <algorithm>
#include <iterator>

#include "neb/core/procedure.hpp"

namespace hopflow {

/// The questions to the engine, or to the prior engine.
inline Procedure<Reply> ask_either(bool prior, std::vector<Configuration> questions, std::vector<std::string> names) {
  Reply reply;
  if (prior) {
    AskPrior ask(std::move(questions), std::move(names));
    reply = co_await std::move(ask);
  } else {
    Try ask(std::move(questions), std::move(names));
    reply = co_await std::move(ask);
  }
  co_return reply;
}

/// Runs the procedures until all are done and returns their results in order. Each round asks what every unfinished
/// procedure wants next, in order, so engines can answer them at the same time; a procedure that finishes early waits.
/// After an engine failure each asks again by itself, so that only those at fault see it. What a procedure throws
/// then ends all at once; at other times it is thrown when the others are done. Questions to a prior engine go first,
/// so that those to the engine go out together.
template <class T>
Procedure<std::vector<T>> in_lockstep(std::vector<Procedure<T>> procedures) {
  while (true) {
    std::vector<Configuration> questions;
    std::vector<std::string> names;
    std::vector<std::size_t> wanted(procedures.size(), 0);
    Progress shown;
    const bool prior =
        std::ranges::any_of(procedures, [](auto& procedure) { return !procedure.done() && procedure.asks_prior(); });
    for (std::size_t p = 0; p < procedures.size(); ++p) {
      if (procedures[p].done() || procedures[p].asks_prior() != prior) continue;
      const auto& asked = procedures[p].ask();
      wanted[p] = asked.size();
      for (std::size_t i = 0; i < asked.size(); ++i) names.push_back(procedures[p].name_of(i));
      questions.insert(questions.end(), asked.begin(), asked.end());
      const Progress& progress = procedures[p].progress();
      if (progress.fmax >= shown.fmax) shown = progress;
    }
    if (questions.empty()) break;
    co_yield std::move(shown);
    auto asking = ask_either(prior, std::move(questions), std::move(names));
    Reply together = co_await std::move(asking);
    if (together.refused()) {
      // Each by itself: one may have asked for what no engine answers, and know a shorter step. The others' answers are
      // remembered by whoever drives.
      const bool alone = std::count(wanted.begin(), wanted.end(), std::size_t{0}) + 1 == std::ssize(wanted);
      for (std::size_t p = 0; p < procedures.size(); ++p) {
        if (wanted[p] == 0) continue;
        std::vector<Configuration> own = procedures[p].ask();
        std::vector<std::string> own_names;
        for (std::size_t i = 0; i < own.size(); ++i) own_names.push_back(procedures[p].name_of(i));
        Reply reply = together;
        if (!alone) {
          auto again = ask_either(prior, std::move(own), std::move(own_names));
          reply = co_await std::move(again);
        }
        if (reply.refused())
          procedures[p].tell_error(*reply.refusal);
        else
          procedures[p].tell(std::move(reply.answers));
      }
      for (auto& procedure : procedures) {
        if (procedure.failed()) procedure.take();
      }
      continue;
    }
    auto next = std::make_move_iterator(together.answers.begin());
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
