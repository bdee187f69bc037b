// SPDX-License-Identifier: GPL-2.0-or-later
// What an engine answers.
#pragma once

#include <optional>
#include <string>

#include <Eigen/Dense>

namespace hopflow {

/// Energy and forces of one configuration.
struct Evaluation {
  double energy_ev = 0;
  Eigen::Matrix3Xd forces;                ///< 3xN (eV/A)
  std::optional<Eigen::Matrix3d> stress;  ///< eV/A^3, tension positive; where the engine gives one
};

}  // namespace hopflow
