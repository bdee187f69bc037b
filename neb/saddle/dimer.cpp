// SPDX-License-Identifier: GPL-2.0-or-later
// Turn, move, and so on.
#include "neb/saddle/dimer.hpp"

#include <algorithm>
#include <cmath>

#include "neb/band/springs.hpp"
#include "neb/core/optimizer.hpp"
#include "neb/saddle/climb.hpp"

namespace hopflow {
namespace {

/// What dimer() decides by.
struct DimerThresholds {
  double half_length = 0.01;   ///< A, from the middle of the dimer to its second image
  double enough_turned = 0.3;  ///< eV/A^2 left of the Hessian times the mode across it: turning further gains little
  int turns_at_first = 6;      ///< before the first step
  int turns = 2;               ///< before each other: the mode changes little in one step
  double memory_angle = 0.95;  ///< overlap with the mode before: less, and what L-BFGS learned no longer holds
  std::size_t memory = 25;     ///< steps that L-BFGS remembers
  double stiffness = 30;       ///< eV/A^2, where it knows nothing
  double softest = 0.1;        ///< eV/A^2: the energy left is not divided by less
};
constexpr DimerThresholds dimer_limits;

class Dimer final : public Climb {
 public:
  using Climb::Climb;

 private:
  Procedure<int> turn() override;
  Eigen::VectorXd next_step() override;
  void take(const Eigen::VectorXd& step, Evaluation answer) override;
  Eigen::VectorXd descent(const Eigen::VectorXd& across_mode) override { return lbfgs_.direction(across_mode); }
  double softest() const override { return dimer_limits.softest; }
  Eigen::VectorXd reversed(const Eigen::VectorXd& gradient) const;

  Lbfgs lbfgs_{dimer_limits.memory, dimer_limits.stiffness};
};

/// Turns the dimer within planes of the mode and what turns it.
Procedure<int> Dimer::turn() {
  const int times = steps_ == 0 ? dimer_limits.turns_at_first : dimer_limits.turns;
  const Eigen::VectorXd before = here_.mode;
  int turned = 0;
  for (; turned < times && asked_ + 2 < allowed(); ++turned) {
    auto asking = product_with(here_.mode, dimer_limits.half_length);
    Eigen::VectorXd product = co_await std::move(asking);
    here_.curvature = here_.mode.dot(product);
    Eigen::VectorXd aside = without_shift(across(product, here_.mode), start_, mobile_);
    if (aside.norm() < dimer_limits.enough_turned) break;
    aside.normalize();
    auto turning = lowest_with(std::move(aside), std::move(product), dimer_limits.half_length);
    Mode lowest = co_await std::move(turning);
    here_.mode = std::move(lowest.direction);
    here_.curvature = lowest.curvature;
  }
  if (before.dot(here_.mode) < dimer_limits.memory_angle) lbfgs_.forget();
  co_return turned;
}

/// The gradient with its component along the mode reversed; where the mode does not curve down, that component alone.
Eigen::VectorXd Dimer::reversed(const Eigen::VectorXd& gradient) const {
  const Eigen::VectorXd along = gradient.dot(here_.mode) * here_.mode;
  if (here_.curvature < 0) return gradient - 2 * along;
  return -along;
}

Eigen::VectorXd Dimer::next_step() {
  const Eigen::VectorXd gradient = reversed(here_.gradient);
  // What the curvature along an upward mode would be says nothing of how far the next saddle is.
  if (here_.curvature >= 0) return -options_.max_move / std::max(longest(gradient), 1e-12) * gradient;
  const Eigen::VectorXd direction = lbfgs_.direction(gradient);
  return shortened(direction.dot(gradient) < 0 ? direction : Eigen::VectorXd(-gradient / dimer_limits.stiffness),
                   options_.max_move);
}

void Dimer::take(const Eigen::VectorXd& step, Evaluation answer) {
  Eigen::VectorXd gradient = mobile_.gradient(answer);
  if (here_.curvature < 0) lbfgs_.learn(step, reversed(gradient) - reversed(here_.gradient));
  move_to(step, std::move(gradient), std::move(answer));
}

}  // namespace

Procedure<Saddle> dimer(Configuration start, Evaluation there, Mobile mobile, Modes known, Eigen::VectorXd follow,
                        SaddleOptions options) {
  Dimer search(std::move(start), std::move(there), std::move(mobile), known, follow, std::move(options));
  auto running = search.run();
  Saddle saddle = co_await std::move(running);
  co_return saddle;
}

}  // namespace hopflow
