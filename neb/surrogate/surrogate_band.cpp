// SPDX-License-Identifier: GPL-2.0-or-later
// Climbing on a surrogate.
#include "neb/surrogate/surrogate_band.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <Eigen/Eigenvalues>

#include "neb/core/convergence.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/surrogate/surrogate_path.hpp"
#include "structures/core/error.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

/// What search_with_surrogate() decides by. Shares are of the surface's scale, the force met at first.
struct Thresholds {
  double climb_below = 5, climb_share = 0.2;     ///< eV/A on the highest image: the band climbs from here
  double local_below = 0.5, local_share = 0.02;  ///< eV/A on the climbing image: from here its saddle is searched alone
  double step_share = 0.1;                       ///< of the length scale: steps of the band on the surrogate
  double asked_before = 1e-3;                    ///< A: nearer to an answer, a question would say nothing new
  double good_enough = 0.2;       ///< eV/A: where the saddle cannot be reached, modes of the true surface help further
  double softest = 0.3;           ///< eV/A^2: softer modes are followed as if this stiff
  double deeper_state_ev = 0.05;  ///< below both ends: the path leads through another minimum
  double worth_asking = 0.5;      ///< length scales from what is known: nearer, an image is not worth a question
  int patience = 15;              ///< answers without a lower force on the climbing image
  int patience_local = 4;         ///< likewise where the saddle is searched alone
  int most_rounds = 40;           ///< a band on the engine costs no more from here
  double closer = 0.4, wider = 1.5;  ///< of the reach around the best answer, after a worse and a better one
  int rounds = 60;                   ///< of the band on the surrogate between two answers
  int sure_rounds = 240;             ///< likewise where energies of pairs predict what the engine says
  double foreseen_share = 0.2;       ///< of the gradient: an answer predicted as well as this makes sure
  double band_fmax_share = 0.3, saddle_fmax_share = 0.2;  ///< of the engine's fmax, on the surrogate: it is cheap
  double rough_fmax = 0.05, rough_share = 0.1;  ///< eV/A, and of the lowest force: the surrogate is no better than that
};
constexpr Thresholds limits;

/// From an answer near a saddle to the surrogate's saddle next to it: Newton's step uphill along the mode nearest to
/// the path's direction, downhill along all others. None where the path curves up: a minimum may be nearer than any
/// saddle.
std::optional<Eigen::VectorXd> saddle_next_to(const Surrogate& surrogate, const Eigen::VectorXd& from,
                                              const Eigen::VectorXd& tangent, double reach, double fmax) {
  Eigen::VectorXd z = surrogate.inside(from);
  const Eigen::VectorXd start = z;
  Eigen::VectorXd along = surrogate.inside(from + tangent) - z;
  for (int step = 0; step < Surrogate::newton_steps; ++step) {
    const Surrogate::Quadratic here = surrogate.quadratic(z);
    if (step == 0 && along.dot(here.hessian * along) > 0) return std::nullopt;
    if (here.gradient.norm() < fmax) break;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> modes(here.hessian);
    const Eigen::VectorXd overlap = modes.eigenvectors().transpose() * along;
    Eigen::Index followed = 0;
    double best = -1;
    for (Eigen::Index i = 0; i < overlap.size(); ++i) {
      if (i > 0 && modes.eigenvalues()[i] > 0) break;
      if (std::abs(overlap[i]) > best) {
        best = std::abs(overlap[i]);
        followed = i;
      }
    }
    along = modes.eigenvectors().col(followed);
    Eigen::VectorXd move = modes.eigenvectors().transpose() * here.gradient;
    for (Eigen::Index i = 0; i < move.size(); ++i) {
      const double stiffness = std::max(std::abs(modes.eigenvalues()[i]), limits.softest);
      move[i] *= (i == followed ? 1 : -1) / stiffness;
    }
    Eigen::VectorXd displacement = modes.eigenvectors() * move;
    if (displacement.norm() > Surrogate::newton_move) displacement *= Surrogate::newton_move / displacement.norm();
    z += displacement;
    const double away = (z - start).norm();
    if (away > reach) {
      z = start + reach / away * (z - start);
      break;
    }
  }
  return surrogate.outside(z);
}

