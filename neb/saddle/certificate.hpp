// SPDX-License-Identifier: GPL-2.0-or-later
// A climbing image becomes a saddle of first order, or it is said why not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/saddle/saddle.hpp"

namespace hopflow {

struct CertificateOptions {
  std::string search = "modes";  ///< how the saddle is polished: of saddle_searches()
  double fmax = 1e-3;            ///< of the saddle (eV/A)
  double search_fmax = 0.05;     ///< where the search for the saddle ends and the certificate begins (eV/A)
  int modes_calls = 26;          ///< for one search of modes
  int polish_calls = 60;         ///< for one polish that has come below search_fmax
  int approach_calls = 150;      ///< and for one that has not
  int restarts = 1;              ///< times a polish that stops below twice search_fmax goes on with modes found there
  int push_calls = 150;          ///< for the path down from a saddle of higher order
  int pushes = 3;                ///< times a saddle of higher order is left before giving up
  double push = 0.1;             ///< first step off it, of the atom that moves most (A)
};

struct Certificate {
  Saddle saddle;
  std::vector<Mode> modes;                ///< lowest at the saddle, curvatures by central difference where they decide
  std::vector<Eigen::VectorXd> basis;     ///< orthonormal directions tried at the saddle or near it
  std::vector<Eigen::VectorXd> products;  ///< the Hessian times them (eV/A^2)
  int negative = 0;                       ///< modes below -flat_curvature
  bool sure = false;                      ///< the count is sure as far as the search went
  int first_negative = 0;                 ///< found where the band had stopped; there may be more
  int pushes = 0;                         ///< saddles of higher order left behind
  double higher_ev = 0;                   ///< how much higher the first of them was than the saddle given back
  double mismatch_ev = 0;                 ///< energy against force along the mode, Simpson over `span`
  double span = 0;                        ///< A
  double bend_ev = 0;                     ///< along the stiffest mode measured there, as in Curvature
  double bend_mismatch_ev = 0;
  Eigen::VectorXd bend_along;  ///< that mode
  double jump_ev = 0;   ///< steps of the energy near the saddle, as where pairs cross a cut-off: no force knows them
  double noise_ev = 0;  ///< the largest mismatch of the two sides of a mode: what the engine's noise may do
  int evaluations = 0;
  int evaluations_search = 0;  ///< of them, steps until the force first fell below search_fmax

  /// Whether energies curve as forces do: by 5 % of the curvature, or ten times the engine's noise.
  bool bends_alike() const;
};

/// Counts negative modes, pushes off along any second one (the sign that makes its largest component positive),
/// polishes the saddle and counts again there. About 50 calls where the climbing image is near a saddle of first order.
/// @param tangent  direction of the path, over the mobile atoms
Procedure<Certificate> certify(Configuration at, Evaluation there, Mobile mobile, Eigen::VectorXd tangent,
                               CertificateOptions options);

}  // namespace hopflow
