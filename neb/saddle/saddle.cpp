// SPDX-License-Identifier: GPL-2.0-or-later
// Minimum-mode following.
#include "neb/saddle/saddle.hpp"

#include <algorithm>
#include <cmath>

#include "neb/band/springs.hpp"
#include "neb/core/convergence.hpp"
#include "neb/core/optimizer.hpp"
#include "neb/saddle/climb.hpp"

namespace hopflow {
namespace {

/// What follow_mode() decides by.
struct SearchThresholds {
  double loose = 0.05;               ///< eV/A: a search for less force than this takes the trouble of a model of bonds
  double probe = 0.01;               ///< A, for turning the mode: above noise, below what bends
  double seed_curvature = 0.1;       ///< eV/A^2: what is softer teaches L-BFGS nothing that lasts
  double seed_across = 0.5;          ///< of a known direction: what is left of it across the mode
  std::size_t seed_memory = 60;      ///< steps that L-BFGS remembers
  double seed_stiffness = 30;        ///< eV/A^2, where it knows nothing
  double residual = 0.05;            ///< A^-1 of the mode's residual, solved: less, and it has nowhere to turn
  double softest = 0.3;              ///< eV/A^2: softer modes are climbed as if this stiff
  double felt_for = 0.5;             ///< of a step, where the mode does not curve down yet
  double worse = 2, worse_ev = 0.5;  ///< times the gradient before, and eV/A: such a step was too long ...
  double shortest = 0.01;            ///< ... unless it was this short (A)
  double shorter = 0.5, longer = 1.3;        ///< of the longest step, after a bad and a good one
  double falls = 0.5;                        ///< of the force along the mode: less progress, and the mode is turned
  int least_between = 2, most_between = 10;  ///< steps between two turns
  double approach = 0.9;                     ///< of the least force so far: progress before mark_fmax
  int most_calls = 600;                      ///< however much progress they make
  double softest_residual = 0.1;             ///< eV/A^2: the energy left is not divided by less
};
constexpr SearchThresholds search_limits;

/// Fills the memory with Ritz vectors of positive curvature across `follow`: conjugate to each other, so all hold.
void seed_memory(Lbfgs& lbfgs, const Modes& known, const Eigen::VectorXd& follow) {
  // The newest pair sets the scale for directions nothing is known of.
  for (const Secant& s : secants_of(known.basis, known.products, search_limits.seed_curvature)) {
    const Eigen::VectorXd direction = across(s.step, follow), product = across(s.change, follow);
    if (direction.norm() < search_limits.seed_across || direction.dot(product) < search_limits.seed_curvature) continue;
    lbfgs.learn(direction, product);
  }
}

class ModeFollowing final : public Climb {
 public:
  ModeFollowing(Configuration start, Evaluation there, Mobile mobile, const Modes& known, const Eigen::VectorXd& follow,
                SaddleOptions options)
      : Climb{std::move(start), std::move(there), std::move(mobile), known, follow, std::move(options)},
        limit_{options_.max_move},
        tight_{options_.mark_fmax < search_limits.loose} {
    reached_ = best_.fmax();
    along_before_ = std::abs(here_.gradient.dot(here_.mode));
    seed_memory(lbfgs_, known, here_.mode);
    if (tight_) model_ = ModelHessian(start_, mobile_);
  }

 private:
  void note_progress() override;
  int allowed() const override { return std::min(progressed_ + Climb::allowed(), search_limits.most_calls); }
  Procedure<int> turn() override;
  Eigen::VectorXd next_step() override;
  void take(const Eigen::VectorXd& step, Evaluation answer) override;
  Eigen::VectorXd descent(const Eigen::VectorXd& across_mode) override { return lbfgs_.direction(across_mode, model_); }
  double softest() const override { return search_limits.softest_residual; }

