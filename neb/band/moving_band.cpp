// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/band/moving_band.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "neb/core/convergence.hpp"
#include "neb/path/interpolation.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double collapse_ev = 20;  // eV below both ends: atoms have fallen together
constexpr int patience = 30;        // rounds without a new lowest force before FIRE takes over
constexpr double runaway =
    0.5;  // rise of the barrier since climbing began, as a share, that means it has left its path
constexpr int climb_latest = 15;             // rounds after which the highest image climbs in any case
constexpr double climb_share = 0.2;          // of the first round's force: surfaces differ in their scale
constexpr double spring_share = 0.2;         // 1/A: springs, likewise
constexpr int runaways_allowed = 1;          // times a band is put back to its best images
constexpr double rest_scale = 8;             // handovers an image a whole path away from the climbing one may have left
constexpr std::array more_room{0.85, 0.95};  // shares of the shortest distance at the ends, one after the other

}  // namespace

MovingBand::MovingBand(Path start, Mobile mobile, BandOptions options)
    : start_{std::move(start)},
      mobile_{std::move(mobile)},
      options_{std::move(options)},
      free_{start_.images.front(), mobile_} {
  start_.answers.resize(start_.images.size());
  const int last = static_cast<int>(start_.images.size()) - 1;
  here_.answers = start_.answers;
  for (int i = 0; i <= last; ++i) {
    const Evaluation& answer = here_.answers[at(i)];
    const bool answered = answer.forces.cols() == start_.images.front().size();
    here_.x.push_back(mobile_.gather(start_.images[at(i)].positions));
    here_.energy.push_back(answered ? answer.energy_ev : 0.0);
    here_.gradient.push_back(answered ? mobile_.gradient(answer) : Eigen::VectorXd());
    if (i == 0 || i == last || start_.saddle == i) continue;
    moving_.push_back(i);
    if (!answered) asked_.push_back(i);
  }
  n_ = here_.x.front().size();
  trial_ = here_;
  if (moving_.empty()) {
    forces_ = forces_at(here_, false);
    band_.ending = Ending::converged;
    ended_ = true;
  }
}

BandForces MovingBand::forces_at(const BandPoints& points, bool climb) const {
  // Engines with a net force, and images that are tilted to each other, would carry the structure away.
  std::vector<std::vector<Eigen::VectorXd>> rigid;
  for (std::size_t i = 0; options_.drift_free && i < points.x.size(); ++i) {
    rigid.push_back(rigid_motions(mobile_.place(start_.images[i], points.x[i]), mobile_));
  }
  return band_forces(points, options_, climb, start_.saddle, options_.drift_free ? &free_ : nullptr, rigid);
}

std::vector<Configuration> MovingBand::questions() const {
  std::vector<Configuration> questions;
  for (int i : asked_) questions.push_back(mobile_.place(start_.images[at(i)], trial_.x[at(i)]));
  return questions;
}

std::vector<std::string> MovingBand::names() const {
  std::vector<std::string> names;
  for (int i : asked_) names.push_back(fmt::format("{} image {}", options_.stage, i));
  return names;
}

void MovingBand::take(std::vector<Evaluation> answers) {
  refusals_ = 0;
  const int calls = calls_of(answers);
  band_.evaluations += calls;
  if (!climbed_) band_.evaluations_climb += calls;
  ++band_.rounds;
  const double floor = std::min(here_.energy.front(), here_.energy.back()) - collapse_ev;
  bool collapsed = false;
  for (std::size_t k = 0; k < asked_.size(); ++k) {
    const std::size_t i = at(asked_[k]);
    trial_.energy[i] = answers[k].energy_ev;
    trial_.gradient[i] = mobile_.gradient(answers[k]);
    trial_.answers[i] = std::move(answers[k]);
    collapsed = collapsed || trial_.energy[i] < floor;
  }
  if (!collapsed) return;
  ended_ = true;
  band_.ending = Ending::collapsed;
  band_.reason = fmt::format("collapsed: an image fell more than {} eV below both ends", collapse_ev);
  if (begun_) return;
  here_ = trial_;
  forces_ = forces_at(here_, false);
}

