// SPDX-License-Identifier: GPL-2.0-or-later
// Convergence of a band.
#include "neb/band.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "neb/convergence.hpp"
#include "neb/interpolation.hpp"
#include "neb/optimizer.hpp"
#include "neb/springs.hpp"
#include "neb/tangent.hpp"
#include "structures/error.hpp"

namespace hopflow {
namespace {

constexpr double collapse_ev = 20;
constexpr int patience = 30;       // rounds without a new lowest force before FIRE takes over
constexpr double runaway = 0.5;    // rise of the barrier since climbing began, as a share, that means it lost its way
constexpr int climb_latest = 15;    // rounds after which the highest image climbs in any case
constexpr double climb_share = 0.2;  // of the first round's force: surfaces differ in their scale
constexpr double spring_share = 0.2;  // 1/A: springs, likewise
constexpr int runaways_allowed = 1;
constexpr int refusals_allowed = 6;   // in a row
constexpr double refused_share = 0.25;
constexpr std::array more_room{0.85, 0.95};  // shares of the shortest distance at the ends, one after the other

/// Coordinates, energies and gradients of all images; the ends included.
struct Points {
  std::vector<Eigen::VectorXd> x, gradient;
  std::vector<double> energy;
};

/// What follows from the points: forces on the interior images, one after the other, and how large they are.
struct Forces {
  Eigen::VectorXd total;  ///< springs included
  double residual = 0;    ///< largest component of total
  double fmax = 0;        ///< as in BandOptions
  double climbing = std::numeric_limits<double>::infinity();  ///< real force on the climbing image
  int highest = 0;
  Eigen::VectorXd tangent;
};

class Chain {
 public:
  Chain(const BandOptions& options, std::optional<int> saddle) : options_{options}, saddle_{saddle} {}

  Forces forces(const Points& p, bool climb) const {
    const int last = static_cast<int>(p.x.size()) - 1;
    const Eigen::Index n = p.x.front().size();
    Forces f;
    f.highest = 1;
    for (int i = 2; i < last; ++i) {
      if (p.energy[at(i)] > p.energy[at(f.highest)]) f.highest = i;
    }
    if (saddle_) f.highest = *saddle_;
    f.total = Eigen::VectorXd::Zero(n * (last - 1));
    const double spring = is_even(p) ? 0.0 : options_.spring;
    const bool weighted = options_.springs == Springs::energy_weighted;
    const double reference = std::max(p.energy.front(), p.energy.back());
    const auto stiffness = [&](int i) {  // of the spring from image i - 1 to image i
      const double higher = std::max(p.energy[at(i - 1)], p.energy[at(i)]);
      return weighted ? energy_weighted(spring, higher, reference, p.energy[at(f.highest)]) : spring;
    };
    for (int i = 1; i < last; ++i) {
      const Eigen::VectorXd back = p.x[at(i)] - p.x[at(i - 1)], ahead = p.x[at(i + 1)] - p.x[at(i)];
      const Eigen::VectorXd direction =
          tangent(back, ahead, {p.energy[at(i - 1)], p.energy[at(i)], p.energy[at(i + 1)]});
      if (i == f.highest) f.tangent = direction;
      if (saddle_ == i) continue;
      const bool climbs = climb && !saddle_ && i == f.highest;
      Eigen::VectorXd force =
          climbs ? climbing_force(p.gradient[at(i)], direction)
                 : band_force(p.gradient[at(i)], direction, stiffness(i) * back.norm(), stiffness(i + 1) * ahead.norm(), 1);
      if (!climbs && options_.springs == Springs::doubly_nudged) {
        force += second_nudge(p.gradient[at(i)], direction, back, ahead, spring);
      }
      f.total.segment(n * (i - 1), n) = force;
      f.fmax = std::max(f.fmax, climbs ? longest(force) : longest(across(p.gradient[at(i)], direction)));
      if (climbs) f.climbing = longest(force);
    }
    f.residual = f.total.lpNorm<Eigen::Infinity>();
    return f;
  }

