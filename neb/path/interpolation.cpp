// SPDX-License-Identifier: GPL-2.0-or-later
// Straight paths, paths on which molecules turn as they are, and paths whose pair distances change evenly.
#include "neb/path/interpolation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "neb/core/optimizer.hpp"
#include "neb/path/alignment.hpp"
#include "neb/path/turns.hpp"
#include "potentials/core/checks.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {
namespace {

constexpr double turned_degrees =
    10;  // less, and bonds of molecules shrink by less than half a percent on a straight line
constexpr double pair_cutoff = 6.0;   // A
constexpr double near_enough = 4.0;   // A: nearly all shortest distances are below
constexpr double close_share = 0.95;  // of the shortest distance at the ends: nearer, and the straight path is left
constexpr double rough_share =
    0.85;  // as squeezed_share where a path turns back on itself: noise, not a path anybody wants
constexpr double overstepped_share = 0.85;  // of the shortest distance before a step: energies of bonds rise tenfold

/// Two atoms and the change of their distance over the path.
struct Target {
  int i, j;
  double first, last;  // A
};

/// Shortest images of the vectors from atom i to others.
Eigen::Matrix3Xd arms_on(const Configuration& c, int i, const std::vector<int>& others) {
  return minimum_image(c.cell, c.positions(Eigen::all, others).colwise() - c.positions.col(i), c.periodic);
}

/// All pairs, one of each a mobile atom, that are within the cutoff on one of the two.
std::vector<Target> targets(const Configuration& a, const Configuration& b, const Mobile& mobile) {
  std::vector<Target> pairs;
  for (int i : mobile.atoms()) {
    const std::vector<int> others = mobile.partners(i);
    const Eigen::Matrix3Xd va = arms_on(a, i, others), vb = arms_on(b, i, others);
    for (std::size_t k = 0; k < others.size(); ++k) {
      const auto column = static_cast<Eigen::Index>(k);
      const double first = va.col(column).norm(), last = vb.col(column).norm();
      if (std::min(first, last) > pair_cutoff) continue;
      Target pair;
      pair.i = i;
      pair.j = others[k];
      pair.first = first;
      pair.last = last;
      pairs.push_back(pair);
    }
  }
  return pairs;
}

/// Sum of (wanted - d)^2 / d^4 over pairs, and its gradient over all atoms.
double mismatch(const Configuration& c, const std::vector<Target>& pairs, double along, Eigen::Matrix3Xd& gradient) {
  Eigen::Matrix3Xd vectors(3, static_cast<Eigen::Index>(pairs.size()));
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    vectors.col(static_cast<Eigen::Index>(p)) = c.positions.col(pairs[p].j) - c.positions.col(pairs[p].i);
  }
  vectors = minimum_image(c.cell, vectors, c.periodic);
  gradient = Eigen::Matrix3Xd::Zero(3, c.size());
  double sum = 0;
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const Eigen::Vector3d v = vectors.col(static_cast<Eigen::Index>(p));
    const double d = std::max(v.norm(), 1e-3);
    const double wanted = pairs[p].first + along * (pairs[p].last - pairs[p].first);
    const double off = wanted - d;
    const double d4 = d * d * d * d;
    sum += off * off / d4;
    const double slope = -2 * off / d4 - 4 * off * off / (d4 * d);
    gradient.col(pairs[p].j) += slope * v / d;
    gradient.col(pairs[p].i) -= slope * v / d;
  }
  return sum;
}