void MovingBand::retreat(const Error& refusal) {
  const bool too_close = refusal.kind() == Error::Kind::geometry;
  if (too_close && begun_ && refusals_ == refusals_allowed) {
    ended_ = true;
    band_.reason = fmt::format("an image moved to a geometry that the engine refuses: {}", refusal.what());
    return;
  }
  if (!refusal.of_engine() || ++refusals_ > refusals_allowed) throw Error(refusal);
  // A path that cannot be begun gets room, and then more.
  bool roomier = false;
  while (!begun_ && !roomier && rooms_tried_ < more_room.size())
    roomier = make_room(start_, mobile_, more_room[rooms_tried_++]);
  // A step, not the path, may have led to a place no engine answers for: a shorter one is tried.
  if (!roomier && !begun_) throw Error(refusal);
  if (!begun_) {
    for (int i : asked_) trial_.x[at(i)] = mobile_.gather(start_.images[at(i)].positions);
    return;
  }
  step_ *= refused_share;
  ode_.cut(refused_share * ode_.step());
  fire_.stop();
  lay_trial();
}

void MovingBand::begin() {
  begun_ = true;
  forces_ = forces_at(trial_, false);
  ode_.begin(forces_.residual);
  if (options_.handover > 0) options_.handover = std::max(options_.handover, options_.handover_share * forces_.fmax);
  options_.climb_below = std::max(options_.climb_below, climb_share * forces_.fmax);
  // Springs far softer than the surface let images creep along the path for ever.
  options_.spring = std::max(options_.spring, spring_share * forces_.fmax);
}

void MovingBand::begin_climbing() {
  climbing_ = true;
  before_climb_ = here_;
  forces_ = forces_at(here_, true);
  climb_energy_ = energy_of_highest();
  best_climb_ = forces_.climbing;
  since_lowest_ = 0;
  lowest_ = infinity;
  ode_.cut(std::min(ode_.step(), 0.5 * std::sqrt(0.1) / forces_.residual));
}

void MovingBand::arrive() {
  moved_ = true;
  if (!begun_) {
    begin();
  } else {
    BandForces next = forces_at(trial_, climbing_);
    if (adaptive_) {
      const Eigen::VectorXd before = on_asked(forces_.total), after = on_asked(next.total);
      moved_ = ode_.judge(before, after, before.lpNorm<Eigen::Infinity>(), after.lpNorm<Eigen::Infinity>());
    }
    if (moved_) forces_ = std::move(next);
  }
  if (moved_) {
    here_ = trial_;
    const bool may_climb = options_.climb && !start_.saddle && !climbing_;
    if (may_climb && (forces_.fmax < options_.climb_below || band_.rounds - idle_since_ >= climb_latest))
      begin_climbing();
    climbed_ = climbed_ || (climbing_ && forces_.climbing < options_.fmax);
  }
  barriers_.push_back(energy_of_highest());
  band_.spread_ev = spread_of_last(barriers_, std::min(options_.steady_rounds, static_cast<int>(barriers_.size())));
}

Progress MovingBand::progress() const {
  return Progress(options_.stage, band_.rounds, forces_.fmax, energy_of_highest() - here_.energy.front());
}

void MovingBand::put_back() {
  ++runaways_;
  here_ = before_climb_;
  climbing_ = false;
  forces_ = forces_at(here_, false);
  options_.climb_below *= 0.2;
  idle_since_ = band_.rounds + climb_latest;
  ode_.begin(forces_.residual);
  best_climb_ = infinity;
  lowest_ = infinity;
  since_lowest_ = 0;
}

