// SPDX-License-Identifier: GPL-2.0-or-later
// Pieces of optimisers as plain state: FIRE, L-BFGS, and the adaptive ODE step.
#pragma once

#include <deque>

#include <Eigen/Dense>

#include "neb/core/model_hessian.hpp"

namespace hopflow {

/// A step the engine refuses may have led too far: it is tried again this much shorter, so many times in a row.
inline constexpr double refused_share = 0.25;
inline constexpr int refusals_allowed = 6;

/// Fast inertial relaxation: velocities that follow the force and stop when it turns. Works with forces that have no
/// energy, such as a band's.
/// Source: Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006), with their parameters.
class Fire {
 public:
  /// @param first_step, largest  time step to begin with and its limit, in units where all masses are 1 (A/sqrt(eV))
  explicit Fire(double first_step = 0.1, double largest = 1.0) : step_{first_step}, largest_{largest} {}

  /// The move (A) that follows from the force (eV/A) here; not limited in length. What has no force at all stops.
  Eigen::VectorXd move(const Eigen::VectorXd& force);

  /// Forget the velocity and slow down: the last move went uphill.
  void stop();

 private:
  double step_;
  double largest_;
  double mixing_ = 0.1;
  int downhill_ = 0;
  Eigen::VectorXd velocity_;
};

/// Limited-memory BFGS: an approximate inverse Hessian from the latest steps.
/// Source: Nocedal & Wright, Numerical Optimization, 2nd ed., algorithm 7.4 and eq 7.20.
class Lbfgs {
 public:
  explicit Lbfgs(std::size_t memory = 30, double curvature = 70) : memory_{memory}, curvature_{curvature} {}

  /// A step (A) and the change of gradient (eV/A) it made. Pairs without positive curvature are left out.
  void learn(const Eigen::VectorXd& step, const Eigen::VectorXd& change);

  /// -H^-1 gradient (A).
  /// @param model  what is known of H without any step; scaled to the newest
  Eigen::VectorXd direction(const Eigen::VectorXd& gradient, const ModelHessian& model = {}) const;

  void forget() { pairs_.clear(); }

 private:
  struct Pair {
    Eigen::VectorXd step, change;
    double rho;
  };
  std::size_t memory_;
  double curvature_;  ///< assumed where nothing is known (eV/A^2)
  std::deque<Pair> pairs_;
};

/// Step control for following a force field x' = F(x) to its rest point by Euler steps: the step grows while the
/// force changes slowly and shrinks when it does not.
/// Source: Makri, Ortner & Kermode, J. Chem. Phys. 150, 094109 (2019), algorithm ODE12r.
class AdaptiveStep {
 public:
  struct Limits {
    double tolerance = 0.1;   ///< of the local error (A, largest component)
    double decrease = 0.01;   ///< C1: sufficient decrease of the residual per unit step
    double growth = 2.0;      ///< C2: growth of the residual tolerated when the local error is small
    double smallest = 1e-10;  ///< step at which there is no progress left
    double largest = 1e4;     ///< without any force to move along, too: infinity times nothing is no step
  };

  explicit AdaptiveStep(Limits limits) : limits_{limits} {}

  /// Step length (A per eV/A) for the first trial, from the largest force component.
  void begin(double residual);

  double step() const { return step_; }

  /// Judges the trial x + step * force, where the force became `trial`; sets the next step.
  /// @param residual, trial_residual  largest force component before and after
  /// @return whether to move to the trial
  bool judge(const Eigen::VectorXd& force, const Eigen::VectorXd& trial, double residual, double trial_residual);

  bool exhausted() const { return step_ <= limits_.smallest; }

  /// The step taken was cut to this by the caller.
  void cut(double step) { step_ = step; }

 private:
  Limits limits_;
  double step_ = 0;
  double usual_ = 0;  ///< geometric running mean of the steps that were accepted
};

}  // namespace hopflow
