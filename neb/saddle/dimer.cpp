// SPDX-License-Identifier: GPL-2.0-or-later
// Turn, move, and so on.
#include "neb/saddle/dimer.hpp"

#include <algorithm>
#include <cmath>

#include "neb/band/springs.hpp"
#include "neb/core/model_hessian.hpp"
#include "neb/core/optimizer.hpp"

namespace hopflow {
namespace {

/// What dimer() decides by.
struct Thresholds {
  double half_length = 0.01;   ///< A, from the middle of the dimer to its second image
  double enough_turned = 0.3;  ///< eV/A^2 left of the Hessian times the mode across it: turning further gains little
  int turns_at_first = 6;      ///< before the first step
  int turns = 2;               ///< before each other: the mode changes little in one step
  double memory_angle = 0.95;  ///< overlap with the mode before: less, and what L-BFGS learned no longer holds
  std::size_t memory = 25;     ///< steps that L-BFGS remembers
  double stiffness = 30;       ///< eV/A^2, where it knows nothing
  double softest = 0.1;        ///< eV/A^2: the energy left is not divided by less
  double same_mode = 0.7;      ///< overlap from which a known mode is the one followed
};
constexpr Thresholds limits;

/// The state of a search, and its steps.
class Dimer {
 public:
  Dimer(Configuration start, Evaluation there, Mobile mobile, const Modes& known, const Eigen::VectorXd& follow,
        SaddleOptions options)
      : start_{std::move(start)},
        mobile_{std::move(mobile)},
        options_{std::move(options)},
        names_{options_.stage},
        mode_{follow.normalized()} {
    first_.x = mobile_.gather(start_.positions);
    first_.gradient = mobile_.gradient(there);
    first_.answer = std::move(there);
    here_ = best_ = first_;
    for (const Mode& m : known.lowest)
      if (std::abs(m.direction.dot(mode_)) > limits.same_mode) curvature_ = m.curvature;
  }

  Procedure<Saddle> run();

 private:
  struct Point {
    Eigen::VectorXd x, gradient;
    Evaluation answer;
  };

  int allowed() const { return marked_ ? options_.max_calls : std::max(options_.max_calls, options_.calls_to_mark); }
  Procedure<int> turn(int times);
  Procedure<Eigen::VectorXd> product_with(Eigen::VectorXd direction);
  Eigen::VectorXd reversed(const Eigen::VectorXd& gradient) const;
  Eigen::VectorXd step() const;
  void take(const Eigen::VectorXd& step, Evaluation answer);
  Saddle result();