/// The image moved to where the mismatch of its pair distances is least.
Configuration at_distances(const Configuration& image, const std::vector<Target>& pairs, double along,
                           const Mobile& mobile) {
  Eigen::VectorXd x = mobile.gather(image.positions);
  Eigen::Matrix3Xd full;
  double value = mismatch(image, pairs, along, full);
  Eigen::VectorXd gradient = mobile.gather(full);
  Lbfgs lbfgs(20, 1.0);
  double limit = 0.1;  // A
  for (int step_count = 0; step_count < 200 && longest(gradient) > 1e-3 && limit > 1e-4; ++step_count) {
    Eigen::VectorXd step = lbfgs.direction(gradient);
    if (!(step.dot(gradient) < 0)) {
      lbfgs.forget();
      step = -gradient;
    }
    step = shortened(std::move(step), limit);
    const Configuration trial = mobile.place(image, x + step);
    const double trial_value = mismatch(trial, pairs, along, full);
    if (trial_value > value) {
      limit = 0.5 * longest(step);
      lbfgs.forget();
      continue;
    }
    const Eigen::VectorXd trial_gradient = mobile.gather(full);
    lbfgs.learn(step, trial_gradient - gradient);
    x += step;
    gradient = trial_gradient;
    value = trial_value;
  }
  return mobile.place(image, x);
}

}  // namespace

std::vector<Configuration> linear_path(const Configuration& initial, const Configuration& final, int images) {
  std::vector<Configuration> path;
  for (int i = 0; i <= images + 1; ++i) {
    Configuration image = initial;
    const double along = static_cast<double>(i) / (images + 1);
    image.positions = i == images + 1
                          ? final.positions
                          : Eigen::Matrix3Xd(initial.positions + along * (final.positions - initial.positions));
    path.push_back(std::move(image));
  }
  return path;
}

std::vector<Configuration> rigid_molecule_path(const Configuration& initial, const Configuration& final,
                                               const Mobile& mobile, int images) {
  std::vector<Configuration> path = linear_path(initial, final, images);
  for (const KeptMolecule& molecule : kept_molecules(initial, final, mobile)) {
    const Turn turn = turn_of(molecule, initial.positions, final.positions);
    if (std::max(turn.degrees(), turn.group_degrees()) < turned_degrees) continue;
    for (int i = 1; i <= images; ++i) {
      path[static_cast<std::size_t>(i)].positions(Eigen::all, molecule.atoms) =
          on_the_way(molecule, initial.positions, final.positions, turn, static_cast<double>(i) / (images + 1));
    }
  }
  return path;
}

std::vector<Configuration> idpp_path(std::vector<Configuration> path, const Mobile& mobile) {
  const std::vector<Target> pairs = targets(path.front(), path.back(), mobile);
  const auto last = static_cast<double>(path.size() - 1);
  for (std::size_t image = 1; image + 1 < path.size(); ++image) {
    path[image] = at_distances(path[image], pairs, static_cast<double>(image) / last, mobile);
  }
  return path;
}

double shortest_distance(const Configuration& configuration, const Mobile& mobile) {
  // Where every atom moves, pairs are found from bins; else each mobile atom's with all others.
  if (mobile.count() == configuration.size()) {
    const std::vector<double> half(static_cast<std::size_t>(configuration.size()), near_enough / 2);
    if (const std::optional<ClosePair> closest = too_close(configuration, half)) return closest->distance;
  }
  double shortest = std::numeric_limits<double>::infinity();
  for (int i : mobile.atoms()) {
    const Eigen::Matrix3Xd arms = arms_on(configuration, i, mobile.partners(i));
    for (Eigen::Index k = 0; k < arms.cols(); ++k) shortest = std::min(shortest, arms.col(k).norm());
  }
  return shortest;
}

namespace {

/// How near atoms are to each other. Bonds within molecules are shorter than any contact of heavy atoms that an engine
/// can answer for, so both count: the shortest distance, and the shortest as a share of the covalent radii.
struct Nearness {
  double distance = std::numeric_limits<double>::infinity();  ///< A
  double share = std::numeric_limits<double>::infinity();