/// Interior images to ask together with `next`: those furthest from any answer, each as though the ones before it were
/// known.
std::vector<int> least_known(const std::vector<Configuration>& images, const Mobile& mobile, const Surrogate& surrogate,
                             int next, int count) {
  std::vector<Eigen::VectorXd> x;
  std::vector<double> away;
  for (const Configuration& image : images) {
    x.push_back(mobile.gather(image.positions));
    away.push_back(surrogate.nearest(x.back()));
  }
  std::vector<int> chosen{next};
  while (static_cast<int>(chosen.size()) <= count) {
    int best = 0;
    for (int i = 1; i + 1 < static_cast<int>(x.size()); ++i) {
      away[at(i)] = std::min(away[at(i)], (x[at(i)] - x[at(chosen.back())]).norm());
      if (best == 0 || away[at(i)] > away[at(best)]) best = i;
    }
    if (best == 0 || away[at(best)] < limits.worth_asking * surrogate.length_scale()) break;
    chosen.push_back(best);
  }
  chosen.erase(chosen.begin());
  return chosen;
}

Surrogate surrogate_of(const std::vector<Configuration>& path, const Mobile& mobile) {
  const Eigen::VectorXd axis = mobile.gather(path.back().positions) - mobile.gather(path.front().positions);
  const double bond = shortest_distance(path.front(), mobile);
  // An atom by itself has no bonds.
  return Surrogate(axis, std::isfinite(bond) ? bond : 0.5 * axis.norm(), PairPrior(path, mobile));
}

/// What an answer at the image asked says.
struct Answer {
  double force = 0;       ///< eV/A
  double barrier_ev = 0;  ///< above the first image
  bool foreseen = false;  ///< the surrogate had predicted it
};

/// The search: its state, and its steps.
class SurrogateSearch {
 public:
  SurrogateSearch(Path start, Mobile mobile, BandOptions options, const std::optional<Surrogate>& known)
      : mobile_{std::move(mobile)},
        options_{std::move(options)},
        learned_{surrogate_of(start.images, mobile_)},
        last_{static_cast<int>(start.images.size()) - 1} {
    start.answers.resize(start.images.size());
    learn_from(start, 0);
    learn_from(start, last_);
    for (int i = 1; i < last_; ++i)
      if (start.answers[at(i)].forces.cols() == start.images[at(i)].size()) learn_from(start, i);
    if (known) learned_.learn_from(*known);
    for (const Configuration& image : start.images) line_.push_back(mobile_.gather(image.positions));
    first_ = rested_ = start.images;
    first_answers_ = start.answers;
    path() = std::move(start);
  }

  Procedure<SurrogateBand> run();

 private:
  Path& path() { return result_.band.path; }
  Eigen::VectorXd x(const Path& path, int image) const { return mobile_.gather(path.images[at(image)].positions); }
  double near_saddle() const { return std::max(limits.local_below, limits.local_share * scale_); }
  void learn_from(const Path& path, int i);
  void forget_answers();
  std::vector<int> images_to_ask();
  Answer take(const std::vector<int>& asked, std::vector<Evaluation> answers);
  void judge_top(double force);
  bool hopeless(double barrier_ev);
  bool move(bool foreseen);
  bool move_to_saddle();
  bool move_band(bool foreseen);
  SurrogateBand result();

  Mobile mobile_;
  BandOptions options_;
  Surrogate learned_;
  int last_;
  SurrogateBand result_;
  std::vector<Configuration> first_;
  std::vector<Evaluation> first_answers_;
  std::vector<Eigen::VectorXd> line_;  ///< of the first path
  std::vector<Configuration> rested_;  ///< where the surrogate's band last converged
  int next_ = (last_ + 1) / 2;         ///< image asked
  int highest_ = next_;
  bool at_highest_ = false;  ///< the image asked is the highest
  double scale_ = 0;         ///< of the surface: the largest force across the path met at first
  Path best_;                ///< with the lowest force on its highest image
  int best_highest_ = next_;
  double lowest_ = std::numeric_limits<double>::infinity();  ///< that force
  double reach_ = Surrogate::reach;
  bool local_ = false;        ///< the saddle is searched alone
  int since_ = 0, lost_ = 0;  ///< answers since the force fell; of them, in a local search
  bool refused_ = false;
};

