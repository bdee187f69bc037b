// SPDX-License-Identifier: GPL-2.0-or-later
// Step by step from the saddle down, the engine asked where two images leave a doubt.
#include "neb/descent/follow_down.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "neb/core/convergence.hpp"
#include "neb/core/lockstep.hpp"
#include "neb/core/rigid.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/relax/relax.hpp"
#include "structures/core/error.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr double first_step = 0.1;    // A, of the atom that moves most: off the saddle along its mode
constexpr double same_place = 0.15;   // A: relaxed minima nearer than this are one
constexpr double doubt_share = 0.25;  // of a step's fall: energies and forces that differ by more leave a doubt
constexpr double doubt_ev = 0.01;     // less is none
constexpr int most_halvings = 2;      // of one step, where noise hides whether the energy falls

/// A point of the descent.
struct Point {
  Eigen::VectorXd x, gradient;
  double energy_ev = 0;
};

/// What is known of one step down, from `above` to `below`.
enum class Fall { sure, doubtful, rises };

Fall fall_of(const Point& above, const Point& below, double least_ev) {
  const Eigen::VectorXd step = below.x - above.x;
  const Cubic cubic(above.energy_ev, below.energy_ev, above.gradient.dot(step), below.gradient.dot(step));
  if (below.energy_ev > above.energy_ev + least_ev) return Fall::rises;
  const double fall = above.energy_ev - below.energy_ev;
  const double off = std::abs(cubic.off_trapezoid());
  const bool bump = cubic.peak(least_ev).has_value() || cubic.dip(least_ev).has_value();
  if (!bump && off <= std::max(doubt_ev, doubt_share * fall)) return Fall::sure;
  return Fall::doubtful;
}

/// One side of the saddle: its points from the saddle down, and the step that is looked at.
struct Descending {
  std::vector<Point> points;
  std::vector<int> image;  ///< of each point, -1: asked about here
  std::size_t at = 0;      ///< the step from this point to the next
  int halved = 0;
  bool done = false, rises = false;

  /// On to the first step that is not sure to fall. @return whether the engine is to be asked about it
  bool look(double least_ev) {
    while (!done) {
      if (at + 1 == points.size()) {
        done = true;
        break;
      }
      const Fall fall = fall_of(points[at], points[at + 1], least_ev);
      if (fall == Fall::sure) {
        ++at;
        if (image[at] >= 0) halved = 0;
        continue;
      }
      if (fall == Fall::rises || halved >= most_halvings) {
        rises = done = true;
        break;
      }
      return true;
    }
    return false;
  }

  Eigen::VectorXd question() const { return 0.5 * (points[at].x + points[at + 1].x); }

  void learn(Point point) {
    ++halved;
    points.insert(points.begin() + static_cast<std::ptrdiff_t>(at + 1), std::move(point));
    image.insert(image.begin() + static_cast<std::ptrdiff_t>(at + 1), -1);
  }

  /// Where to relax from: the last point before the step that rises.
  const Eigen::VectorXd& upper() const { return points[at].x; }
};

Descending side_of(const Path& path, const Mobile& mobile, int way) {
  Descending side;
  const FreeMotions free(path.images.front(), mobile);
  const int end = way < 0 ? 0 : static_cast<int>(path.images.size()) - 1;
  for (int i = *path.saddle; i != end + way; i += way) {
    Point point;
    point.x = mobile.gather(path.images[at(i)].positions);
    point.gradient = mobile.gradient(path.answers[at(i)]);
    point.energy_ev = path.answers[at(i)].energy_ev;
    side.points.push_back(std::move(point));
    side.image.push_back(i);
  }
  return side;
}

/// Relaxes from the points where the descent broke off, and says what minima those lead to.
Procedure<std::array<Side, 2>> relaxed_feet(std::array<Descending, 2> sides, Path path, Mobile mobile,
                                            Eigen::VectorXd mode, FollowOptions options) {
  RelaxOptions relaxing;
  relaxing.fmax = options.fmax;
  relaxing.stage = options.stage;
  std::vector<Procedure<Relaxed>> relaxations;
  std::vector<std::size_t> which;
  std::array<Side, 2> feet;
  for (const std::size_t s : {std::size_t{0}, std::size_t{1}}) {
    feet[s].foot = s == 0 ? Foot::start : Foot::end;
    if (!sides[s].rises) continue;
    Eigen::VectorXd from = sides[s].upper();
    if (sides[s].at == 0) {
      const double ahead = (sides[s].points[1].x - from).dot(mode);
      from += (ahead < 0 ? -first_step : first_step) / longest(mode) * mode;
    }
    which.push_back(s);
    relaxations.push_back(relax(mobile.place(path.images.front(), from), mobile.mask(), relaxing));
  }
  if (relaxations.empty()) co_return feet;
  auto side_by_side = in_lockstep(std::move(relaxations));
  std::vector<Relaxed> found = co_await std::move(side_by_side);
  const FreeMotions free(path.images.front(), mobile);
  const auto is_image = [&](const Eigen::VectorXd& x, const Configuration& image) {
    const Eigen::VectorXd there = mobile.gather(image.positions);
    return longest(free.nearest_to(x, there) - there) < same_place;
  };
  for (std::size_t k = 0; k < found.size(); ++k) {
    Side& side = feet[which[k]];
    const Eigen::VectorXd x = mobile.gather(found[k].configuration.positions);
    if (!found[k].converged()) {
      side.foot = Foot::open;
      side.words = "a minimum there could not be relaxed: " + found[k].reason;
    } else if (is_image(x, path.images.front())) {
      side.foot = Foot::start;
    } else if (is_image(x, path.images.back())) {
      side.foot = Foot::end;
    } else {
      side.foot = Foot::elsewhere;
      side.minimum = std::move(found[k].configuration);
      side.answer = std::move(found[k].evaluation);
    }
  }
  co_return feet;
}