void MovingBand::watch_climbing() {
  if (forces_.climbing <= best_climb_) {
    best_climb_ = forces_.climbing;
    best_ = here_;
  }
  const double first = climb_energy_ - here_.energy.front();
  const bool away = energy_of_highest() - climb_energy_ > std::max(0.3, runaway * first);
  if (away && runaways_ < runaways_allowed) {
    put_back();
    return;
  }
  if (options_.handover <= 0 || !(away || since_lowest_ > patience || forces_.climbing < options_.handover)) return;
  if (forces_.climbing >= options_.handover) {
    here_ = best_;
    forces_ = forces_at(here_, true);
  }
  band_.handed_over = ended_ = true;
  if (forces_.fmax < options_.fmax) band_.ending = Ending::converged;
}

void MovingBand::go_on() {
  if (climbing_) watch_climbing();
  if (ended_) return;
  const bool forces_small = forces_.fmax < options_.fmax && (climbing_ || start_.saddle || !options_.climb);
  const bool steady = start_.saddle || (band_.spread_ev < options_.steady_ev && band_.rounds >= options_.steady_rounds);
  if (forces_small && steady) band_.ending = Ending::converged;
  ended_ = band_.converged() || band_.rounds >= options_.max_rounds;
  if (ended_ && !band_.converged()) {
    band_.reason = forces_small ? fmt::format("the barrier still moves: {:.3g} eV over the last {} rounds",
                                              band_.spread_ev, options_.steady_rounds)
                                : fmt::format("fmax {:.3g} eV/A after {} rounds, requested {:.3g}", forces_.fmax,
                                              band_.rounds, options_.fmax);
  }
  if (!ended_) step();
}

void MovingBand::choose_asked() {
  asked_ = moving_;
  if (!options_.dynamic) return;
  const std::vector<double> length = lengths_along(here_.x);
  // A band that will be handed over claims nothing for images far from the saddle.
  const double slope = climbing_ ? rest_scale * options_.handover / length.back() : 0;
  std::erase_if(asked_, [&](int i) {
    return forces_.real[at(i)] < options_.fmax + slope * std::abs(length[at(i)] - length[at(forces_.highest)]);
  });
  if (asked_.empty()) asked_ = moving_;
}

Eigen::VectorXd MovingBand::on_asked(const Eigen::VectorXd& force) const {
  Eigen::VectorXd out = Eigen::VectorXd::Zero(force.size());
  for (int i : asked_) out.segment(n_ * (i - 1), n_) = force.segment(n_ * (i - 1), n_);
  return out;
}

void MovingBand::step() {
  double force_asked = 0;
  for (int i : asked_) force_asked = std::max(force_asked, forces_.real[at(i)]);
  if (moved_ && force_asked < 0.95 * lowest_) {
    lowest_ = force_asked;
    since_lowest_ = 0;
  } else {
    ++since_lowest_;
  }
  if (adaptive_ && (ode_.exhausted() || since_lowest_ > patience)) adaptive_ = false;
  choose_asked();
  const Eigen::VectorXd force = on_asked(forces_.total);
  if (adaptive_) {
    if (ode_.step() * longest(force) > options_.max_move) ode_.cut(options_.max_move / longest(force));
    step_ = ode_.step() * force;
  } else {
    step_ = shortened(fire_.move(force), options_.max_move);
  }
  lay_trial();
}

void MovingBand::lay_trial() {
  trial_ = here_;
  for (int i : asked_) trial_.x[at(i)] += step_.segment(n_ * (i - 1), n_);
  if (options_.method != BandMethod::string || refusals_ > 0 || is_even(trial_.x, options_.even_enough)) return;
  std::vector<bool> pinned(trial_.x.size(), true);
  for (int i : asked_) pinned[at(i)] = climbing_ && i == forces_.highest;
  trial_.x = redistributed(trial_.x, pinned);
}

Band MovingBand::result() {
  band_.highest = forces_.highest;
  band_.tangent = forces_.tangent;
  band_.fmax = forces_.fmax;
  band_.path.saddle = start_.saddle;
  for (std::size_t i = 0; i < start_.images.size(); ++i)
    band_.path.images.push_back(mobile_.place(start_.images[i], here_.x[i]));
  band_.path.answers = std::move(here_.answers);
  return std::move(band_);
}

}  // namespace hopflow
