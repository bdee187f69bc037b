// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/saddle/climb.hpp"

#include <algorithm>
#include <cmath>

#include "neb/band/springs.hpp"
#include "neb/core/model_hessian.hpp"

namespace hopflow {

namespace {

constexpr double fallen_ev = 0.01;   // below the best point: what is left of a saddle is not so deep
constexpr double along_share = 0.5;  // of the way from there along its mode: more, and the mode was lost, not a saddle

}  // namespace

Climb::Climb(Configuration start, Evaluation there, Mobile mobile, const Modes& known, const Eigen::VectorXd& follow,
             SaddleOptions options)
    : start_{std::move(start)}, mobile_{std::move(mobile)}, options_{std::move(options)}, names_{options_.stage} {
  first_.x = mobile_.gather(start_.positions);
  first_.gradient = mobile_.gradient(there);
  first_.answer = std::move(there);
  first_.mode = follow.normalized();
  for (const Mode& m : known.lowest)
    if (std::abs(m.direction.dot(first_.mode)) > same_mode) first_.curvature = m.curvature;
  here_ = best_ = first_;
}

int Climb::allowed() const {
  return marked_ ? options_.max_calls : std::max(options_.max_calls, options_.calls_to_mark);
}

Procedure<Saddle> Climb::run() {
  const int before = co_await CallsSoFar();
  int calls_to_mark = 0;
  bool lost = false;
  while (true) {
    const double fmax = here_.fmax();
    if (fmax < best_.fmax()) best_ = here_;
    note_progress();
    co_yield Progress(options_.stage, steps_, fmax);
    if (fmax <= options_.mark_fmax && !marked_) {
      marked_ = true;
      calls_to_mark = co_await CallsSoFar() - before;
    }
    converged_ = fmax <= options_.fmax;
    if (converged_ || asked_ >= allowed()) break;
    if (here_.answer.energy_ev > first_.answer.energy_ev + options_.max_rise) {
      here_ = first_;
      lost = true;
      break;
    }
    auto turning = turn();
    co_await std::move(turning);
    const Eigen::VectorXd step = next_step();
    std::vector<Configuration> question{mobile_.place(start_, here_.x + step)};
    std::vector<Evaluation> answer = co_await Ask(std::move(question), names_);
    ++asked_;
    ++steps_;
    take(step, std::move(answer.front()));
  }
  const bool fallen = options_.keep_best && !lost && fell();
  if (options_.keep_best && !fallen && best_.fmax() < here_.fmax()) here_ = best_;
  Saddle saddle = result();
  saddle.fell = fallen;
  saddle.evaluations = co_await CallsSoFar() - before;
  saddle.evaluations_to_mark = marked_ ? calls_to_mark : saddle.evaluations;
  co_return saddle;
}

/// Down across the mode from a point that was nearly one of rest: it had a second mode that curves down, too soft for
/// the search of modes to see.
bool Climb::fell() const {
  if (!marked_ || here_.fmax() <= best_.fmax()) return false;
  if (here_.answer.energy_ev > best_.answer.energy_ev - fallen_ev) return false;
  const Eigen::VectorXd way = here_.x - best_.x;
  return std::abs(way.dot(best_.mode)) < along_share * way.norm();
}

Procedure<Eigen::VectorXd> Climb::product_with(Eigen::VectorXd direction, double distance) {
  std::vector<Configuration> question{mobile_.place(start_, here_.x + distance * direction)};
  std::vector<Evaluation> answer = co_await Ask(std::move(question), names_);
  ++asked_;
  Eigen::VectorXd product = (mobile_.gradient(answer.front()) - here_.gradient) / distance;
  co_return product;
}

Procedure<Mode> Climb::lowest_with(Eigen::VectorXd aside, Eigen::VectorXd product, double distance) {
  auto asking = product_with(aside, distance);
  const Eigen::VectorXd aside_product = co_await std::move(asking);
  Mode lowest = lowest_between(here_.mode, aside, product, aside_product);
  co_return lowest;
}

void Climb::move_to(const Eigen::VectorXd& step, Eigen::VectorXd gradient, Evaluation answer) {
  here_.x += step;
  here_.gradient = std::move(gradient);
  here_.answer = std::move(answer);
}

Saddle Climb::result() {
  Saddle saddle;
  saddle.configuration = mobile_.place(start_, here_.x);
  saddle.mode = here_.mode;
  saddle.curvature = here_.curvature;
  saddle.converged = converged_;
  saddle.fmax = here_.fmax();
  saddle.gradient_norm = ModelHessian(saddle.configuration, mobile_).norm(here_.gradient);
  const double along = here_.gradient.dot(here_.mode);
  const Eigen::VectorXd rest = across(here_.gradient, here_.mode);
  saddle.residual_ev =
      0.5 * (along * along / std::max(std::abs(here_.curvature), softest()) + std::abs(rest.dot(descent(rest))));
  saddle.drift = longest(here_.x - first_.x);
  saddle.evaluation = std::move(here_.answer);
  return saddle;
}

}  // namespace hopflow
