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

constexpr double rise_allowed = 1e-6;   // eV: below what a barrier resolves, above rounding
constexpr double noise_allowed = 1e-4;  // eV: a rise the force along the step may overrule
constexpr double fire_above = 1.0;      // eV/A: forces from which inertia starts before L-BFGS
constexpr int fire_steps_allowed = 200;
constexpr int halvings_allowed = 6;
constexpr int idle_allowed = 100;   // evaluations without progress: forces a tenth lower, or this much energy
constexpr double idle_gain = 1e-5;  // eV

}  // namespace

Procedure<Relaxed> relax(Configuration start, Mask mask, RelaxOptions options) {
  const Mobile mobile(mask, start.size());
  const Eigen::VectorXd origin = mobile.gather(start.positions);
  const std::vector<std::string> names{options.stage};

  std::vector<Configuration> question{start};
  std::vector<Evaluation> answer = co_await Ask(std::move(question), names);
  int calls = calls_of(answer);
  Evaluation here = std::move(answer.front());
  Eigen::VectorXd x = origin;
  Eigen::VectorXd gradient = mobile.gradient(here);
  int evaluations = 1;
  const double floor = here.energy_ev - std::max(1000.0, 5.0 * mobile.count());

  Fire fire;
  Lbfgs lbfgs;
  ModelHessian model(start, mobile);
  bool inertial = longest(gradient) > fire_above;
  int fire_steps = 0;
  int halvings = 0;
  int refusals = 0;
  bool forgot = false, retry = false;
  Eigen::VectorXd step;
  std::string reason;
  bool collapsed = false;
  double lowest = std::numeric_limits<double>::infinity(), reached_ev = lowest;
  int progressed = 0;

  while (true) {
    const double fmax = longest(gradient);
    co_yield Progress(options.stage, evaluations, fmax);
    if (fmax <= options.fmax) break;
    if (fmax < 0.9 * lowest || here.energy_ev < reached_ev - idle_gain) {
      lowest = std::min(lowest, fmax);
      reached_ev = std::min(reached_ev, here.energy_ev);
      progressed = evaluations;
    } else if (evaluations - progressed >= idle_allowed) {
      reason = fmt::format(
          "not relaxed: no lower forces in {} evaluations, fmax {:.3g} eV/A, wanted {:.3g}; the engine's noise may be "
          "as "
          "large, or its forces are not the slope of its energy",
          idle_allowed, fmax, options.fmax);
      break;
    }
    if (evaluations >= options.max_steps) {
      reason = fmt::format("not relaxed after {} evaluations: fmax {:.3g} eV/A, wanted {:.3g}", evaluations, fmax,
                           options.fmax);
      break;
    }
    if (inertial && (fmax < 0.5 * fire_above || fire_steps >= fire_steps_allowed)) inertial = false;

    if (halvings == 0 && !retry) {
      if (inertial) {
        step = fire.move(-gradient);
        ++fire_steps;
      } else {
        model.follow(x);
        step = lbfgs.direction(gradient, model);
        if (!(step.dot(gradient) < 0)) {
          lbfgs.forget();
          step = lbfgs.direction(gradient, model);
        }
      }
      step = shortened(std::move(step), options.max_move);
    }
    retry = false;

    std::vector<Configuration> trial_question{mobile.place(start, x + step)};
    Reply reply = co_await Try(std::move(trial_question), names);
    if (reply.refused()) {
      // A step too long for any engine, as on a steep wall.
      const Configuration from = mobile.place(start, x), to = mobile.place(start, x + step);
      const bool overstepped = options.overstepped ? options.overstepped(from, to) : is_squeezed(from, to, mobile);
      const bool may_be_shorter =
          reply.refusal->kind() == Error::Kind::geometry || (reply.refusal->of_engine() && overstepped);
      if (!may_be_shorter || ++refusals > refusals_allowed) throw Error(*reply.refusal);
      fire.stop();
      step *= refused_share;
      retry = true;
      continue;
    }
    refusals = 0;
    calls += calls_of(reply.answers);
    Evaluation trial = std::move(reply.answers.front());
    ++evaluations;
    const Eigen::VectorXd trial_gradient = mobile.gradient(trial);
    const double rise = trial.energy_ev - here.energy_ev;
    const double slope = gradient.dot(step);
    const bool force_agrees =
        rise < noise_allowed && trial_gradient.dot(step) <= -0.5 * slope && std::abs(slope) < noise_allowed;
    if (rise <= rise_allowed || force_agrees) {
      lbfgs.learn(step, trial_gradient - gradient);
      x += step;
      gradient = trial_gradient;
      here = std::move(trial);
      halvings = 0;
      forgot = false;
      if (here.energy_ev < floor) {
        collapsed = true;
        reason = fmt::format("collapsed: the energy fell to {:.6g} eV", here.energy_ev);
        break;
      }
      continue;
    }
    if (inertial) {
      fire.stop();
      step = Eigen::VectorXd();
      continue;
    }
    // Minimum of the parabola through both energies and the slope here, kept within a halving and a tenth.
    const double curvature = 2 * (rise - slope);
    double factor = curvature > 0 ? -slope / curvature : 0.5;
    factor = std::clamp(factor, 0.1, 0.5);
    step *= factor;
    if (++halvings > halvings_allowed) {
      if (forgot) {
        reason = fmt::format(
            "no step lowers the energy any more: fmax {:.3g} eV/A, wanted {:.3g}; the engine's forces "
            "and energies disagree by more than that",
            fmax, options.fmax);
        break;
      }
      lbfgs.forget();
      forgot = true;
      halvings = 0;
    }
  }

  Relaxed result;
  result.configuration = mobile.place(start, x);
  result.fmax = longest(gradient);
  result.gradient_norm = model.norm(gradient);
  result.ending = collapsed ? Ending::collapsed : reason.empty() ? Ending::converged : Ending::not_converged;
  result.reason = reason;
  result.drift = longest(x - origin);
  result.evaluation = std::move(here);
  result.evaluations = calls;
  co_return result;
}

}  // namespace hopflow
