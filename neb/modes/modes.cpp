// SPDX-License-Identifier: GPL-2.0-or-later
// Block Lanczos on force differences.
#include "neb/modes/modes.hpp"

#include <algorithm>
#include <cmath>

#include <Random123/philox.h>
#include <Eigen/Eigenvalues>

#include "neb/core/rigid.hpp"

namespace hopflow {
namespace {

constexpr int modes_kept = 4;                             // lowest modes that are given back
constexpr double certain_curvature = 2 * flat_curvature;  // eV/A^2: below minus this a mode curves down for certain
constexpr int least_calls = 10;  // before an answer is trusted, where the space is larger than that

/// Takes off the parts along the rigid motions and along each of `basis`; twice, for orthogonality to rounding.
/// @return norm of what is left, before it was made 1
double orthonormalise(Eigen::VectorXd& vector, const std::vector<Eigen::VectorXd>& basis,
                      const std::vector<Eigen::VectorXd>& rigid) {
  const double before = vector.norm();
  if (before == 0) return 0;
  vector /= before;
  for (int pass = 0; pass < 2; ++pass) {
    for (const Eigen::VectorXd& r : rigid) vector -= r.dot(vector) * r;
    for (const Eigen::VectorXd& b : basis) vector -= b.dot(vector) * b;
  }
  const double left = vector.norm();
  if (left < 1e-7) return 0;
  vector /= left;
  return left * before;
}

/// Uniform in (-1, 1), weighted by how far each atom moves in the guess.
Eigen::VectorXd random_vector(const Eigen::VectorXd& guess, std::uint64_t seed) {
  using Philox = r123::Philox4x32;
  Philox generator;
  Philox::key_type key = {{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32) ^ 0x6d6f6465u}};
  Eigen::VectorXd vector(guess.size());
  const double most = longest(guess);
  for (Eigen::Index i = 0; i < guess.size(); ++i) {
    Philox::ctr_type counter = {{static_cast<std::uint32_t>(i), 0, 0, 0}};
    const double uniform = (static_cast<double>(generator(counter, key)[0]) + 0.5) / 2147483648.0 - 1.0;
    const double moves = most > 0 ? guess.segment<3>(3 * (i / 3)).norm() / most : 1.0;
    vector[i] = uniform * (0.05 + std::sqrt(moves));
  }
  return vector;
}

/// The length of displacement along a unit direction at which the atom that moves most moves by `step`, at most 5
/// steps.
double reach(const Eigen::VectorXd& direction, double step) { return std::min(step / longest(direction), 5 * step); }

/// Ritz vectors of a searched space in columns, ascending, and the Hessian's products with them.
struct Ritz {
  Eigen::VectorXd curvatures;
  Eigen::MatrixXd directions, products;
};

Ritz ritz_of(const std::vector<Eigen::VectorXd>& basis, const std::vector<Eigen::VectorXd>& products) {
  const auto k = static_cast<Eigen::Index>(basis.size());
  Eigen::MatrixXd v(basis.front().size(), k), w(v.rows(), k);
  for (Eigen::Index i = 0; i < k; ++i) {
    v.col(i) = basis[static_cast<std::size_t>(i)];
    w.col(i) = products[static_cast<std::size_t>(i)];
  }
  Eigen::MatrixXd t = v.transpose() * w;
  t = (0.5 * (t + t.transpose())).eval();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(t);
  return {solver.eigenvalues(), v * solver.eigenvectors(), w * solver.eigenvectors()};
}

/// Ritz pairs of the space searched so far, ascending.
std::vector<Mode> ritz_pairs(const std::vector<Eigen::VectorXd>& basis, const std::vector<Eigen::VectorXd>& products) {
  const Ritz ritz = ritz_of(basis, products);
  std::vector<Mode> pairs;
  for (Eigen::Index i = 0; i < std::min<Eigen::Index>(ritz.curvatures.size(), modes_kept); ++i) {
    Mode mode;
    mode.curvature = ritz.curvatures[i];
    mode.direction = ritz.directions.col(i);
    mode.residual = (ritz.products.col(i) - mode.curvature * mode.direction).norm();
    pairs.push_back(std::move(mode));
  }
  return pairs;
}

/// Whether every negative pair is resolved and the first other one cannot hide a negative one below it.
/// The bound is Kato and Temple's: an eigenvalue lies within residual^2 / gap below.
bool is_settled(const std::vector<Mode>& pairs) {
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Mode& mode = pairs[i];
    if (mode.curvature < -flat_curvature) {
      if (mode.residual > std::max(0.2 * std::abs(mode.curvature), 0.05)) return false;
      continue;
    }
    if (i + 1 >= pairs.size()) return false;
    const double gap = std::max(pairs[i + 1].curvature - mode.curvature, mode.residual);
    return mode.curvature - mode.residual * mode.residual / std::max(gap, 1e-12) > flat_curvature;
  }
  return false;
}