  Configuration start_;
  Mobile mobile_;
  SaddleOptions options_;
  std::vector<std::string> names_;
  Point first_, here_, best_;
  Eigen::VectorXd mode_;
  double curvature_ = -1;  ///< along it (eV/A^2)
  Lbfgs lbfgs_{limits.memory, limits.stiffness};
  int asked_ = 0, steps_ = 0;
  bool marked_ = false, converged_ = false;
};

Procedure<Saddle> Dimer::run() {
  const int before = co_await CallsSoFar();
  int calls_to_mark = 0;
  while (true) {
    const double fmax = longest(here_.gradient);
    if (fmax < longest(best_.gradient)) best_ = here_;
    co_yield Progress(options_.stage, steps_, fmax);
    if (fmax <= options_.mark_fmax && !marked_) {
      marked_ = true;
      calls_to_mark = co_await CallsSoFar() - before;
    }
    converged_ = fmax <= options_.fmax;
    if (converged_ || asked_ >= allowed()) break;
    if (here_.answer.energy_ev > first_.answer.energy_ev + options_.max_rise) {
      here_ = first_;
      break;
    }
    auto turning = turn(steps_ == 0 ? limits.turns_at_first : limits.turns);
    co_await std::move(turning);
    const Eigen::VectorXd move = step();
    std::vector<Configuration> question{mobile_.place(start_, here_.x + move)};
    std::vector<Evaluation> answer = co_await Ask(std::move(question), names_);
    take(move, std::move(answer.front()));
  }
  if (options_.keep_best && longest(best_.gradient) < longest(here_.gradient)) here_ = best_;
  Saddle saddle = result();
  saddle.evaluations = co_await CallsSoFar() - before;
  saddle.evaluations_to_mark = marked_ ? calls_to_mark : saddle.evaluations;
  co_return saddle;
}

/// The Hessian times a unit direction, by one question.
Procedure<Eigen::VectorXd> Dimer::product_with(Eigen::VectorXd direction) {
  std::vector<Configuration> question{mobile_.place(start_, here_.x + limits.half_length * direction)};
  std::vector<Evaluation> answer = co_await Ask(std::move(question), names_);
  ++asked_;
  Eigen::VectorXd product = (mobile_.gradient(answer.front()) - here_.gradient) / limits.half_length;
  co_return product;
}

/// Turns the dimer within planes of the mode and what turns it. @return how often
Procedure<int> Dimer::turn(int times) {
  const Eigen::VectorXd before = mode_;
  int turned = 0;
  for (; turned < times && asked_ + 2 < allowed(); ++turned) {
    auto asking = product_with(mode_);
    const Eigen::VectorXd product = co_await std::move(asking);
    curvature_ = mode_.dot(product);
    Eigen::VectorXd aside = without_shift(across(product, mode_), start_, mobile_);
    if (aside.norm() < limits.enough_turned) break;
    aside.normalize();
    auto asking_aside = product_with(aside);
    const Eigen::VectorXd aside_product = co_await std::move(asking_aside);
    Mode lowest = lowest_between(mode_, aside, product, aside_product);
    mode_ = std::move(lowest.direction);
    curvature_ = lowest.curvature;
  }
  if (before.dot(mode_) < limits.memory_angle) lbfgs_.forget();
  co_return turned;
}

/// The gradient with its component along the mode reversed; where the mode does not curve down, that component alone.
Eigen::VectorXd Dimer::reversed(const Eigen::VectorXd& gradient) const {
  const Eigen::VectorXd along = gradient.dot(mode_) * mode_;
  if (curvature_ < 0) return gradient - 2 * along;
  return -along;
}

Eigen::VectorXd Dimer::step() const {
  const Eigen::VectorXd gradient = reversed(here_.gradient);
  // What the curvature along an upward mode would be says nothing of how far the next saddle is.
  if (curvature_ >= 0) return -options_.max_move / std::max(longest(gradient), 1e-12) * gradient;
  const Eigen::VectorXd direction = lbfgs_.direction(gradient);
  return shortened(direction.dot(gradient) < 0 ? direction : Eigen::VectorXd(-gradient / limits.stiffness),
                   options_.max_move);
}

void Dimer::take(const Eigen::VectorXd& step, Evaluation answer) {
  ++asked_;
  ++steps_;
  const Eigen::VectorXd gradient = mobile_.gradient(answer);
  if (curvature_ < 0) lbfgs_.learn(step, reversed(gradient) - reversed(here_.gradient));
  here_.x += step;
  here_.gradient = gradient;
  here_.answer = std::move(answer);
}

Saddle Dimer::result() {
  Saddle saddle;
  saddle.configuration = mobile_.place(start_, here_.x);
  saddle.mode = mode_;
  saddle.curvature = curvature_;
  saddle.converged = converged_;
  saddle.fmax = longest(here_.gradient);
  const ModelHessian model(saddle.configuration, mobile_);
  saddle.gradient_norm = model.norm(here_.gradient);
  const double along = here_.gradient.dot(mode_);
  const Eigen::VectorXd rest = across(here_.gradient, mode_);
  saddle.residual_ev = 0.5 * (along * along / std::max(std::abs(curvature_), limits.softest) +
                              std::abs(rest.dot(lbfgs_.direction(rest))));
  saddle.drift = longest(here_.x - first_.x);
  saddle.evaluation = std::move(here_.answer);
  return saddle;
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
