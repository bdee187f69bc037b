// SPDX-License-Identifier: GPL-2.0-or-later
// Relaxation by FIRE and L-BFGS with an energy that never rises.
#include "neb/relax/relax.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "neb/core/mobile.hpp"
#include "neb/core/optimizer.hpp"
#include "neb/path/interpolation.hpp"
#include "structures/core/error.hpp"

namespace hopflow {
namespace {

/// What relax() decides by.
struct Thresholds {
  double rise_ev = 1e-6;        ///< the energy may rise by this: below what a barrier resolves, above rounding
  double noise_ev = 1e-4;       ///< a rise that the force along the step may overrule
  double fire_above = 1.0;      ///< eV/A: larger forces start with inertia; half of it, and L-BFGS takes over
  int fire_steps = 200;         ///< with inertia: more, and it is not getting anywhere
  int halvings = 6;             ///< of one step: the last is 1/64 of the first
  int idle = 100;               ///< evaluations without progress, which is either of the next two
  double idle_share = 0.9;      ///< of the lowest force so far
  double idle_gain_ev = 1e-5;   ///< below the lowest energy so far
  double least_fall_ev = 1000;  ///< a model that broke down falls by more than this and ...
  double fall_ev_per_atom = 5;  ///< ... more than this for each mobile atom: above any bond
  double least_factor = 0.1, largest_factor = 0.5;  ///< of a step that went uphill
};
constexpr Thresholds limits;

/// The state of a relaxation between two questions.
class Relaxation {
 public:
  /// @param here  the answer at `start`
  Relaxation(Configuration start, Mobile mobile, RelaxOptions options, Evaluation here)
      : start_{std::move(start)},
        mobile_{std::move(mobile)},
        options_{std::move(options)},
        origin_{mobile_.gather(start_.positions)},
        x_{origin_},
        here_{std::move(here)},
        gradient_{mobile_.gradient(here_)},
        model_{start_, mobile_},
        floor_ev_{here_.energy_ev - std::max(limits.least_fall_ev, limits.fall_ev_per_atom * mobile_.count())},
        inertial_{longest(gradient_) > limits.fire_above} {}

  Progress progress() const { return Progress(options_.stage, evaluations_, longest(gradient_)); }
  bool ended();
  Configuration question();
  void shorten_after(const Error& refusal);
  void take(Evaluation trial);
  Relaxed result() &&;

 private:
  bool idles();
  void choose_step();
  void step_back(double rise, double slope);