/// Curvatures in a part of the space bound those of the whole from above, so what is negative here stays so.
bool are_certain(const std::vector<Mode>& pairs, int negative) {
  const auto last = static_cast<std::size_t>(negative) - 1;
  return last < pairs.size() && pairs[last].curvature < -certain_curvature;
}

}  // namespace

Mode lowest_between(const Eigen::VectorXd& mode, const Eigen::VectorXd& aside, const Eigen::VectorXd& product,
                    const Eigen::VectorXd& aside_product) {
  Eigen::Matrix2d plane;
  plane(0, 0) = mode.dot(product);
  plane(1, 1) = aside.dot(aside_product);
  plane(0, 1) = plane(1, 0) = 0.5 * (aside.dot(product) + mode.dot(aside_product));
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d> solver(plane);
  const Eigen::Vector2d lowest = solver.eigenvectors().col(0);
  Eigen::VectorXd turned = lowest[0] * mode + lowest[1] * aside;
  if (turned.dot(mode) < 0) turned = -turned;
  Mode found;
  found.curvature = solver.eigenvalues()[0];
  found.direction = turned.normalized();
  return found;
}

Eigen::VectorXd without_shift(Eigen::VectorXd direction, const Configuration& at, const Mobile& mobile) {
  if (!mobile.everything() || at.size() <= 1) return direction;
  Eigen::Map<Eigen::Matrix3Xd> columns(direction.data(), 3, direction.size() / 3);
  const Eigen::Vector3d mean = columns.rowwise().mean();
  columns.colwise() -= mean;
  return direction;
}

Eigen::VectorXd with_fixed_sign(Eigen::VectorXd direction) {
  Eigen::Index largest = 0;
  // A margin, so that rounding does not choose between components equal by symmetry.
  for (Eigen::Index i = 1; i < direction.size(); ++i) {
    if (std::abs(direction[i]) > std::abs(direction[largest]) * (1 + 1e-6)) largest = i;
  }
  if (direction.size() > 0 && direction[largest] < 0) direction = -direction;
  return direction;
}