  Lbfgs lbfgs_{search_limits.seed_memory, search_limits.seed_stiffness};
  ModelHessian model_;
  double limit_;  ///< longest step now (A)
  /// Where a loose saddle will do, the one next to the start is meant, not that to which soft modes lead from there.
  bool tight_;
  double along_before_;  ///< force along the mode (eV/A)
  double boost_ = 1;     ///< of steps down where the ground curves down
  double reached_;       ///< force that last counted as progress (eV/A)
  bool turn_ = false;    ///< before the next step
  int progressed_ = 0, since_turn_ = 0;
};

void ModeFollowing::note_progress() {
  if (marked_ && !tight_) return;
  if (!(here_.fmax() < (marked_ ? better : search_limits.approach) * reached_)) return;
  reached_ = here_.fmax();
  progressed_ = asked_;
}

/// A dimer rotation in the plane of the mode and its residual.
Procedure<int> ModeFollowing::turn() {
  if (!turn_ || asked_ + 2 >= allowed()) co_return 0;
  auto asking = product_with(here_.mode, search_limits.probe);
  Eigen::VectorXd product = co_await std::move(asking);
  here_.curvature = here_.mode.dot(product);
  Eigen::VectorXd aside = without_shift(across(model_.solve(across(product, here_.mode)), here_.mode), start_, mobile_);
  if (aside.norm() > search_limits.residual) {
    aside.normalize();
    auto turning = lowest_with(std::move(aside), std::move(product), search_limits.probe);
    Mode lowest = co_await std::move(turning);
    here_.mode = std::move(lowest.direction);
    here_.curvature = lowest.curvature;
  }
  turn_ = false;
  since_turn_ = 0;
  along_before_ = std::abs(here_.gradient.dot(here_.mode));
  co_return 1;
}

/// Uphill along the mode by Newton's step where the curvature is negative, by a plain step where it is not; down
/// across.
Eigen::VectorXd ModeFollowing::next_step() {
  const double along = here_.gradient.dot(here_.mode);
  const Eigen::VectorXd gradient_across = across(here_.gradient, here_.mode);
  const double reach = here_.curvature < 0 ? limit_ : search_limits.felt_for * limit_;
  const double climb = std::clamp(along / std::max(std::abs(here_.curvature), search_limits.softest), -reach, reach);
  model_.follow(here_.x);
  Eigen::VectorXd descent = across(lbfgs_.direction(gradient_across, model_), here_.mode);
  if (!(descent.dot(gradient_across) <= 0)) {
    lbfgs_.forget();
    descent = across(lbfgs_.direction(gradient_across, model_), here_.mode);
  }
  return shortened(climb * here_.mode + boost_ * descent, limit_);
}

/// Learns from a step, and takes it unless it was too long.
void ModeFollowing::take(const Eigen::VectorXd& step, Evaluation answer) {
  ++since_turn_;
  const Eigen::VectorXd gradient = mobile_.gradient(answer);
  const Eigen::VectorXd step_across = across(step, here_.mode),
                        change_across = across(gradient - here_.gradient, here_.mode);
  lbfgs_.learn(step_across, change_across);
  // Downhill where the ground curves down teaches L-BFGS nothing: walk faster until it curves up.
  boost_ = step_across.dot(change_across) < 0 ? 2 * boost_ : 1;
  if (gradient.norm() > search_limits.worse * here_.gradient.norm() && gradient.norm() > search_limits.worse_ev &&
      limit_ > search_limits.shortest) {
    limit_ *= search_limits.shorter;
    turn_ = true;
    return;
  }
  limit_ = std::min(options_.max_move, search_limits.longer * limit_);
  move_to(step, gradient, std::move(answer));
  const double along = std::abs(here_.gradient.dot(here_.mode));
  const bool stuck = along > search_limits.falls * along_before_ && along > search_limits.falls * options_.fmax;
  if ((stuck && since_turn_ >= search_limits.least_between) || since_turn_ >= search_limits.most_between) turn_ = true;
  along_before_ = along;
}

}  // namespace

Procedure<Saddle> follow_mode(Configuration start, Evaluation there, Mobile mobile, Modes known, Eigen::VectorXd follow,
                              SaddleOptions options) {
  ModeFollowing search(std::move(start), std::move(there), std::move(mobile), known, follow, std::move(options));
  auto running = search.run();
  Saddle saddle = co_await std::move(running);
  co_return saddle;
}

}  // namespace hopflow
