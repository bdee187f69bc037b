// SPDX-License-Identifier: GPL-2.0-or-later
// Relaxation of positions in a fixed cell.
#pragma once

#include <functional>

#include "neb/core/ending.hpp"
#include "neb/core/procedure.hpp"

namespace hopflow {

struct RelaxOptions {
  double fmax = 0.01;           ///< largest force on a mobile atom (eV/A)
  int max_steps = 2000;         ///< evaluations allowed
  double max_move = 0.1;        ///< largest step of an atom (A)
  std::string stage = "relax";  ///< shown as progress
  /// Whether a step from one configuration to another is so long that an engine's refusal asks for a shorter one;
  /// empty: is_squeezed().
  std::function<bool(const Configuration& from, const Configuration& to)> overstepped{};
};

struct Relaxed {
  Configuration configuration;
  Evaluation evaluation;  ///< at configuration
  Ending ending = Ending::not_converged;
  std::string reason;        ///< why not, "" if converged
  double fmax = 0;           ///< eV/A, over mobile atoms
  double gradient_norm = 0;  ///< over all mobile atoms, by ModelHessian::norm() (eV/A)
  double drift = 0;          ///< largest displacement of a mobile atom from the start (A)
  int evaluations = 0;

  bool converged() const { return ending == Ending::converged; }
};

/// Small first steps (FIRE) while the forces are large, then L-BFGS that knows bonds to be stiff (ModelHessian). Never
/// follows an energy that rises by more than 1e-6 eV; where steps are so small that the energy's noise decides, the
/// force along the step does. Ends as collapsed when the energy falls by more than 1000 eV and 5 eV per
/// mobile atom: the model broke down, as Buckingham terms do at short distance. Forces on fixed atoms count nowhere; an
/// empty mask means that every atom may move.
/// @throws Error{bad_input} if the mask does not fit
Procedure<Relaxed> relax(Configuration start, Mask mobile, RelaxOptions options);

}  // namespace hopflow
