// SPDX-License-Identifier: GPL-2.0-or-later
// What an engine answers.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include <Eigen/Dense>

namespace hopflow {

/// Energy and forces of one configuration.
struct Evaluation {
  double energy_ev = 0;
  Eigen::Matrix3Xd forces;                ///< 3xN (eV/A)
  std::optional<Eigen::Matrix3d> stress;  ///< eV/A^3, tension positive; where the engine gives one
  bool derived = false;                   ///< the image of another answer by symmetry: no engine was asked
};

/// How many of these answers an engine was asked for. Results count these; limits count all answers, so that a
/// procedure does the same whether or not some are derived.
inline int calls_of(std::span<const Evaluation> answers) {
  return static_cast<int>(std::ranges::count(answers, false, &Evaluation::derived));
}

}  // namespace hopflow
