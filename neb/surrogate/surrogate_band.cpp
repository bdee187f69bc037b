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

constexpr double climb_below = 5;  // eV/A on the highest image, once it has been asked; or a share of the first force
constexpr double climb_share = 0.2;
constexpr double local_below = 0.5;  // eV/A on the climbing image: from here the saddle is sought by itself; likewise
constexpr double local_share = 0.02;
constexpr double step_share = 0.1;     // of the length scale: steps of the band on the surrogate
constexpr double asked_before = 1e-3;  // A
constexpr double good_enough = 0.2;  // eV/A: where the saddle cannot be reached, modes of the true surface help further
constexpr double softest = 0.3;      // eV/A^2: softer modes are followed as if this stiff
constexpr int surrogate_rounds = 60;   // of the band between two answers
constexpr int patience = 15;           // answers without a lower force on the climbing image
constexpr double deeper_state = 0.05;  // eV below both ends
constexpr int patience_local = 4;
// Where energies of pairs foretell what the engine says, the process is good for more.
constexpr double foreseen_share = 0.2;  // of the gradient: the latest answer was foretold
constexpr int sure_rounds = 4 * surrogate_rounds;
constexpr int most_rounds = 40;
constexpr double worth_asking =
    0.5;  // length scales from what is known: nearer, an image is not worth a question of its own

/// From an answer near a saddle to the surrogate's saddle beside it: Newton's step uphill along the mode nearest to the
/// path's direction, downhill along all others. None where the path curves up: a minimum may be nearer than any saddle.
std::optional<Eigen::VectorXd> saddle_beside(const Surrogate& surrogate, const Eigen::VectorXd& from,
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
      const double stiffness = std::max(std::abs(modes.eigenvalues()[i]), softest);
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

/// Interior images to ask besides `next`: those furthest from any answer, each as though the ones before it were known.
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
    if (best == 0 || away[at(best)] < worth_asking * surrogate.length_scale()) break;
    chosen.push_back(best);
  }
  chosen.erase(chosen.begin());
  return chosen;
}

}  // namespace