/// A minimum on a slope that is less deep than dips are followed down is none: the descent goes on to the end.
bool is_shallow(const Side& side, const Descending& descending, double dip_ev) {
  for (std::size_t k = descending.at + 1; k < descending.points.size(); ++k)
    if (descending.points[k].energy_ev > side.answer.energy_ev + dip_ev) return false;
  return descending.points[descending.at].energy_ev <= side.answer.energy_ev + dip_ev;
}

}  // namespace

Surrogate surrogate_along(const Path& path, const Mobile& mobile) {
  const Eigen::VectorXd first = mobile.gather(path.images.front().positions);
  const Eigen::VectorXd axis = mobile.gather(path.images.back().positions) - first;
  const double bond = shortest_distance(path.images.front(), mobile);
  Surrogate learned(axis, std::isfinite(bond) ? bond : 0.5 * axis.norm(), PairPrior(path.images, mobile));
  const auto learn = [&](std::size_t i) {
    const Evaluation& answer = path.answers[i];
    if (answer.forces.cols() > 0)
      learned.add(mobile.gather(path.images[i].positions), answer.energy_ev, mobile.gradient(answer));
  };
  learn(0);
  learn(path.images.size() - 1);
  for (std::size_t i = 1; i + 1 < path.images.size(); ++i) learn(i);
  return learned;
}

Procedure<Sides> follow_down(Path path, Mobile mobile, Certificate certificate, Surrogate* learned,
                             FollowOptions options) {
  Sides result;
  std::array<Descending, 2> sides{side_of(path, mobile, -1), side_of(path, mobile, 1)};
  int rounds = 0;
  std::string refused;
  while (refused.empty()) {
    std::vector<Configuration> questions;
    std::vector<std::string> names;
    std::vector<std::size_t> asking;
    for (const std::size_t s : {std::size_t{0}, std::size_t{1}}) {
      if (!sides[s].look(options.dip_ev)) continue;
      asking.push_back(s);
      questions.push_back(mobile.place(path.images.front(), sides[s].question()));
      names.push_back(options.stage);
    }
    if (questions.empty()) break;
    Reply reply = co_await Try(std::move(questions), std::move(names));
    if (reply.refused()) {
      if (!reply.refusal->of_engine()) throw Error(*reply.refusal);
      // Half way is a wall: what lies above it decides.
      for (const std::size_t s : asking) sides[s].done = sides[s].rises = true;
      continue;
    }
    double fmax = 0;
    for (std::size_t k = 0; k < asking.size(); ++k) {
      Point point;
      point.x = sides[asking[k]].question();
      point.gradient = mobile.gradient(reply.answers[k]);
      point.energy_ev = reply.answers[k].energy_ev;
      if (learned != nullptr) learned->add(point.x, point.energy_ev, point.gradient);
      fmax = std::max(fmax, longest(point.gradient));
      sides[asking[k]].learn(std::move(point));
    }
    co_yield Progress(options.stage, ++rounds, fmax);
  }
  auto feet = relaxed_feet(sides, path, mobile, certificate.saddle.mode, options);
  try {
    result.side = co_await std::move(feet);
  } catch (const Error& refusal) {
    if (!refusal.of_engine()) throw;
    refused = refusal.what();
  }
  for (const std::size_t s : {std::size_t{0}, std::size_t{1}}) {
    Side& side = result.side[s];
    const int way = s == 0 ? -1 : 1;
    if (!refused.empty() && sides[s].rises) {
      side.foot = Foot::open;
      side.words = "a minimum there: " + refused;
    } else if (!refused.empty()) {
      side.foot = way < 0 ? Foot::start : Foot::end;
    }
    if (side.foot == Foot::elsewhere && is_shallow(side, sides[s], options.dip_ev))
      side.foot = way < 0 ? Foot::start : Foot::end;
  }
  co_return result;
}

}  // namespace hopflow
