// SPDX-License-Identifier: GPL-2.0-or-later
// A saddle from a guess of it alone, and the two minima it joins.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "neb/relax/relax.hpp"
#include "neb/saddle/certificate.hpp"

namespace hopflow {

struct SaddleSearchOptions {
  double fmax = 0.01;         ///< of the saddle (eV/A)
  int max_calls = 300;        ///< of the climb from the guess
  bool follow = true;         ///< relax to both sides
  Eigen::VectorXd direction;  ///< uphill at the guess, over the mobile atoms; empty: the lowest mode there
  std::string stage = "saddle";
};

struct FoundSaddle {
  Ending ending = Ending::not_converged;
  std::string reason;  ///< why not converged
  Certificate certificate;
  std::vector<Relaxed> minima;  ///< two: against and along the mode; empty: not followed
  int evaluations = 0;
  int evaluations_search = 0;  ///< until the force first was below fmax

  bool converged() const { return ending == Ending::converged; }
  double energy_ev() const { return certificate.saddle.evaluation.energy_ev; }
  /// From each of the two minima (eV).
  std::array<double, 2> barriers_ev() const;
};

/// From a guess uphill along one mode and downhill along all others; the saddle found is certified as those of paths
/// are, and left along any second negative mode. Relaxations from both of its sides give the minima it joins.
Procedure<FoundSaddle> find_saddle(Configuration guess, Mask mobile, SaddleSearchOptions options);

}  // namespace hopflow