void SurrogateSearch::learn_from(const Path& path, int i) {
  learned_.add(x(path, i), path.answers[at(i)].energy_ev, mobile_.gradient(path.answers[at(i)]));
}

void SurrogateSearch::forget_answers() {
  std::fill(path().answers.begin() + 1, path().answers.end() - 1, Evaluation());
}

Procedure<SurrogateBand> SurrogateSearch::run() {
  while (true) {
    const std::vector<int> asked = images_to_ask();
    std::vector<Configuration> questions;
    std::vector<std::string> names;
    for (const int i : asked) {
      questions.push_back(path().images[at(i)]);
      names.push_back(fmt::format("{} image {}", options_.stage, i));
    }
    Reply reply = co_await Try(std::move(questions), std::move(names));
    if (reply.refused() && asked.size() > 1) {
      options_.batch = 1;  // the others may be at fault
      continue;
    }
    if (reply.refused()) {
      // The process, not the path, led to a place the engine refuses.
      if (!reply.refusal->of_engine() && reply.refusal->kind() != Error::Kind::bad_input) throw Error(*reply.refusal);
      refused_ = true;
      break;
    }
    const Answer answer = take(asked, std::move(reply.answers));
    if (at_highest_) {
      co_yield Progress(options_.stage, result_.band.rounds, answer.force, answer.barrier_ev);
      judge_top(answer.force);
    }
    if (result_.at_saddle || hopeless(answer.barrier_ev) || !move(answer.foreseen)) break;
  }
  co_return result();
}

std::vector<int> SurrogateSearch::images_to_ask() {
  // Next to the saddle, what is known elsewhere is of no use.
  std::vector<int> asked = least_known(path().images, mobile_, learned_, next_, local_ ? 0 : options_.batch - 1);
  asked.insert(asked.begin(), next_);
  return asked;
}

Answer SurrogateSearch::take(const std::vector<int>& asked, std::vector<Evaluation> answers) {
  result_.band.evaluations += calls_of(answers);
  const bool first = ++result_.band.rounds == 1;
  const Eigen::VectorXd predicted =
      !first && learned_.by_pairs() ? learned_.predict(x(path(), next_)).gradient : Eigen::VectorXd();
  forget_answers();
  for (std::size_t k = 0; k < asked.size(); ++k) {
    path().answers[at(asked[k])] = std::move(answers[k]);
    learn_from(path(), asked[k]);
    if (first) first_answers_[at(asked[k])] = path().answers[at(asked[k])];
  }
  const Evaluation& here = path().answers[at(next_)];
  const Eigen::VectorXd gradient = mobile_.gradient(here);
  Answer answer;
  answer.force = longest(gradient);
  answer.barrier_ev = here.energy_ev - path().answers.front().energy_ev;
  answer.foreseen = predicted.size() > 0 && (predicted - gradient).norm() < limits.foreseen_share * gradient.norm();
  if (first) scale_ = answer.force;
  return answer;
}

/// What the force on the highest image says about the search.
void SurrogateSearch::judge_top(double force) {
  if (force < better * lowest_)
    since_ = lost_ = 0;
  else if (local_)
    ++lost_;
  if (local_) reach_ = force < lowest_ ? std::min(limits.wider * reach_, Surrogate::reach) : limits.closer * reach_;
  if (force < lowest_) {
    lowest_ = force;
    best_ = path();
    best_highest_ = next_;
  }
  result_.at_saddle = force < options_.fmax;
}