  bool below(double factor, const Nearness& other) const {
    return distance < factor * other.distance || share < factor * other.share;
  }
  Nearness least(const Nearness& other) const {
    return {std::min(distance, other.distance), std::min(share, other.share)};
  }
};

double radii_of(const Configuration& c, int i, int j) {
  return covalent_radius(c.species[static_cast<std::size_t>(i)]) +
         covalent_radius(c.species[static_cast<std::size_t>(j)]);
}

/// Of pairs, one of each a mobile atom.
Nearness nearness(const Configuration& c, const Mobile& mobile) {
  Nearness out;
  if (mobile.count() == c.size()) {
    out.distance = shortest_distance(c, mobile);
    constexpr double bonded = 1.5;  // of the radii: no nearness beyond
    out.share = bonded;
    const auto nearer = [&] {
      std::vector<double> limits;
      for (const int z : c.species) limits.push_back(out.share * covalent_radius(z));
      return too_close(c, limits);
    };
    while (const std::optional<ClosePair> pair = nearer())
      out.share = std::min(pair->distance / radii_of(c, pair->i, pair->j), 0.999 * out.share);
    return out;
  }
  for (int i : mobile.atoms()) {
    const std::vector<int> others = mobile.partners(i);
    const Eigen::Matrix3Xd arms = arms_on(c, i, others);
    for (std::size_t k = 0; k < others.size(); ++k) {
      const double distance = arms.col(static_cast<Eigen::Index>(k)).norm();
      out = out.least({distance, distance / radii_of(c, i, others[k])});
    }
  }
  return out;
}

}  // namespace

bool pull_apart(std::vector<Configuration>& path, const Mobile& mobile, double share,
                const std::vector<bool>& may_move) {
  std::vector<Target> pairs;  // of all atoms near each other: not before they are needed
  const Nearness at_ends = nearness(path.front(), mobile).least(nearness(path.back(), mobile));
  std::vector<Eigen::VectorXd> x;
  for (const Configuration& image : path) x.push_back(mobile.gather(image.positions));
  const std::vector<double> length = lengths_along(x);
  bool moved = false;
  for (std::size_t i = 1; i + 1 < path.size(); ++i) {
    const bool turns_back = (x[i] - x[i - 1]).dot(x[i + 1] - x[i]) < 0;
    const double least = turns_back ? std::max(share, rough_share) : share;
    if (!may_move[i] || !nearness(path[i], mobile).below(least, at_ends)) continue;
    if (pairs.empty()) pairs = targets(path.front(), path.back(), mobile);
    path[i] = at_distances(path[i], pairs, length[i] / length.back(), mobile);
    moved = true;
  }
  return moved;
}

bool is_squeezed(const Configuration& before, const Configuration& after, const Mobile& mobile) {
  return nearness(after, mobile).below(overstepped_share, nearness(before, mobile));
}

std::vector<double> lengths_along(const std::vector<Eigen::VectorXd>& polyline) {
  std::vector<double> length{0.0};
  for (std::size_t i = 1; i < polyline.size(); ++i) {
    length.push_back(length.back() + (polyline[i] - polyline[i - 1]).norm());
  }
  return length;
}

std::vector<Eigen::VectorXd> evenly_spaced(const std::vector<Eigen::VectorXd>& polyline, int images) {
  const std::vector<double> length = lengths_along(polyline);
  std::vector<Eigen::VectorXd> points{polyline.front()};
  std::size_t k = 1;
  for (int i = 1; i <= images; ++i) {
    const double wanted = length.back() * i / (images + 1);
    while (k + 1 < polyline.size() && length[k] < wanted) ++k;
    const double piece = length[k] - length[k - 1];
    const double share = piece > 0 ? (wanted - length[k - 1]) / piece : 0;
    points.push_back(polyline[k - 1] + share * (polyline[k] - polyline[k - 1]));
  }
  points.push_back(polyline.back());
  return points;
}

std::vector<Eigen::VectorXd> evenly_spaced_about(int& kept, const std::vector<Eigen::VectorXd>& polyline, int images) {
  const auto middle = polyline.begin() + kept;
  const std::vector<Eigen::VectorXd> up(polyline.begin(), middle + 1), down(middle, polyline.end());
  const double before = lengths_along(up).back(), after = lengths_along(down).back();
  const int below = static_cast<int>(std::lround((images - 1) * before / (before + after)));
  std::vector<Eigen::VectorXd> points = evenly_spaced(up, below);
  const std::vector<Eigen::VectorXd> rest = evenly_spaced(down, images - 1 - below);
  points.insert(points.end(), rest.begin() + 1, rest.end());
  kept = below + 1;
  return points;
}

