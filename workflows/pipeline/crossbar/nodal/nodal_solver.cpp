// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/nodal/nodal_solver.hpp"

#include <algorithm>
#include <cmath>

#include "structures/core/error.hpp"

namespace hopflow::pipeline {

namespace {

constexpr double residual_floor = 1e-17;    ///< extended precision has no more to give
constexpr double largest_residual = 1e-13;  ///< of an answer from a factor that isn't the array's own
constexpr double stale_tolerance = 1e-8;    ///< of one round of conjugate gradients
constexpr int most_stale_steps = 60;
constexpr int most_rounds = 8;

int changed_branches(const NodalNetwork& a, const NodalNetwork& b) {
  int changed = 0;
  for (std::size_t k = 0; k < a.branches().size(); ++k)
    changed += a.branches()[k].conductance_s != b.branches()[k].conductance_s;
  return changed;
}

}  // namespace

Path NodalSolver::prepare(const NodalNetwork& network, Path path) {
  if (!factorised_ || !factorised_->same_shape(network)) return Path::factor;
  if (path == Path::automatic)
    path = changed_branches(network, *factorised_) <= most_updates ? Path::update : Path::stale;
  if (path == Path::update && !update(network)) return Path::factor;
  if (path == Path::stale) lower_ = network.matrix();
  return path;
}

bool NodalSolver::update(const NodalNetwork& network) {
  const auto& before = factorised_->branches();
  const auto& after = network.branches();
  for (std::size_t k = 0; k < after.size(); ++k) {
    const double delta = after[k].conductance_s - before[k].conductance_s;
    const int from = network.unknown(after[k].from), to = network.unknown(after[k].to);
    if (delta == 0 || after[k].from == after[k].to || (from < 0 && to < 0)) continue;
    if (!(from < 0 ? factor_.change(to, -1, delta) : factor_.change(from, to, delta))) return false;
  }
  factorised_ = network;
  return true;
}

std::optional<Eigen::VectorXd> NodalSolver::stale_step(const Eigen::VectorXd& missing, int& steps_left) {
  Eigen::VectorXd x = Eigen::VectorXd::Zero(missing.size()), r = missing, z = factor_.solve(r);
  Eigen::VectorXd p = z;
  double rz = r.dot(z);
  const double enough = stale_tolerance * stale_tolerance * rz;
  while (rz > enough) {
    if (steps_left-- <= 0) return std::nullopt;
    const Eigen::VectorXd q = lower_.selfadjointView<Eigen::Lower>() * p;
    const double bend = p.dot(q);
    if (!(bend > 0)) return std::nullopt;
    x += rz / bend * p;
    r -= rz / bend * q;
    z = factor_.solve(r);
    const double next = r.dot(z);
    p = z + next / rz * p;
    rz = next;
  }
  return x;
}

std::optional<double> NodalSolver::refine(NodalNetwork& network, Path path, int& steps) {
  Eigen::VectorXd missing;
  double residual = network.imbalance(missing);
  Eigen::VectorXd step(missing.size());
  int steps_left = most_stale_steps;
  // The first round solves, the others correct what double precision left.
  for (int round = 0; round < most_rounds && residual > residual_floor; ++round) {
    if (path == Path::stale) {
      const auto found = stale_step(missing, steps_left);
      steps = most_stale_steps - std::max(0, steps_left);
      if (!found) return std::nullopt;
      step = *found;
    } else {
      step = factor_.solve(missing);
    }
    const std::vector<long double> before = network.voltages();
    network.move(step);
    if (round == 0) network.shift_levels();
    const double next = network.imbalance(missing);
    if (round > 0 && !(next < 0.5 * residual)) {
      if (next < residual)
        residual = next;
      else
        network.restore(before);
      break;
    }
    residual = next;
  }
  return std::isfinite(residual) && (path == Path::factor || residual <= largest_residual) ? std::optional{residual}
                                                                                           : std::nullopt;
}

ArraySolution NodalSolver::solve(const Array& array, Path path) {
  NodalNetwork network{array};
  int steps = 0;
  std::optional<double> residual;
  if (network.unknowns() == 0) {
    path = Path::product;
    residual = 0;
  } else {
    if (path != Path::factor) path = prepare(network, path);
    if (path != Path::factor) residual = refine(network, path, steps);
    if (!residual) {
      path = Path::factor;
      network = NodalNetwork{array};
      factorised_.reset();
      if (factor_.factorize(network.matrix())) residual = refine(network, path, steps);
      if (!residual) {
        throw Error{Error::Kind::bad_input,
                    "array: the nodal equations have no solution in double precision; the spread of resistances is too "
                    "large, raise the line resistance"};
      }
      factorised_ = network;
    }
  }
  ArraySolution solution = network.answer();
  solution.residual = *residual;
  solution.path = path;
  solution.iterations = steps;
  return solution;
}

}  // namespace hopflow::pipeline
