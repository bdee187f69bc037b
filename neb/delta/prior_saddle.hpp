// SPDX-License-Identifier: GPL-2.0-or-later
// Onto a saddle of a dear engine from near it, on prior + difference.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/delta/prior_relax.hpp"
#include "neb/saddle/certificate.hpp"

namespace hopflow {

/// Where a climb is, and what it has learned.
struct PriorSaddle {
  BothAnswers at;                        ///< both engines' answers at the best point
  Eigen::VectorXd mode;                  ///< over the mobile atoms
  std::vector<double> energies;          ///< the dear engine's, in order (eV)
  std::optional<Certificate> corrected;  ///< of the last climb on prior + difference
  double left_ev = 0;                    ///< energy between `at` and the saddle of prior + difference
  double miss_ev = 0;                    ///< what prior + difference missed the last energy by
  bool misled = false;                   ///< three bad predictions in a row, or too many rounds
  std::string reason;                    ///< why it is no saddle, "" if it is
};

struct PriorSaddleOptions {
  double fmax = 0.05;  ///< eV/A
  int max_calls = 60;
  int calls_left = 0;  ///< of a budget; 0: no budget
};

/// Rounds of following the mode on prior + difference and asking both engines where that ends.
/// @param delta  knows start.at; learns; must outlive this
Procedure<PriorSaddle> climb_with_prior(PriorSaddle start, DeltaModel* delta, const Mobile* mobile,
                                        PriorSaddleOptions options, PriorOptions prior);

}  // namespace hopflow