 private:
  /// Images that creep along the path change each other's tangents and keep the force across it from settling.
  bool is_even(const Points& p) const {
    if (options_.even_enough <= 0) return false;
    double shortest = std::numeric_limits<double>::infinity(), farthest = 0;
    for (std::size_t i = 1; i < p.x.size(); ++i) {
      const double step = (p.x[i] - p.x[i - 1]).norm();
      shortest = std::min(shortest, step);
      farthest = std::max(farthest, step);
    }
    return farthest < options_.even_enough * shortest;
  }

  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  const BandOptions& options_;
  std::optional<int> saddle_;
};

double longest_step(const Eigen::VectorXd& force, double step) { return step * longest(force); }

}  // namespace

bool make_room(Path& path, const Mobile& mobile, double share) {
  path.answers.resize(path.images.size());
  std::vector<bool> unasked;
  for (const Evaluation& answer : path.answers) unasked.push_back(answer.forces.cols() == 0);
  return pull_apart(path.images, mobile, share, unasked);
}

Procedure<Band> converge_band(Path start, Mobile mobile, BandOptions options) {
  const int last = static_cast<int>(start.images.size()) - 1;
  const Configuration frame = start.images.front();
  const std::optional<int> saddle = start.saddle;
  const Chain chain(options, saddle);
  start.answers.resize(start.images.size());

  Points here;
  for (std::size_t i = 0; i < start.images.size(); ++i) {
    here.x.push_back(mobile.gather(start.images[i].positions));
    const bool answered = start.answers[i].forces.cols() == frame.size();
    here.energy.push_back(answered ? start.answers[i].energy_ev : 0.0);
    here.gradient.push_back(answered ? mobile.gradient(start.answers[i]) : Eigen::VectorXd());
  }
  std::vector<int> asked;
  for (int i = 1; i < last; ++i) {
    if (saddle != i) asked.push_back(i);
  }
  bool known = true;
  for (int i : asked) known = known && here.gradient[static_cast<std::size_t>(i)].size() > 0;
  std::vector<std::string> names;
  for (int i : asked) names.push_back(fmt::format("{} image {}", options.stage, i));

  Band band;
  band.path.saddle = saddle;
  std::vector<Evaluation> answers = start.answers;

  const double start_energy = here.energy.front();
  const double floor = std::min(here.energy.front(), here.energy.back()) - collapse_ev;
  const Eigen::Index n = here.x.front().size();
  AdaptiveStep ode{AdaptiveStep::Limits{}};
  Fire fire(0.03, 0.15);
  bool adaptive = true, climbing = false, begun = false;
  double lowest = std::numeric_limits<double>::infinity();
  int since_lowest = 0;
  double climb_energy = 0;
  double best_climb = std::numeric_limits<double>::infinity();
  std::vector<double> barriers;
  int runaways = 0, idle_since = 0;
  Points best, before_climb;
  std::vector<Evaluation> best_answers, before_answers;
  Points trial = here;
  std::vector<Evaluation> trial_answers = answers;
  Forces forces;
  Eigen::VectorXd step;
  int refusals = 0;
  std::size_t tried = 0;

  while (true) {
    if (asked.empty()) {
      forces = chain.forces(here, false);
      band.converged = true;
      break;
    }
    bool collapsed = false;
    if (begun || !known) {
      std::vector<Configuration> questions;
      for (int i : asked) {
        const auto k = static_cast<std::size_t>(i);
        questions.push_back(mobile.place(start.images[k], trial.x[k]));
      }
      Reply reply = co_await Try(std::move(questions), names);
      if (reply.refused()) {
        if (reply.refusal->kind() != Error::Kind::engine || ++refusals > refusals_allowed) throw Error(*reply.refusal);
        // A step, not the path, may have led to a place no engine answers for: a shorter one is tried.
        const bool overstepped = std::any_of(asked.begin(), asked.end(), [&](int i) {
          const auto k = static_cast<std::size_t>(i);
          return begun && is_squeezed(mobile.place(start.images[k], here.x[k]), mobile.place(start.images[k], trial.x[k]), mobile);
        });
        // A path that cannot be begun gets room, and then more.
        bool roomier = false;
        while (!begun && !roomier && tried < more_room.size()) roomier = make_room(start, mobile, more_room[tried++]);
        if (!overstepped && !roomier) throw Error(*reply.refusal);
        if (begun) {
          step *= refused_share;
          ode.cut(refused_share * ode.step());
          fire.stop();
        }
        for (int i : asked) {
          const auto k = static_cast<std::size_t>(i);
          trial.x[k] = begun ? Eigen::VectorXd(here.x[k] + step.segment(n * (i - 1), n)) : mobile.gather(start.images[k].positions);
        }
        continue;
      }
      refusals = 0;
      band.evaluations += static_cast<int>(asked.size());
      ++band.rounds;
      for (std::size_t k = 0; k < asked.size(); ++k) {
        const auto i = static_cast<std::size_t>(asked[k]);
        trial.energy[i] = reply.answers[k].energy_ev;
        trial.gradient[i] = mobile.gradient(reply.answers[k]);
        trial_answers[i] = std::move(reply.answers[k]);
        collapsed = collapsed || trial.energy[i] < floor;
      }
    }
    if (collapsed) {
      band.reason = fmt::format("collapsed: an image fell more than {} eV below both ends", collapse_ev);
      if (!begun) {
        here = trial;
        answers = trial_answers;
        forces = chain.forces(here, false);
      }
      break;
    }

    bool moved = true;
    if (!begun) {
      begun = true;
      forces = chain.forces(trial, false);
      ode.begin(forces.residual);
      if (options.handover > 0) options.handover = std::max(options.handover, options.handover_share * forces.fmax);
      options.climb_below = std::max(options.climb_below, climb_share * forces.fmax);
      // Springs far softer than the surface let images creep along the path for ever.
      options.spring = std::max(options.spring, spring_share * forces.fmax);
    } else {
      Forces next = chain.forces(trial, climbing);
      if (adaptive) {
        moved = ode.judge(forces.total, next.total, forces.residual, next.residual);
      }
      if (moved) forces = std::move(next);
    }
    if (moved) {
      here = trial;
      answers = trial_answers;
      if (options.climb && !saddle && !climbing && (forces.fmax < options.climb_below || band.rounds - idle_since >= climb_latest)) {
        climbing = true;
        before_climb = here;
        before_answers = answers;
        forces = chain.forces(here, true);
        climb_energy = here.energy[static_cast<std::size_t>(forces.highest)];
        best_climb = forces.climbing;
        since_lowest = 0;
        lowest = std::numeric_limits<double>::infinity();
        ode.cut(std::min(ode.step(), 0.5 * std::sqrt(0.1) / forces.residual));
      }
      if (climbing && band.evaluations_climb == 0 && forces.climbing < options.fmax) {
        band.evaluations_climb = band.evaluations;
      }
    }
    barriers.push_back(here.energy[static_cast<std::size_t>(forces.highest)]);
    band.spread_ev = spread_of_last(barriers, std::min(options.steady_rounds, static_cast<int>(barriers.size())));
    co_yield Progress(options.stage, band.rounds, forces.fmax,
                      here.energy[static_cast<std::size_t>(forces.highest)] - start_energy);

    if (climbing) {
      if (forces.climbing <= best_climb) {
        best_climb = forces.climbing;
        best = here;
        best_answers = answers;
      }
      const double rise = here.energy[static_cast<std::size_t>(forces.highest)] - climb_energy;
      const bool away = rise > std::max(0.3, runaway * (climb_energy - start_energy));
      if (away && runaways < runaways_allowed) {
        ++runaways;
        here = before_climb;
        answers = before_answers;
        climbing = false;
        forces = chain.forces(here, false);
        options.climb_below *= 0.2;
        idle_since = band.rounds + climb_latest;
        ode.begin(forces.residual);
        best_climb = std::numeric_limits<double>::infinity();
        lowest = std::numeric_limits<double>::infinity();
        since_lowest = 0;
      } else if (options.handover > 0 && (away || since_lowest > patience || forces.climbing < options.handover)) {
        if (forces.climbing >= options.handover) {
          here = best;
          answers = best_answers;
          forces = chain.forces(here, true);
        }
        band.handed_over = true;
        band.converged = forces.fmax < options.fmax;
        break;
      }
    }

    const bool forces_small = forces.fmax < options.fmax && (climbing || saddle || !options.climb);
    const bool steady = saddle || (band.spread_ev < options.steady_ev && band.rounds >= options.steady_rounds);
    if (forces_small && steady) {
      band.converged = true;
      break;
    }
    if (band.rounds >= options.max_rounds) {
      band.reason = forces_small
                        ? fmt::format("the barrier still moves: {:.3g} eV over the last {} rounds", band.spread_ev,
                                      options.steady_rounds)
                        : fmt::format("fmax {:.3g} eV/A after {} rounds, wanted {:.3g}", forces.fmax, band.rounds,
                                      options.fmax);
      break;
    }

    if (moved && forces.fmax < 0.95 * lowest) {
      lowest = forces.fmax;
      since_lowest = 0;
    } else {
      ++since_lowest;
    }
    if (adaptive && (ode.exhausted() || since_lowest > patience)) adaptive = false;

    trial = here;
    trial_answers = answers;
    if (adaptive) {
      const double limit = options.max_move;
      if (longest_step(forces.total, ode.step()) > limit) ode.cut(limit / longest(forces.total));
      step = ode.step() * forces.total;
    } else {
      step = shortened(fire.move(forces.total), options.max_move);
    }
    for (int i : asked) {
      trial.x[static_cast<std::size_t>(i)] += step.segment(n * (i - 1), n);
    }
  }

  band.highest = forces.highest;
  band.tangent = forces.tangent;
  band.fmax = forces.fmax;
  if (band.evaluations_climb == 0) band.evaluations_climb = band.evaluations;
  for (int i = 0; i <= last; ++i) {
    const auto k = static_cast<std::size_t>(i);
    band.path.images.push_back(mobile.place(start.images[k], here.x[k]));
  }
  band.path.answers = std::move(answers);
  co_return band;
}

}  // namespace hopflow
