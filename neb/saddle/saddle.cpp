// SPDX-License-Identifier: GPL-2.0-or-later
// Minimum-mode following.
#include "neb/saddle/saddle.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Eigenvalues>

#include "neb/band/springs.hpp"
#include "neb/core/convergence.hpp"
#include "neb/core/optimizer.hpp"

namespace hopflow {
namespace {

constexpr double loose = 0.05;  // eV/A

/// Fills the memory with Ritz vectors of positive curvature across `follow`: conjugate to each other, so all hold.
void seed_memory(Lbfgs& lbfgs, const Modes& known, const Eigen::VectorXd& follow) {
  // The newest pair sets the scale for directions nothing is known of.
  for (const Secant& s : secants_of(known.basis, known.products, 0.1)) {
    const Eigen::VectorXd direction = across(s.step, follow), product = across(s.change, follow);
    if (direction.norm() < 0.5 || direction.dot(product) < 0.1) continue;
    lbfgs.learn(direction, product);
  }
}

}  // namespace

Procedure<Saddle> follow_mode(Configuration start, Evaluation there, Mobile mobile, Modes known, Eigen::VectorXd follow,
                              SaddleOptions options) {
  constexpr double probe = 0.01;  // A, for turning the mode
  const Eigen::VectorXd origin = mobile.gather(start.positions);
  const std::vector<std::string> names{options.stage};
  const Evaluation first = there;
  Eigen::VectorXd x = origin;
  Eigen::VectorXd gradient = mobile.gradient(there);
  Eigen::VectorXd mode = follow.normalized();
  Saddle saddle;
  saddle.curvature = -1;
  for (const Mode& m : known.lowest) {
    if (std::abs(m.direction.dot(mode)) > 0.7) saddle.curvature = m.curvature;
  }
  Lbfgs lbfgs(60, 30);
  seed_memory(lbfgs, known, mode);
  // Where a loose saddle will do, the one beside the start is meant, not that to which soft modes lead from there.
  const bool tight = options.mark_fmax < loose;
  ModelHessian model;
  if (tight) model = ModelHessian(start, mobile);
  double limit = options.max_move;
  double along_before = std::abs(gradient.dot(mode));
  double boost = 1;
  bool turn = false;
  int steps = 0;
  int asked = 0;  // derived answers among them
  int progressed = 0;
  int since_turn = 0;
  bool marked = false;
  Eigen::VectorXd best = x;
  Evaluation best_there = there;
  double best_fmax = longest(gradient), reached = best_fmax;

  while (true) {
    const double fmax = longest(gradient);
    if (fmax < best_fmax) {
      best = x;
      best_there = there;
      best_fmax = fmax;
    }
    if (tight && fmax < better * reached) {
      reached = fmax;
      progressed = asked;
    }
    co_yield Progress(options.stage, steps, fmax);
    if (fmax <= options.mark_fmax && !marked) {
      marked = true;
      saddle.evaluations_to_mark = saddle.evaluations;
    }
    if (fmax <= options.fmax) {
      saddle.converged = true;
      break;
    }
    const int allowed = progressed + (marked ? options.max_calls : std::max(options.max_calls, options.calls_to_mark));
    if (asked >= allowed) break;
    if (there.energy_ev > first.energy_ev + options.max_rise) {
      x = origin;
      there = first;
      gradient = mobile.gradient(there);
      break;
    }

    if (turn && asked + 2 < allowed) {
      std::vector<Configuration> first_question{mobile.place(start, x + probe * mode)};
      std::vector<Evaluation> probed = co_await Ask(std::move(first_question), names);
      const Eigen::VectorXd product = (mobile.gradient(probed.front()) - gradient) / probe;
      saddle.curvature = mode.dot(product);
      saddle.evaluations += calls_of(probed);
      ++asked;
      Eigen::VectorXd aside = across(model.solve(across(product, mode)), mode);
      if (mobile.everything() && start.size() > 1) {
        Eigen::Map<Eigen::Matrix3Xd> columns(aside.data(), 3, aside.size() / 3);
        const Eigen::Vector3d mean = columns.rowwise().mean();
        columns.colwise() -= mean;
      }
      if (aside.norm() > 0.05) {
        aside.normalize();
        std::vector<Configuration> second_question{mobile.place(start, x + probe * aside)};
        std::vector<Evaluation> second = co_await Ask(std::move(second_question), names);
        const Eigen::VectorXd aside_product = (mobile.gradient(second.front()) - gradient) / probe;
        saddle.evaluations += calls_of(second);
        ++asked;
        Eigen::Matrix2d plane;
        plane(0, 0) = saddle.curvature;
        plane(1, 1) = aside.dot(aside_product);
        plane(0, 1) = plane(1, 0) = 0.5 * (aside.dot(product) + mode.dot(aside_product));
        const Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d> solver(plane);
        const Eigen::Vector2d lowest = solver.eigenvectors().col(0);
        Eigen::VectorXd turned = lowest[0] * mode + lowest[1] * aside;
        // The same way as before: a flip would only be confusing.
        if (turned.dot(mode) < 0) turned = -turned;
        mode = turned.normalized();
        saddle.curvature = solver.eigenvalues()[0];
      }
      turn = false;
      since_turn = 0;
      along_before = std::abs(gradient.dot(mode));
    }

    const double along = gradient.dot(mode);
    const Eigen::VectorXd gradient_across = across(gradient, mode);
    // Uphill along the mode by Newton's step where the curvature is negative, by a plain step where it is not.
    const double stiffness = std::max(std::abs(saddle.curvature), 0.3);
    double climb = along / stiffness;
    // Where the mode does not curve down yet, the way up is only felt for.
    const double reach = saddle.curvature < 0 ? limit : 0.5 * limit;
    climb = std::clamp(climb, -reach, reach);
    model.follow(x);
    Eigen::VectorXd descent = across(lbfgs.direction(gradient_across, model), mode);
    if (!(descent.dot(gradient_across) <= 0)) {
      lbfgs.forget();
      descent = across(lbfgs.direction(gradient_across, model), mode);
    }
    const Eigen::VectorXd step = shortened(climb * mode + boost * descent, limit);

    std::vector<Configuration> question{mobile.place(start, x + step)};
    std::vector<Evaluation> answer = co_await Ask(std::move(question), names);
    saddle.evaluations += calls_of(answer);
    ++asked;
    ++steps;
    ++since_turn;
    const Eigen::VectorXd new_gradient = mobile.gradient(answer.front());
    const Eigen::VectorXd step_across = across(step, mode), change_across = across(new_gradient - gradient, mode);
    lbfgs.learn(step_across, change_across);
    // Downhill where the ground curves down teaches L-BFGS nothing: walk faster until it curves up.
    boost = step_across.dot(change_across) < 0 ? 2 * boost : 1;
    if (new_gradient.norm() > 2 * gradient.norm() && new_gradient.norm() > 0.5 && limit > 0.01) {
      limit *= 0.5;
      turn = true;
      continue;
    }
    limit = std::min(options.max_move, 1.3 * limit);
    x += step;
    gradient = new_gradient;
    there = std::move(answer.front());
    const double along_now = std::abs(gradient.dot(mode));
    if ((along_now > 0.5 * along_before && along_now > 0.5 * options.fmax && since_turn >= 2) || since_turn >= 10) {
      turn = true;
    }
    along_before = along_now;
  }
  if (options.keep_best && best_fmax < longest(gradient)) {
    x = best;
    there = std::move(best_there);
    gradient = mobile.gradient(there);
  }
  if (!marked) saddle.evaluations_to_mark = saddle.evaluations;
  saddle.configuration = mobile.place(start, x);
  saddle.evaluation = std::move(there);
  saddle.mode = mode;
  saddle.fmax = longest(gradient);
  saddle.gradient_norm = ModelHessian(saddle.configuration, mobile).norm(gradient);
  const double along = gradient.dot(mode);
  const Eigen::VectorXd rest = across(gradient, mode);
  saddle.residual_ev = 0.5 * (along * along / std::max(std::abs(saddle.curvature), 0.1) +
                              std::abs(rest.dot(lbfgs.direction(rest, model))));
  saddle.drift = longest(x - origin);
  co_return saddle;
}

}  // namespace hopflow
