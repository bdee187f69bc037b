// SPDX-License-Identifier: GPL-2.0-or-later
// Atoms that may move along some axes only.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "neb/core/procedure.hpp"

namespace hopflow {

/// Which Cartesian coordinates may change, and where the others stay.
struct HeldAxes {
  std::vector<std::array<bool, 3>> free;  ///< per atom and axis
  Eigen::Matrix3Xd reference;             ///< 3xN (A): held coordinates stay as they are here

  /// With its held coordinates where they belong.
  Configuration placed(Configuration configuration) const {
    for (std::size_t i = 0; i < free.size(); ++i)
      for (std::size_t k = 0; k < 3; ++k)
        if (!free[i][k])
          configuration.positions(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(i)) =
              reference(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(i));
    return configuration;
  }

  /// Without forces along what is held.
  Evaluation along_free(Evaluation answer) const {
    for (std::size_t i = 0; i < free.size(); ++i)
      for (std::size_t k = 0; k < 3; ++k)
        if (!free[i][k]) answer.forces(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(i)) = 0;
    return answer;
  }
};

/// Runs a procedure on the surface over the free coordinates alone: E(P x) for the projection P onto them, whose
/// gradient is P^T times the engine's, so that every method finds the minima and saddles under the constraint. The held
/// coordinates are directions along which nothing changes.
template <class T>
Procedure<T> with_held_axes(Procedure<T> procedure, HeldAxes held) {
  while (!procedure.done()) {
    std::vector<Configuration> questions;
    std::vector<std::string> names;
    for (const Configuration& question : procedure.ask()) {
      names.push_back(procedure.name_of(questions.size()));
      questions.push_back(held.placed(question));
    }
    Progress shown = procedure.progress();
    co_yield std::move(shown);
    Reply reply = co_await Try(std::move(questions), std::move(names));
    if (reply.refused()) {
      procedure.tell_error(*reply.refusal);
      continue;
    }
    std::vector<Evaluation> answers;
    for (Evaluation& answer : reply.answers) answers.push_back(held.along_free(std::move(answer)));
    procedure.tell(std::move(answers));
  }
  T result = procedure.take();
  co_return std::move(result);
}

}  // namespace hopflow
