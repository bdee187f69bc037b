// SPDX-License-Identifier: GPL-2.0-or-later
// Lowest modes of the Hessian over the mobile atoms, from force differences.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "neb/core/mobile.hpp"
#include "neb/core/procedure.hpp"

namespace hopflow {

/// Curvatures within this of zero count as flat, neither up nor down (eV/A^2): a mode this soft changes an energy by
/// less than 0.1 meV over 0.1 A.
inline constexpr double flat_curvature = 0.02;

/// A direction and the curvature along it.
struct Mode {
  double curvature = 0;       ///< eV/A^2
  double residual = 0;        ///< |H v - curvature v| (eV/A^2): an eigenvalue lies this near
  Eigen::VectorXd direction;  ///< over the mobile atoms, norm 1; its largest component is positive
};

struct ModesOptions {
  double step = 0.01;  ///< displacement of the atom that moves most (A)
  int max_calls = 28;
  int enough = 0;          ///< end once so many modes are certain to be negative, though not resolved; 0: resolve them
  std::uint64_t seed = 0;  ///< of the random vector the search starts from besides the guesses
  std::string stage = "modes";
};

struct Modes {
  std::vector<Mode> lowest;  ///< up to 4, ascending
  int negative = 0;          ///< those below -flat_curvature
  bool sure = false;         ///< the number of negative modes would not change with more calls, as far as can be seen
  int evaluations = 0;
  std::vector<Eigen::VectorXd> basis;     ///< orthonormal directions tried
  std::vector<Eigen::VectorXd> products;  ///< the Hessian times them (eV/A^2)
};

/// Block Lanczos with full orthogonalisation. Products with the Hessian are forward differences of forces, one call
/// each; up to two per round. Starts from the guesses and from one random vector, larger on atoms that move in the
/// first guess, so that modes which break the guess's symmetry are found. Rigid motions of the whole structure are
/// projected out.
/// Random numbers: Philox4x32-10, key (seed, 0x6d6f6465), counter (component, 0, 0, 0).
/// @param there  the answer at `at`
/// @param guesses  at least one, over the mobile atoms, any length
Procedure<Modes> lowest_modes(Configuration at, Evaluation there, Mobile mobile, std::vector<Eigen::VectorXd> guesses,
                              ModesOptions options);

/// A step and the change of gradient it made.
struct Secant {
  Eigen::VectorXd step, change;
};

/// Ritz vectors of the space tried whose curvature is above `softest` (eV/A^2), and the Hessian times them; stiff ones
/// last. Conjugate to each other, so a quasi-Newton memory that learns them one after the other keeps all.
std::vector<Secant> secants_of(const std::vector<Eigen::VectorXd>& basis, const std::vector<Eigen::VectorXd>& products,
                               double softest);

/// What a pair of questions on both sides of a point says about a direction.
struct Curvature {
  double curvature = 0;         ///< by central difference of forces (eV/A^2)
  Eigen::VectorXd product;      ///< the Hessian times the direction (eV/A^2)
  double mismatch_ev = 0;       ///< energy difference of both sides minus the force's work between them (Simpson)
  double span = 0;              ///< distance between both sides (A)
  double bend_ev = 0;           ///< how much higher both sides are than the middle, together, by the curvature
  double bend_mismatch_ev = 0;  ///< the same by energies, less that
  int evaluations = 0;
};

/// Curvatures along given unit directions, two calls each, all in one round.
Procedure<std::vector<Curvature>> curvatures_along(Configuration at, Evaluation there, Mobile mobile,
                                                   std::vector<Eigen::VectorXd> directions, double step);

/// The lowest direction in the plane of two unit vectors at right angles, from the Hessian times both: a dimer's
/// rotation. Its sign is that of `mode`; its residual is left out.
Mode lowest_between(const Eigen::VectorXd& mode, const Eigen::VectorXd& aside, const Eigen::VectorXd& product,
                    const Eigen::VectorXd& aside_product);

/// A direction without a shift of the structure as a whole, where that costs nothing.
Eigen::VectorXd without_shift(Eigen::VectorXd direction, const Configuration& at, const Mobile& mobile);

/// The direction with the sign that makes its largest component positive; the first of equals decides.
Eigen::VectorXd with_fixed_sign(Eigen::VectorXd direction);

}  // namespace hopflow
