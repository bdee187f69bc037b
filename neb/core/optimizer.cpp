// SPDX-License-Identifier: GPL-2.0-or-later
// FIRE, L-BFGS and the adaptive ODE step.
#include "neb/core/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace hopflow {

Eigen::VectorXd Fire::move(const Eigen::VectorXd& force) {
  if (velocity_.size() != force.size()) velocity_ = Eigen::VectorXd::Zero(force.size());
  velocity_ = (force.array() == 0).select(0.0, velocity_);
  const double power = velocity_.dot(force);
  if (power > 0) {
    velocity_ = (1 - mixing_) * velocity_ + mixing_ * (velocity_.norm() / force.norm()) * force;
    if (++downhill_ > 5) {
      step_ = std::min(1.1 * step_, largest_);
      mixing_ *= 0.99;
    }
  } else if (velocity_.squaredNorm() > 0) {
    stop();
  }
  velocity_ += step_ * force;
  return step_ * velocity_;
}

void Fire::stop() {
  velocity_.setZero();
  step_ *= 0.5;
  mixing_ = 0.1;
  downhill_ = 0;
}

void Lbfgs::learn(const Eigen::VectorXd& step, const Eigen::VectorXd& change) {
  const double product = step.dot(change);
  if (!(product > 1e-6 * step.squaredNorm())) return;
  Pair pair;
  pair.step = step;
  pair.change = change;
  pair.rho = 1.0 / product;
  pairs_.push_back(std::move(pair));
  if (pairs_.size() > memory_) pairs_.pop_front();
}

Eigen::VectorXd Lbfgs::direction(const Eigen::VectorXd& gradient, const ModelHessian& model) const {
  Eigen::VectorXd q = gradient;
  std::vector<double> alpha(pairs_.size());
  for (std::size_t k = pairs_.size(); k-- > 0;) {
    alpha[k] = pairs_[k].rho * pairs_[k].step.dot(q);
    q -= alpha[k] * pairs_[k].change;
  }
  q = model.solve(q);
  if (pairs_.empty()) {
    q /= curvature_;
  } else {
    q /= pairs_.back().rho * pairs_.back().change.dot(model.solve(pairs_.back().change));
  }
  for (std::size_t k = 0; k < pairs_.size(); ++k) {
    const double beta = pairs_[k].rho * pairs_[k].change.dot(q);
    q += (alpha[k] - beta) * pairs_[k].step;
  }
  return -q;
}

void AdaptiveStep::begin(double residual) {
  step_ = std::clamp(0.5 * std::sqrt(limits_.tolerance) / residual, limits_.smallest, limits_.largest);
}

bool AdaptiveStep::judge(const Eigen::VectorXd& force, const Eigen::VectorXd& trial, double residual,
                         double trial_residual) {
  const double error = 0.5 * step_ * (trial - force).lpNorm<Eigen::Infinity>();
  const bool accepted = trial_residual <= residual * (1 - limits_.decrease * step_) ||
                        (trial_residual <= residual * limits_.growth && error <= limits_.tolerance);
  // The step that would have made the force smallest, were it linear along the line.
  const Eigen::VectorXd difference = force - trial;
  double along_line = step_ * force.dot(difference) / (difference.squaredNorm() + 1e-10);
  if (!(along_line >= limits_.smallest)) along_line = std::numeric_limits<double>::infinity();
  const double by_error =
      error > 0 ? step_ * 0.5 * std::sqrt(limits_.tolerance / error) : std::numeric_limits<double>::infinity();
  const double wanted = std::min(by_error, along_line);
  if (!accepted) {
    step_ = std::max(0.1 * step_, std::min(0.25 * step_, wanted));
    return false;
  }
  usual_ = usual_ > 0 ? std::pow(usual_, 0.9) * std::pow(step_, 0.1) : step_;
  // Where the force jumps (a tangent that changes sides) the line says "no step at all": walk on at a tenth of the
  // pace.
  step_ = std::min(std::max({0.25 * step_, std::min(4 * step_, wanted), 0.1 * usual_}), limits_.largest);
  return true;
}

}  // namespace hopflow