Procedure<Modes> lowest_modes(Configuration at, Evaluation there, Mobile mobile, std::vector<Eigen::VectorXd> guesses,
                              ModesOptions options) {
  const std::vector<Eigen::VectorXd> rigid = rigid_motions(at, mobile);
  const Eigen::VectorXd x = mobile.gather(at.positions);
  const Eigen::VectorXd gradient = mobile.gradient(there);
  const Eigen::Index dimension = x.size() - static_cast<Eigen::Index>(rigid.size());

  Modes found;
  guesses.push_back(random_vector(guesses.front(), options.seed));
  std::vector<Eigen::VectorXd> next;
  for (Eigen::VectorXd& guess : guesses) {
    if (orthonormalise(guess, next, rigid) > 0) next.push_back(guess);
  }

  while (!next.empty()) {
    std::vector<Configuration> questions;
    std::vector<double> reaches;
    for (const Eigen::VectorXd& q : next) {
      reaches.push_back(reach(q, options.step));
      questions.push_back(mobile.place(at, x + reaches.back() * q));
    }
    std::vector<std::string> names(questions.size(), options.stage);
    std::vector<Evaluation> answers = co_await Ask(std::move(questions), std::move(names));
    found.evaluations += calls_of(answers);
    for (std::size_t i = 0; i < next.size(); ++i) {
      found.basis.push_back(next[i]);
      found.products.push_back((mobile.gradient(answers[i]) - gradient) / reaches[i]);
    }
    found.lowest = ritz_pairs(found.basis, found.products);
    const auto size = static_cast<Eigen::Index>(found.basis.size());
    co_yield Progress(options.stage, static_cast<int>(size), longest(gradient));

    const bool whole_space = size >= dimension;
    if (whole_space || (size >= least_calls && is_settled(found.lowest))) {
      found.sure = true;
      break;
    }
    if (options.enough > 0 && size >= least_calls && are_certain(found.lowest, options.enough)) break;
    // The residuals of the lowest pairs not yet resolved are the next Krylov directions.
    next.clear();
    std::vector<Eigen::VectorXd> taken = found.basis;
    const int room = std::min(options.max_calls - static_cast<int>(size), 2);
    for (std::size_t i = 0; i < found.lowest.size() && static_cast<int>(next.size()) < room; ++i) {
      const Mode& mode = found.lowest[i];
      if (mode.residual < 0.02) continue;
      Eigen::VectorXd product = Eigen::VectorXd::Zero(x.size());
      for (std::size_t k = 0; k < found.basis.size(); ++k) {
        product += found.basis[k].dot(mode.direction) * found.products[k];
      }
      Eigen::VectorXd residual = product - mode.curvature * mode.direction;
      if (orthonormalise(residual, taken, rigid) > 1e-4) {
        next.push_back(residual);
        taken.push_back(std::move(residual));
      }
    }
    if (next.empty()) found.sure = room > 0;
  }
  for (Mode& mode : found.lowest) {
    mode.direction = with_fixed_sign(std::move(mode.direction));
    if (mode.curvature < -flat_curvature) ++found.negative;
  }
  co_return found;
}

std::vector<Secant> secants_of(const std::vector<Eigen::VectorXd>& basis, const std::vector<Eigen::VectorXd>& products,
                               double softest) {
  std::vector<Secant> out;
  if (basis.empty()) return out;
  const Ritz ritz = ritz_of(basis, products);
  for (Eigen::Index i = 0; i < ritz.curvatures.size(); ++i) {
    if (ritz.curvatures[i] < softest) continue;
    Secant s;
    s.step = ritz.directions.col(i);
    s.change = ritz.products.col(i);
    out.push_back(std::move(s));
  }
  return out;
}

Procedure<std::vector<Curvature>> curvatures_along(Configuration at, Evaluation there, Mobile mobile,
                                                   std::vector<Eigen::VectorXd> directions, double step) {
  const Eigen::VectorXd x = mobile.gather(at.positions);
  const Eigen::VectorXd middle = mobile.gradient(there);
  std::vector<Configuration> questions;
  std::vector<double> reaches;
  for (const Eigen::VectorXd& direction : directions) {
    reaches.push_back(reach(direction, step));
    questions.push_back(mobile.place(at, x + reaches.back() * direction));
    questions.push_back(mobile.place(at, x - reaches.back() * direction));
  }
  std::vector<std::string> names(questions.size(), "curvature");
  std::vector<Evaluation> answers = co_await Ask(std::move(questions), std::move(names));
  std::vector<Curvature> result;
  for (std::size_t i = 0; i < directions.size(); ++i) {
    const Eigen::VectorXd ahead = mobile.gradient(answers[2 * i]), back = mobile.gradient(answers[2 * i + 1]);
    Curvature c;
    c.evaluations = calls_of(std::span(answers).subspan(2 * i, 2));
    c.span = 2 * reaches[i];
    c.product = (ahead - back) / c.span;
    c.curvature = directions[i].dot(c.product);
    const double work = directions[i].dot(ahead + 4 * middle + back) * c.span / 6;
    c.mismatch_ev = answers[2 * i].energy_ev - answers[2 * i + 1].energy_ev - work;
    c.bend_ev = c.curvature * c.span * c.span / 4;
    c.bend_mismatch_ev = answers[2 * i].energy_ev + answers[2 * i + 1].energy_ev - 2 * there.energy_ev - c.bend_ev;
    result.push_back(std::move(c));
  }
  co_return result;
}

}  // namespace hopflow
