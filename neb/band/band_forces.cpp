// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/band/band_forces.hpp"

#include <algorithm>

#include "neb/band/tangent.hpp"
#include "structures/core/index.hpp"

namespace hopflow {

bool is_even(const std::vector<Eigen::VectorXd>& path, double even_enough) {
  if (even_enough <= 0) return false;
  double shortest = std::numeric_limits<double>::infinity(), farthest = 0;
  for (std::size_t i = 1; i < path.size(); ++i) {
    const double step = (path[i] - path[i - 1]).norm();
    shortest = std::min(shortest, step);
    farthest = std::max(farthest, step);
  }
  return farthest < even_enough * shortest;
}

BandForces band_forces(const BandPoints& p, const BandOptions& options, bool climb, std::optional<int> saddle,
                       const FreeMotions* free, const std::vector<std::vector<Eigen::VectorXd>>& rigid) {
  const int last = static_cast<int>(p.x.size()) - 1;
  const Eigen::Index n = p.x.front().size();
  BandForces f;
  f.highest = saddle ? *saddle
                     : static_cast<int>(std::max_element(p.energy.begin() + 1, p.energy.end() - 1) - p.energy.begin());
  f.total = Eigen::VectorXd::Zero(n * (last - 1));
  f.real.assign(p.x.size(), 0.0);
  // Images that creep along the path change each other's tangents and keep the force across it from settling.
  const bool slack = options.method == BandMethod::string || is_even(p.x, options.even_enough);
  const double spring = slack ? 0.0 : options.spring;
  const double reference = std::max(p.energy.front(), p.energy.back());
  const auto stiffness = [&](int i) {  // of the spring from image i - 1 to image i
    if (options.springs != Springs::energy_weighted) return spring;
    return energy_weighted(spring, std::max(p.energy[at(i - 1)], p.energy[at(i)]), reference, p.energy[at(f.highest)]);
  };
  for (int i = 1; i < last; ++i) {
    const auto held = [&](Eigen::VectorXd vector) {
      if (!rigid.empty())
        for (const Eigen::VectorXd& motion : rigid[at(i)]) vector -= motion.dot(vector) * motion;
      return vector;
    };
    const auto neighbour = [&](int other) {
      return free ? free->nearest_to(p.x[at(other)], p.x[at(i)]) : p.x[at(other)];
    };
    const Eigen::VectorXd back = p.x[at(i)] - neighbour(i - 1), ahead = neighbour(i + 1) - p.x[at(i)];
    const Eigen::VectorXd direction = tangent(back, ahead, {p.energy[at(i - 1)], p.energy[at(i)], p.energy[at(i + 1)]});
    if (i == f.highest) f.tangent = direction;
    if (saddle == i) continue;
    const Eigen::VectorXd& gradient = p.gradient[at(i)];
    Eigen::VectorXd force;
    if (climb && !saddle && i == f.highest) {
      force = climbing_force(gradient, direction);
      f.real[at(i)] = f.climbing = longest(force);
    } else {
      force = band_force(gradient, direction, stiffness(i) * back.norm(), stiffness(i + 1) * ahead.norm(), 1);
      if (options.springs == Springs::doubly_nudged) force += second_nudge(gradient, direction, back, ahead, spring);
      f.real[at(i)] = longest(across(gradient, direction));
    }
    f.total.segment(n * (i - 1), n) = held(std::move(force));
  }
  f.fmax = *std::max_element(f.real.begin(), f.real.end());
  f.residual = f.total.lpNorm<Eigen::Infinity>();
  return f;
}

}  // namespace hopflow