/// Whether to leave the path to the plain band: it leads through another state, which the band notices and divides it
/// there, or the search comes no nearer.
bool SurrogateSearch::hopeless(double barrier_ev) {
  const double end_ev = path().answers.back().energy_ev - path().answers.front().energy_ev;
  if (barrier_ev < std::min(0.0, end_ev) - limits.deeper_state_ev) return true;
  return ++since_ > limits.patience || result_.band.rounds >= limits.most_rounds;
}

/// Chooses the next question. @return false if there is none worth asking
bool SurrogateSearch::move(bool foreseen) {
  const bool alone = lowest_ < near_saddle() && lost_ < limits.patience_local;
  learned_.fit(alone ? x(best_, best_highest_) : x(path(), highest_), alone ? std::vector<Eigen::VectorXd>{} : line_);
  if (lowest_ < limits.good_enough && lost_ >= limits.patience_local) {
    result_.at_saddle = true;
    return false;
  }
  local_ = alone && move_to_saddle();
  return local_ || move_band(foreseen);
}

/// The best path with its highest image at the surrogate's saddle; false if there is none.
bool SurrogateSearch::move_to_saddle() {
  const Eigen::VectorXd tangent = (x(best_, best_highest_ + 1) - x(best_, best_highest_ - 1)).normalized();
  const std::optional<Eigen::VectorXd> saddle =
      saddle_next_to(learned_, x(best_, best_highest_), tangent, reach_, limits.saddle_fmax_share * options_.fmax);
  if (!saddle) {
    learned_.fit(x(path(), highest_), line_);
    return false;
  }
  path() = best_;
  next_ = highest_ = best_highest_;
  path().images[at(next_)] = mobile_.place(path().images[at(next_)], *saddle);
  at_highest_ = true;
  return true;
}

/// The band moved on the surrogate; false if it came to where an answer is already.
bool SurrogateSearch::move_band(bool foreseen) {
  const bool sure = learned_.by_pairs() && foreseen;
  BandOptions moving = options_;
  moving.fmax =
      std::max(limits.band_fmax_share * options_.fmax, std::min(limits.rough_fmax, limits.rough_share * lowest_));
  moving.max_rounds = sure ? limits.sure_rounds : limits.rounds;
  moving.handover = 0;
  moving.steady_rounds = 1;
  moving.climb = sure || lowest_ < std::max(limits.climb_below, limits.climb_share * scale_);
  moving.max_move = std::min(options_.max_move, limits.step_share * learned_.length_scale());
  Moved moved = move_on(learned_, first_, mobile_, moving, sure);
  path().images = std::move(moved.images);
  highest_ = moved.highest;
  // The highest image unless another is where nothing is known: the saddle decides, the rest of the path is converged
  // later by itself.
  next_ = moved.left ? moved.farthest : highest_;
  at_highest_ = next_ == highest_;
  if (!moved.left) rested_ = path().images;
  return learned_.nearest(x(path(), next_)) >= limits.asked_before;
}

SurrogateBand SurrogateSearch::result() {
  if (result_.at_saddle) {
    path() = std::move(best_);
  } else if (refused_ || lowest_ >= near_saddle()) {
    // What never came near a saddle has not learned where the path is either.
    path().images = first_;
    path().answers = std::move(first_answers_);
  } else {
    path().images = std::move(rested_);
    forget_answers();
  }
  Band& band = result_.band;
  band.highest = best_highest_;
  band.handed_over = true;
  band.fmax = lowest_;
  band.tangent = (x(path(), best_highest_ + 1) - x(path(), best_highest_ - 1)).normalized();
  band.evaluations_climb = band.evaluations;
  result_.learned = std::move(learned_);
  return std::move(result_);
}

}  // namespace

Procedure<SurrogateBand> search_with_surrogate(Path start, Mobile mobile, BandOptions options,
                                               std::optional<Surrogate> known) {
  SurrogateSearch search(std::move(start), std::move(mobile), std::move(options), known);
  auto running = search.run();
  SurrogateBand found = co_await std::move(running);
  co_return found;
}

}  // namespace hopflow
