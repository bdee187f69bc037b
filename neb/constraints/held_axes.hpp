// SPDX-License-Identifier: GPL-2.0-or-later
// Atoms that may move along some axes only.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "neb/constraints/through.hpp"

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

/// The lens of with_held_axes().
class HeldLens {
 public:
  explicit HeldLens(HeldAxes held) : held_{std::move(held)} {}

  Passed asked(const std::vector<Configuration>& questions) const {
    Passed passed;
    for (const Configuration& question : questions) {
      passed.of.push_back(passed.questions.size());
      passed.questions.push_back(held_.placed(question));
    }
    return passed;
  }

  std::vector<Evaluation> answered(std::vector<Evaluation> answers) const {
    for (Evaluation& answer : answers) answer = held_.along_free(std::move(answer));
    return answers;
  }

 private:
  HeldAxes held_;
};

/// Runs a procedure on the surface over the free coordinates alone: E(P x) for the projection P onto them, whose
/// gradient is P^T times the engine's, so that every method finds the minima and saddles under the constraint. The held
/// coordinates are directions along which nothing changes.
template <class T>
Procedure<T> with_held_axes(Procedure<T> procedure, HeldAxes held) {
  HeldLens lens(std::move(held));
  auto running = through(&lens, std::move(procedure));
  T result = co_await std::move(running);
  co_return std::move(result);
}

}  // namespace hopflow