Procedure<SurrogateBand> search_with_surrogate(Path start, Mobile mobile, BandOptions options,
                                               std::optional<Surrogate> known) {
  const int last = static_cast<int>(start.images.size()) - 1;
  start.answers.resize(start.images.size());
  const Eigen::VectorXd axis =
      mobile.gather(start.images.back().positions) - mobile.gather(start.images.front().positions);
  const double bond = shortest_distance(start.images.front(), mobile);
  Surrogate learned(axis, std::isfinite(bond) ? bond : 0.5 * axis.norm(),  // an atom by itself has no bonds
                    PairPrior(start.images, mobile));
  const auto learn_from = [&](const Path& path, int i) {
    learned.add(mobile.gather(path.images[at(i)].positions), path.answers[at(i)].energy_ev,
                mobile.gradient(path.answers[at(i)]));
  };
  learn_from(start, 0);
  learn_from(start, last);
  for (int i = 1; i < last; ++i) {
    if (start.answers[at(i)].forces.cols() == start.images[at(i)].size()) learn_from(start, i);
  }
  if (known) learned.learn_from(*known);
  const double first_energy = start.answers.front().energy_ev;
  SurrogateBand result;
  Band& band = result.band;
  band.path = std::move(start);
  const std::vector<Configuration> first = band.path.images;
  std::vector<Evaluation> first_answers = band.path.answers;
  std::vector<Eigen::VectorXd> line;
  for (const Configuration& image : first) line.push_back(mobile.gather(image.positions));
  std::vector<Configuration> settled = first;  // where the surrogate's band last came to rest
  int next = (last + 1) / 2, highest = next;
  bool at_highest = false;
  double scale = 0;  // of the surface: the largest force across the path met at first
  double lowest = std::numeric_limits<double>::infinity();
  const auto near = [&] { return std::max(local_below, local_share * scale); };
  int since = 0, lost = 0;
  bool local = false, refused = false;
  double reach = Surrogate::reach;
  Path best;
  int best_highest = next;
  while (true) {
    // Beside the saddle, what is known elsewhere is of no use.
    std::vector<int> asked = least_known(band.path.images, mobile, learned, next, local ? 0 : options.batch - 1);
    asked.insert(asked.begin(), next);
    std::vector<Configuration> questions;
    std::vector<std::string> names;
    for (const int i : asked) {
      questions.push_back(band.path.images[at(i)]);
      names.push_back(fmt::format("{} image {}", options.stage, i));
    }
    Reply reply = co_await Try(std::move(questions), std::move(names));
    if (reply.refused() && asked.size() > 1) {
      options.batch = 1;  // the others may be at fault
      continue;
    }
    if (reply.refused()) {
      // The process, not the path, led to a place the engine refuses.
      if (!reply.refusal->of_engine() && reply.refusal->kind() != Error::Kind::bad_input) throw Error(*reply.refusal);
      refused = true;
      break;
    }
    band.evaluations += calls_of(reply.answers);
    ++band.rounds;
    const Eigen::VectorXd here = mobile.gather(band.path.images[at(next)].positions);
    const Eigen::VectorXd foretold =
        band.rounds > 1 && learned.by_pairs() ? learned.predict(here).gradient : Eigen::VectorXd();
    std::fill(band.path.answers.begin() + 1, band.path.answers.end() - 1, Evaluation());
    for (std::size_t k = 0; k < asked.size(); ++k) {
      band.path.answers[at(asked[k])] = std::move(reply.answers[k]);
      learn_from(band.path, asked[k]);
      if (band.rounds == 1) first_answers[at(asked[k])] = band.path.answers[at(asked[k])];
    }
    const Evaluation& answer = band.path.answers[at(next)];
    const Eigen::VectorXd gradient = mobile.gradient(answer);
    const bool foreseen = foretold.size() > 0 && (foretold - gradient).norm() < foreseen_share * gradient.norm();
    const double force = longest(gradient), barrier = answer.energy_ev - first_energy;
    if (band.rounds == 1) scale = force;
    if (at_highest) {
      co_yield Progress(options.stage, band.rounds, force, barrier);
      if (force < better * lowest)
        since = lost = 0;
      else if (local)
        ++lost;
      if (local) reach = force < lowest ? std::min(1.5 * reach, Surrogate::reach) : 0.4 * reach;
      if (force < lowest) {
        lowest = force;
        best = band.path;
        best_highest = next;
      }
      if (force < options.fmax) {
        result.at_saddle = true;
        break;
      }
    }
    // The way leads through another state: the band notices such minima and splits the path there.
    if (barrier < std::min(0.0, band.path.answers.back().energy_ev - first_energy) - deeper_state) break;
    if (++since > patience || band.rounds >= most_rounds) break;
    const bool beside = lowest < near() && lost < patience_local;
    learned.fit(mobile.gather((beside ? best.images[at(best_highest)] : band.path.images[at(highest)]).positions),
                beside ? std::vector<Eigen::VectorXd>{} : line);
    if (lowest < good_enough && lost >= patience_local) {
      result.at_saddle = true;
      break;
    }
    std::optional<Eigen::VectorXd> saddle;
    if (beside) {
      const Eigen::VectorXd x0 = mobile.gather(best.images[at(best_highest)].positions);
      const Eigen::VectorXd tangent = (mobile.gather(best.images[at(best_highest + 1)].positions) -
                                       mobile.gather(best.images[at(best_highest - 1)].positions))
                                          .normalized();
      saddle = saddle_beside(learned, x0, tangent, reach, 0.2 * options.fmax);
      if (!saddle) learned.fit(mobile.gather(band.path.images[at(highest)].positions), line);
    }
    if (saddle) {
      band.path = best;
      next = highest = best_highest;
      band.path.images[at(next)] = mobile.place(band.path.images[at(next)], *saddle);
      at_highest = true;
      local = true;
      continue;
    }
    local = false;

    const bool sure = learned.by_pairs() && foreseen;
    BandOptions on_surrogate = options;
    on_surrogate.fmax = std::max(0.3 * options.fmax, std::min(0.05, 0.1 * lowest));
    on_surrogate.max_rounds = sure ? sure_rounds : surrogate_rounds;
    on_surrogate.handover = 0;
    on_surrogate.steady_rounds = 1;
    on_surrogate.climb = sure || lowest < std::max(climb_below, climb_share * scale);
    on_surrogate.max_move = std::min(options.max_move, step_share * learned.length_scale());
    Moved moved = move_on(learned, first, mobile, on_surrogate, sure);
    band.path.images = std::move(moved.images);
    highest = moved.highest;
    // The highest image unless another is where nothing is known: the saddle decides, the rest of the path is converged
    // later by itself.
    next = moved.left ? moved.farthest : highest;
    at_highest = next == highest;
    if (!moved.left) settled = band.path.images;
    if (learned.nearest(mobile.gather(band.path.images[at(next)].positions)) < asked_before) break;
  }
  if (result.at_saddle) {
    band.path = std::move(best);
  } else if (refused || lowest >= near()) {
    // What never came near a saddle has not learned where the path is either.
    band.path.images = first;
    band.path.answers = std::move(first_answers);
  } else {
    band.path.images = std::move(settled);
    std::fill(band.path.answers.begin() + 1, band.path.answers.end() - 1, Evaluation());
  }
  band.highest = highest = best_highest;
  band.handed_over = true;
  band.fmax = lowest;
  const auto x = [&](int i) { return mobile.gather(band.path.images[at(i)].positions); };
  band.tangent = (x(highest + 1) - x(highest - 1)).normalized();
  band.evaluations_climb = band.evaluations;
  result.learned = std::move(learned);
  co_return result;
}

}  // namespace hopflow
