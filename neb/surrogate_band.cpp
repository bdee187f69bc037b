// SPDX-License-Identifier: GPL-2.0-or-later
// Climbing on a surrogate.
#include "neb/surrogate_band.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Eigenvalues>
#include <fmt/format.h>

#include "neb/surrogate.hpp"
#include "structures/error.hpp"

namespace hopflow {
namespace {

constexpr double trusted = 0.5;       // length scales from the nearest answer: further away the surrogate is a guess
constexpr double climb_below = 5;     // eV/A on the highest image, once it has been asked
constexpr double local_below = 0.5;   // eV/A on the climbing image: from here the saddle is sought by itself
constexpr double first_reach = 0.4;   // A from the best answer; shrinks where the surrogate proves wrong
constexpr double good_enough = 0.2;   // eV/A: where the saddle cannot be reached, modes of the true surface help further
constexpr double newton_move = 0.1;   // A
constexpr int newton_steps = 40;
constexpr double softest = 0.3;       // eV/A^2: softer modes are followed as if this stiff
constexpr int surrogate_rounds = 150;  // of the band between two answers
constexpr int patience = 15;          // answers without a lower force on the climbing image
constexpr double deeper_state = 0.05;  // eV below both ends
constexpr int patience_local = 4;
constexpr int most_answers = 60;
constexpr double better = 0.7;        // a force this much lower counts as progress

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// The band on the surrogate, until it converges there or an image leaves the region the surrogate knows.
struct Moved {
  std::vector<Configuration> images;
  int highest = 0;
  int farthest = 0;      ///< image furthest from any answer
  double away = 0;       ///< that distance in length scales
  bool left = false;     ///< it stopped there
};

Moved move_on(const Surrogate& surrogate, const Path& path, const Mobile& mobile, const BandOptions& options) {
  Path start;
  start.images = path.images;
  start.answers.resize(path.images.size());
  const auto answer = [&](const Configuration& c) {
    const Surrogate::Value value = surrogate.predict(mobile.gather(c.positions));
    Evaluation e;
    e.energy_ev = value.energy_ev;
    e.forces = Eigen::Matrix3Xd::Zero(3, c.size());
    for (int k = 0; k < mobile.count(); ++k) e.forces.col(mobile.atoms()[at(k)]) = -value.gradient.segment<3>(3 * k);
    return e;
  };
  start.answers.front() = answer(path.images.front());
  start.answers.back() = answer(path.images.back());
  Procedure<Band> band = converge_band(std::move(start), mobile, options);
  Moved moved;
  moved.images = path.images;
  const auto measure = [&] {
    moved.away = 0;
    for (std::size_t i = 1; i + 1 < moved.images.size(); ++i) {
      const double away = surrogate.nearest(mobile.gather(moved.images[i].positions)) / surrogate.length_scale();
      if (away > moved.away) {
        moved.away = away;
        moved.farthest = static_cast<int>(i);
      }
    }
  };
  while (!band.done()) {
    const auto& asked = band.ask();
    std::copy(asked.begin(), asked.end(), moved.images.begin() + 1);
    measure();
    std::vector<Evaluation> answers;
    for (const Configuration& image : asked) answers.push_back(answer(image));
    if (moved.away > trusted) {
      const auto highest = std::max_element(answers.begin(), answers.end(), [](const Evaluation& p, const Evaluation& q) {
        return p.energy_ev < q.energy_ev;
      });
      moved.highest = static_cast<int>(highest - answers.begin()) + 1;
      moved.left = true;
      return moved;
    }
    band.tell(std::move(answers));
  }
  Band done = band.take();
  moved.images = std::move(done.path.images);
  moved.highest = done.highest;
  measure();
  return moved;
}

/// From an answer near a saddle to the surrogate's saddle beside it: Newton's step uphill along the mode nearest to the
/// path's direction, downhill along all others.
Eigen::VectorXd saddle_beside(const Surrogate& surrogate, const Eigen::VectorXd& from, const Eigen::VectorXd& tangent,
                              double reach, double fmax) {
  Eigen::VectorXd z = surrogate.inside(from);
  const Eigen::VectorXd start = z;
  Eigen::VectorXd along = surrogate.inside(from + tangent) - z;
  for (int step = 0; step < newton_steps; ++step) {
    const Surrogate::Quadratic here = surrogate.quadratic(z);
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
    if (displacement.norm() > newton_move) displacement *= newton_move / displacement.norm();
    z += displacement;
    const double away = (z - start).norm();
    if (away > reach) {
      z = start + reach / away * (z - start);
      break;
    }
  }
  return surrogate.outside(z);
}

}  // namespace

Procedure<SurrogateBand> search_with_surrogate(Path start, Mobile mobile, BandOptions options) {
  const int last = static_cast<int>(start.images.size()) - 1;
  start.answers.resize(start.images.size());
  Surrogate learned(mobile.gather(start.images.back().positions) - mobile.gather(start.images.front().positions));
  for (std::size_t i = 0; i < start.images.size(); ++i) {
    if (start.answers[i].forces.cols() != start.images[i].size()) continue;
    learned.add(mobile.gather(start.images[i].positions), start.answers[i].energy_ev, mobile.gradient(start.answers[i]));
  }
  const double first_energy = start.answers.front().energy_ev;
  SurrogateBand result;
  Band& band = result.band;
  band.path = std::move(start);
  const std::vector<Configuration> first = band.path.images;
  int next = (last + 1) / 2, highest = next;
  bool at_highest = false;
  double lowest = std::numeric_limits<double>::infinity();
  int since = 0, lost = 0;
  bool local = false;
  double reach = first_reach;
  Path best;
  int best_highest = next;
  while (true) {
    std::vector<Configuration> question{band.path.images[at(next)]};
    std::vector<std::string> names{fmt::format("{} image {}", options.stage, next)};
    std::vector<Evaluation> answer;
    try {
      answer = co_await Ask(std::move(question), std::move(names));
    } catch (const Error& refused) {
      // The process, not the path, led to a place the engine refuses.
      if (refused.kind() != Error::Kind::engine && refused.kind() != Error::Kind::bad_input) throw;
      break;
    }
    ++band.evaluations;
    ++band.rounds;
    const Eigen::VectorXd gradient = mobile.gradient(answer.front());
    learned.add(mobile.gather(band.path.images[at(next)].positions), answer.front().energy_ev, gradient);
    const double force = longest(gradient);
    for (auto& old : band.path.answers) {
      if (&old != &band.path.answers.front() && &old != &band.path.answers.back()) old = Evaluation();
    }
    const double barrier = answer.front().energy_ev - first_energy;
    band.path.answers[at(next)] = std::move(answer.front());
    if (at_highest) {
      co_yield Progress(options.stage, band.rounds, force, barrier);
      if (force < better * lowest) since = lost = 0;
      else if (local) ++lost;
      if (local) reach = force < lowest ? std::min(1.5 * reach, first_reach) : 0.4 * reach;
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
    if (++since > patience || band.evaluations >= most_answers) break;
    learned.fit();
    if (lowest < good_enough && lost >= patience_local) {
      result.at_saddle = true;
      break;
    }
    if (lowest < local_below && lost < patience_local) {
      const Eigen::VectorXd x0 = mobile.gather(best.images[at(best_highest)].positions);
      const Eigen::VectorXd tangent = (mobile.gather(best.images[at(best_highest + 1)].positions) -
                                       mobile.gather(best.images[at(best_highest - 1)].positions)).normalized();
      band.path = best;
      next = highest = best_highest;
      band.path.images[at(next)] =
          mobile.place(band.path.images[at(next)], saddle_beside(learned, x0, tangent, reach, 0.2 * options.fmax));
      at_highest = true;
      local = true;
      continue;
    }
    local = false;

    BandOptions on_surrogate = options;
    on_surrogate.fmax = std::max(0.3 * options.fmax, std::min(0.05, 0.1 * lowest));
    on_surrogate.max_rounds = surrogate_rounds;
    on_surrogate.handover = 0;
    on_surrogate.steady_rounds = 1;
    on_surrogate.climb = lowest < climb_below;
    band.path.images = first;
    Moved moved = move_on(learned, band.path, mobile, on_surrogate);
    band.path.images = std::move(moved.images);
    highest = moved.highest;
    // The highest image unless another is where nothing is known: the saddle decides, the rest of the path is converged
    // later by itself.
    next = moved.left || moved.away > trusted ? moved.farthest : highest;
    at_highest = next == highest;
  }
  if (result.at_saddle) {
    band.path = std::move(best);
  } else {
    band.path.images = first;
    std::fill(band.path.answers.begin() + 1, band.path.answers.end() - 1, Evaluation());
  }
  band.highest = highest = best_highest;
  band.handed_over = true;
  band.fmax = lowest;
  const auto x = [&](int i) { return mobile.gather(band.path.images[at(i)].positions); };
  band.tangent = (x(highest + 1) - x(highest - 1)).normalized();
  band.evaluations_climb = band.evaluations;
  co_return result;
}

}  // namespace hopflow