namespace {

std::vector<Configuration> straight(const Configuration& initial, const Configuration& final, const Mobile&,
                                    int images) {
  return linear_path(initial, final, images);
}

std::vector<Configuration> by_distances(const Configuration& initial, const Configuration& final, const Mobile& mobile,
                                        int images) {
  return idpp_path(rigid_molecule_path(initial, final, mobile, images), mobile);
}

std::vector<Configuration> as_needed(const Configuration& initial, const Configuration& final, const Mobile& mobile,
                                     int images) {
  std::vector<Configuration> path = rigid_molecule_path(initial, final, mobile, images);
  const Nearness at_ends = nearness(initial, mobile).least(nearness(final, mobile));
  Nearness inside;
  for (std::size_t i = 1; i + 1 < path.size(); ++i) inside = inside.least(nearness(path[i], mobile));
  return inside.below(close_share, at_ends) ? idpp_path(std::move(path), mobile) : path;
}

std::vector<Configuration> from_both_ends(const Configuration& initial, const Configuration& final,
                                          const Mobile& mobile, int images) {
  std::vector<Configuration> path{initial, final};
  for (int placed = 0; placed < images; ++placed) {
    // The gap lies between the images grown from either end; the side with fewer grows.
    const std::size_t left = static_cast<std::size_t>((placed + 1) / 2);
    const bool from_left = placed % 2 == 0;
    const Eigen::VectorXd a = mobile.gather(path[left].positions), b = mobile.gather(path[left + 1].positions);
    const double share = 1.0 / (images - placed + 1);
    const Eigen::VectorXd x = from_left ? Eigen::VectorXd(a + share * (b - a)) : Eigen::VectorXd(b + share * (a - b));
    path.insert(path.begin() + static_cast<std::ptrdiff_t>(left + 1), mobile.place(initial, x));
    const double along = from_left ? static_cast<double>(left + 1) / (images + 1)
                                   : 1 - static_cast<double>((placed + 1) / 2) / (images + 1);
    path[left + 1] = at_distances(path[left + 1], targets(initial, final, mobile), along, mobile);
  }
  return path;
}

}  // namespace

const std::vector<Interpolation>& interpolations() {
  static const std::vector<Interpolation> all{{"auto", as_needed},
                                              {"linear", straight},
                                              {"idpp", by_distances},
                                              {"sequential-idpp", from_both_ends},
                                              {"rigid-molecules", rigid_molecule_path}};
  return all;
}

const Interpolation& interpolation_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Interpolation& interpolation : interpolations()) {
    if (name == interpolation.name) return interpolation;
    names.emplace_back(interpolation.name);
  }
  throw Error(Error::Kind::bad_input, fmt::format("neb: there is no interpolation '{}'; allowed are {}",
                                                  text::printable(name), text::join(names, ", ")));
}

std::vector<Configuration> path_via(const std::vector<Configuration>& via, const Configuration& initial,
                                    const Configuration& final, const Mobile& mobile, int images) {
  std::vector<Eigen::VectorXd> polyline{mobile.gather(initial.positions)};
  Configuration before = initial;
  for (const Configuration& point : via) {
    before = aligned(before, point, mobile);
    polyline.push_back(mobile.gather(before.positions));
  }
  polyline.push_back(mobile.gather(aligned(before, final, mobile).positions));
  // Alignment step by step may have drifted: the last point is where `final` already is, and the others follow.
  const Eigen::VectorXd drift = mobile.gather(final.positions) - polyline.back();
  std::vector<Configuration> path;
  for (std::size_t i = 0; i < polyline.size(); ++i) polyline[i] += drift * (double(i) / double(polyline.size() - 1));
  for (const Eigen::VectorXd& x : evenly_spaced(polyline, images)) path.push_back(mobile.place(initial, x));
  path.back() = final;
  return path;
}

}  // namespace hopflow