  Configuration start_;
  Mobile mobile_;
  RelaxOptions options_;
  Eigen::VectorXd origin_, x_;
  Evaluation here_;
  Eigen::VectorXd gradient_, step_;
  Fire fire_;
  Lbfgs lbfgs_;
  ModelHessian model_;
  double floor_ev_;
  bool inertial_;
  int evaluations_ = 1, fire_steps_ = 0, halvings_ = 0, refusals_ = 0;
  bool forgot_ = false;     ///< what L-BFGS knew, because no step lowered the energy
  bool keep_step_ = false;  ///< a shorter one is tried in the same direction
  double lowest_ = std::numeric_limits<double>::infinity(), lowest_ev_ = lowest_;
  int progressed_ = 0;  ///< evaluations when either last fell
  bool collapsed_ = false;
  std::string reason_;  ///< it ended without having converged
};

/// Whether it has converged, collapsed, or come to no more.
bool Relaxation::ended() {
  const double fmax = longest(gradient_);
  if (!reason_.empty() || fmax <= options_.fmax) return true;
  if (idles()) {
    reason_ = fmt::format(
        "not relaxed: the forces did not decrease in {} evaluations (fmax {:.3g} eV/A, requested {:.3g}); the engine's "
        "noise may be of this size, or its forces are not the gradient of its energy",
        limits.idle, fmax, options_.fmax);
  } else if (evaluations_ >= options_.max_steps) {
    reason_ = fmt::format("not relaxed after {} evaluations: fmax {:.3g} eV/A, requested {:.3g}", evaluations_, fmax,
                          options_.fmax);
  }
  return !reason_.empty();
}

bool Relaxation::idles() {
  const double fmax = longest(gradient_);
  const bool better_than_before =
      fmax < limits.idle_share * lowest_ || here_.energy_ev < lowest_ev_ - limits.idle_gain_ev;
  if (!better_than_before) return evaluations_ - progressed_ >= limits.idle;
  lowest_ = std::min(lowest_, fmax);
  lowest_ev_ = std::min(lowest_ev_, here_.energy_ev);
  progressed_ = evaluations_;
  return false;
}

/// The configuration to ask about next.
Configuration Relaxation::question() {
  if (inertial_ && (longest(gradient_) < 0.5 * limits.fire_above || fire_steps_ >= limits.fire_steps))
    inertial_ = false;
  if (halvings_ == 0 && !keep_step_) choose_step();
  keep_step_ = false;
  return mobile_.place(start_, x_ + step_);
}

void Relaxation::choose_step() {
  if (inertial_) {
    step_ = fire_.move(-gradient_);
    ++fire_steps_;
  } else {
    model_.follow(x_);
    step_ = lbfgs_.direction(gradient_, model_);
    if (!(step_.dot(gradient_) < 0)) {
      lbfgs_.forget();
      step_ = lbfgs_.direction(gradient_, model_);
    }
  }
  step_ = shortened(std::move(step_), options_.max_move);
}

/// A step too long for any engine, as on a steep wall, is tried shorter. @throws the refusal if that is not the reason
void Relaxation::shorten_after(const Error& refusal) {
  const Configuration from = mobile_.place(start_, x_), to = mobile_.place(start_, x_ + step_);
  const bool overstepped = options_.overstepped ? options_.overstepped(from, to) : is_squeezed(from, to, mobile_);
  const bool may_be_shorter = refusal.kind() == Error::Kind::geometry || (refusal.of_engine() && overstepped);
  if (!may_be_shorter || ++refusals_ > refusals_allowed) throw Error(refusal);
  fire_.stop();
  step_ *= refused_share;
  keep_step_ = true;
}

/// Moves to the trial if it is lower, else turns to another step.
void Relaxation::take(Evaluation trial) {
  refusals_ = 0;
  ++evaluations_;
  const Eigen::VectorXd trial_gradient = mobile_.gradient(trial);
  const double rise = trial.energy_ev - here_.energy_ev;
  const double slope = gradient_.dot(step_);
  const bool force_agrees =
      rise < limits.noise_ev && trial_gradient.dot(step_) <= -0.5 * slope && std::abs(slope) < limits.noise_ev;
  if (rise > limits.rise_ev && !force_agrees) return step_back(rise, slope);
  lbfgs_.learn(step_, trial_gradient - gradient_);
  x_ += step_;
  gradient_ = trial_gradient;
  here_ = std::move(trial);
  halvings_ = 0;
  forgot_ = false;
  if (here_.energy_ev >= floor_ev_) return;
  collapsed_ = true;
  reason_ = fmt::format("collapsed: the energy fell to {:.6g} eV", here_.energy_ev);
}

void Relaxation::step_back(double rise, double slope) {
  if (inertial_) {
    fire_.stop();
    step_ = Eigen::VectorXd();
    return;
  }
  // Minimum of the parabola through both energies and the slope here, kept within a halving and a tenth.
  const double curvature = 2 * (rise - slope);
  const double factor = curvature > 0 ? -slope / curvature : 0.5;
  step_ *= std::clamp(factor, limits.least_factor, limits.largest_factor);
  if (++halvings_ <= limits.halvings) return;
  if (forgot_) {
    reason_ = fmt::format(
        "no step lowers the energy any further: fmax {:.3g} eV/A, requested {:.3g}; forces and energies of the engine "
        "are inconsistent at this level",
        longest(gradient_), options_.fmax);
    return;
  }
  lbfgs_.forget();
  forgot_ = true;
  halvings_ = 0;
}

Relaxed Relaxation::result() && {
  Relaxed result;
  result.configuration = mobile_.place(start_, x_);
  result.fmax = longest(gradient_);
  result.gradient_norm = model_.norm(gradient_);
  result.ending = collapsed_ ? Ending::collapsed : reason_.empty() ? Ending::converged : Ending::not_converged;
  result.reason = std::move(reason_);
  result.drift = longest(x_ - origin_);
  result.evaluation = std::move(here_);
  return result;
}

}  // namespace

Procedure<Relaxed> relax(Configuration start, Mask mask, RelaxOptions options) {
  Mobile mobile(mask, start.size());
  const int before = co_await CallsSoFar();
  const std::vector<std::string> names{options.stage};
  std::vector<Configuration> first{start};
  std::vector<Evaluation> answer = co_await Ask(std::move(first), names);
  Relaxation relaxation(std::move(start), std::move(mobile), std::move(options), std::move(answer.front()));
  while (true) {
    Progress shown = relaxation.progress();
    co_yield std::move(shown);
    if (relaxation.ended()) break;
    std::vector<Configuration> question{relaxation.question()};
    Reply reply = co_await Try(std::move(question), names);
    if (reply.refused())
      relaxation.shorten_after(*reply.refusal);
    else
      relaxation.take(std::move(reply.answers.front()));
  }
  Relaxed result = std::move(relaxation).result();
  result.evaluations = co_await CallsSoFar() - before;
  co_return result;
}

}  // namespace hopflow
