// SPDX-License-Identifier: GPL-2.0-or-later
// From near a saddle onto it: uphill along one mode, downhill in all others.
#pragma once

#include <string>

#include "neb/modes/modes.hpp"

namespace hopflow {

struct SaddleOptions {
  double fmax = 1e-3;       ///< eV/A
  double mark_fmax = 0.05;  ///< see Saddle::evaluations_to_mark (eV/A)
  int max_calls = 40;
  int calls_to_mark = 0;  ///< more than max_calls: as many while the force has not fallen below mark_fmax
  double max_move = 0.1;  ///< largest step of an atom (A)
  bool keep_best =
      false;  ///< when the calls run out, the point with the least force is given back, the start among them, unless
              ///< the search fell from it across its mode: then it was no saddle of first order
  double max_rise =
      0.5;  ///< the search has left the saddle when the energy rises by more (eV); the start is given back
  std::string search = "modes";  ///< of saddle_searches()
  std::string stage = "saddle";
};

struct Saddle {
  Configuration configuration;
  Evaluation evaluation;
  Eigen::VectorXd mode;  ///< the direction followed uphill, norm 1
  double curvature = 0;  ///< along it, as last measured (eV/A^2)
  bool converged = false;
  bool fell = false;         ///< where the search ended, having left a point of higher order with less force
  double fmax = 0;           ///< eV/A
  double gradient_norm = 0;  ///< over all mobile atoms, by ModelHessian::norm() (eV/A)
  double residual_ev = 0;    ///< energy between here and the stationary point, |g^T H^-1 g| / 2 as far as H is known
  double drift = 0;          ///< largest displacement of an atom from the start (A)
  int evaluations = 0;
  int evaluations_to_mark = 0;  ///< until the force first fell below mark_fmax; all, if it never did
};

/// Newton steps along the followed mode, L-BFGS across it. What the mode search learned of the Hessian is used from the
/// first step on. When the force along the mode does not fall as foreseen, the mode is turned by two more calls (a
/// dimer rotation in the plane of the mode and its residual). The search goes on past max_calls as long as the
/// force falls: until it is at mark_fmax, and where that is small, when it also knows bonds to be stiff (ModelHessian),
/// beyond it. Source: Henkelman & Jonsson,
/// J. Chem. Phys. 111, 7010 (1999) for following a mode by forces alone.
/// @param known  of lowest_modes() here or nearby
/// @param follow  direction to climb along (norm 1)
Procedure<Saddle> follow_mode(Configuration start, Evaluation there, Mobile mobile, Modes known, Eigen::VectorXd follow,
                              SaddleOptions options);

}  // namespace hopflow
