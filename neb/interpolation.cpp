// SPDX-License-Identifier: GPL-2.0-or-later
// Straight paths, and paths whose pair distances change evenly.
#include "neb/interpolation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "neb/optimizer.hpp"
#include "structures/cell.hpp"

namespace hopflow {
namespace {

constexpr double pair_cutoff = 6.0;  // A

/// Two atoms and the change of their distance over the path.
struct Target {
  int i, j;
  double first, last;  // A
};

/// Vectors from atom i to all atoms after it, and from mobile i to fixed atoms before it, shortest images.
std::vector<Target> targets(const Configuration& a, const Configuration& b, const Mobile& mobile) {
  std::vector<bool> free(static_cast<std::size_t>(a.size()), false);
  for (int i : mobile.atoms()) free[static_cast<std::size_t>(i)] = true;
  std::vector<Target> pairs;
  for (int i : mobile.atoms()) {
    const Eigen::Matrix3Xd va = minimum_image(a.cell, a.positions.colwise() - a.positions.col(i), a.periodic);
    const Eigen::Matrix3Xd vb = minimum_image(b.cell, b.positions.colwise() - b.positions.col(i), b.periodic);
    for (int j = 0; j < a.size(); ++j) {
      if (j == i || (free[static_cast<std::size_t>(j)] && j < i)) continue;
      const double first = va.col(j).norm(), last = vb.col(j).norm();
      if (std::min(first, last) > pair_cutoff) continue;
      Target pair;
      pair.i = i;
      pair.j = j;
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

}  // namespace

std::vector<Configuration> linear_path(const Configuration& initial, const Configuration& final, int images) {
  std::vector<Configuration> path;
  for (int i = 0; i <= images + 1; ++i) {
    Configuration image = initial;
    const double along = static_cast<double>(i) / (images + 1);
    image.positions = i == images + 1 ? final.positions
                                      : Eigen::Matrix3Xd(initial.positions + along * (final.positions - initial.positions));
    path.push_back(std::move(image));
  }
  return path;
}

std::vector<Configuration> idpp_path(std::vector<Configuration> path, const Mobile& mobile) {
  const std::vector<Target> pairs = targets(path.front(), path.back(), mobile);
  const auto last = static_cast<double>(path.size() - 1);
  for (std::size_t image = 1; image + 1 < path.size(); ++image) {
    const double along = static_cast<double>(image) / last;
    Eigen::VectorXd x = mobile.gather(path[image].positions);
    Eigen::Matrix3Xd full;
    double value = mismatch(path[image], pairs, along, full);
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
      const Configuration trial = mobile.place(path[image], x + step);
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
    path[image] = mobile.place(path[image], x);
  }
  return path;
}

double shortest_distance(const Configuration& configuration, const Mobile& mobile) {
  double shortest = std::numeric_limits<double>::infinity();
  for (int i : mobile.atoms()) {
    const Eigen::Matrix3Xd v = minimum_image(
        configuration.cell, configuration.positions.colwise() - configuration.positions.col(i), configuration.periodic);
    for (int j = 0; j < configuration.size(); ++j) {
      if (j != i) shortest = std::min(shortest, v.col(j).norm());
    }
  }
  return shortest;
}

std::vector<Configuration> first_path(const Configuration& initial, const Configuration& final, const Mobile& mobile,
                                      int images) {
  std::vector<Configuration> path = linear_path(initial, final, images);
  const double at_ends = std::min(shortest_distance(initial, mobile), shortest_distance(final, mobile));
  double inside = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i + 1 < path.size(); ++i) inside = std::min(inside, shortest_distance(path[i], mobile));
  if (inside < 0.95 * at_ends) path = idpp_path(std::move(path), mobile);
  return path;
}

}  // namespace hopflow
