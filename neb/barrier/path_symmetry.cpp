// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/barrier/path_symmetry.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "structures/core/cell.hpp"
#include "structures/core/crystal.hpp"
#include "structures/core/error.hpp"
#include "structures/symmetry/symmetry.hpp"

namespace hopflow {
namespace {

constexpr double mobile_near = 0.01;  // A: mobile atoms are then put where the symmetry wants them
constexpr double fixed_near = 1e-3;   // A: fixed ones stay, so this is what an answer taken over may be off by
constexpr int most_searched = 300;    // atoms: in larger cells only operations about what moves are tried
constexpr double moves = 0.3;         // A
constexpr double loose = 0.1;         // A, of the symmetry search half way: what is found is checked on the ends

std::string kind_of(const Eigen::Matrix3d& rotation) {
  const long trace = std::lround(rotation.trace());
  if (rotation.determinant() > 0) return trace == -1 ? "two-fold axis" : "translation";
  return trace == 1 ? "mirror" : trace == -3 ? "inversion" : "improper rotation";
}

/// Where atoms go, if each lands on one of its species; distances are checked later.
std::optional<std::vector<int>> targets_of(const Configuration& c, const AtomicSymmetry& g) {
  std::vector<int> target(c.species.size(), -1);
  std::vector<bool> taken(c.species.size(), false);
  for (int i = 0; i < c.size(); ++i) {
    const Eigen::Vector3d here = g.rotation * c.positions.col(i) + g.shift;
    const Eigen::Matrix3Xd apart = minimum_image(c.cell, c.positions.colwise() - here, c.periodic);
    Eigen::Index nearest = 0;
    if (apart.colwise().norm().minCoeff(&nearest) > 1) return std::nullopt;
    const auto k = static_cast<std::size_t>(nearest);
    if (taken[k] || c.species[k] != c.species[static_cast<std::size_t>(i)]) return std::nullopt;
    taken[k] = true;
    target[static_cast<std::size_t>(i)] = static_cast<int>(nearest);
  }
  return target;
}

/// Whether the image of `from` is `to`, lattice vectors aside.
bool carries(const AtomicSymmetry& g, const Configuration& from, const Configuration& to, const Mask& may_move) {
  const Eigen::Matrix3Xd apart = minimum_image(to.cell, g.image_of(from).positions - to.positions, to.periodic);
  for (std::size_t i = 0; i < may_move.size(); ++i)
    if (apart.col(static_cast<Eigen::Index>(i)).norm() > (may_move[i] ? mobile_near : fixed_near)) return false;
  return true;
}

/// An isometry about a point as it acts on the atoms of a structure, if it keeps the lattice and finds each a place.
std::optional<AtomicSymmetry> acting_on(const Configuration& c, const Eigen::Matrix3d& rotation,
                                        const Eigen::Vector3d& about) {
  const Eigen::Matrix3d whole = c.cell.inverse() * rotation * c.cell;
  if (!(whole - whole.array().round().matrix()).isZero(1e-4)) return std::nullopt;
  AtomicSymmetry g;
  g.rotation = rotation;
  g.shift = about - rotation * about;
  g.name = kind_of(rotation);
  auto target = targets_of(c, g);
  if (!target) return std::nullopt;
  g.target = std::move(*target);
  return g;
}

/// The operations of order two that may swap the ends of a path, about the middle of what moves: inversion, the mirror
/// across its direction, two-fold axes across it along the lattice. A search among thousands of atoms that do not move
/// would take longer than the band.
std::vector<AtomicSymmetry> about_the_defect(const Configuration& half_way, const Configuration& initial,
                                             const Configuration& final) {
  const Eigen::Matrix3Xd steps = minimum_image(initial.cell, final.positions - initial.positions, initial.periodic);
  Eigen::Index first = 0;
  if (steps.colwise().norm().maxCoeff(&first) < moves) return {};
  const Eigen::Vector3d origin = half_way.positions.col(first);
  Eigen::Vector3d middle = Eigen::Vector3d::Zero();
  int count = 0;
  for (Eigen::Index i = 0; i < steps.cols(); ++i) {
    if (steps.col(i).norm() < moves) continue;
    middle += minimum_image(initial.cell, half_way.positions.col(i) - origin, initial.periodic);
    ++count;
  }
  middle = origin + middle / count;
  const Eigen::Vector3d direction = steps.col(first).normalized();
  std::vector<Eigen::Matrix3d> rotations{-Eigen::Matrix3d::Identity(),
                                         Eigen::Matrix3d::Identity() - 2 * direction * direction.transpose()};
  for (int a = -1; a <= 1; ++a)
    for (int b = -1; b <= 1; ++b)
      for (int c = 0; c <= 1; ++c) {
        const Eigen::Vector3d axis = initial.cell * Eigen::Vector3d(a, b, c);
        if (axis.norm() < 1e-9 || std::abs(axis.normalized().dot(direction)) > 1e-3) continue;
        const Eigen::Vector3d u = axis.normalized();
        rotations.emplace_back(2 * u * u.transpose() - Eigen::Matrix3d::Identity());
      }
  std::vector<AtomicSymmetry> found;
  for (const Eigen::Matrix3d& rotation : rotations)
    if (auto g = acting_on(half_way, rotation, middle)) {
      found.push_back(std::move(*g));
      break;  // one that swaps the ends is enough; whether it does is checked on them
    }
  return found;
}

}  // namespace

Configuration AtomicSymmetry::image_of(const Configuration& configuration) const {
  Configuration out = configuration;
  for (int i = 0; i < configuration.size(); ++i)
    out.positions.col(target[static_cast<std::size_t>(i)]) = rotation * configuration.positions.col(i) + shift;
  return out;
}

Evaluation AtomicSymmetry::image_of(const Evaluation& evaluation) const {
  Evaluation out = evaluation;
  for (Eigen::Index i = 0; i < evaluation.forces.cols(); ++i)
    out.forces.col(target[static_cast<std::size_t>(i)]) = rotation * evaluation.forces.col(i);
  if (evaluation.stress) out.stress = rotation * *evaluation.stress * rotation.transpose();
  out.derived = true;
  return out;
}

std::vector<AtomicSymmetry> atomic_symmetries(const Configuration& structure, double symprec) {
  const Symmetry found = find_symmetry(to_crystal(structure, "structure"), SymmetryOf::crystal, symprec);
  const Eigen::Matrix3d inverse = structure.cell.inverse();
  std::vector<AtomicSymmetry> out;
  for (const Operation& operation : found.operations) {
    const Eigen::Matrix3d w = operation.rotation.cast<double>();
    AtomicSymmetry g;
    g.rotation = structure.cell * w * inverse;
    if (!(g.rotation * g.rotation.transpose()).isIdentity(1e-6)) continue;
    Eigen::Vector3d translation = operation.translation;
    if ((w * w).isIdentity(1e-9)) {
      // Done twice it must be a lattice vector, to rounding: what the search left over is taken off.
      const Eigen::Vector3d twice = w * translation + translation;
      translation -= 0.5 * (twice - twice.array().round().matrix());
    }
    g.shift = structure.cell * translation;
    g.name = kind_of(g.rotation);
    const auto target = targets_of(structure, g);
    if (!target) continue;
    g.target = *target;
    out.push_back(std::move(g));
  }
  return out;
}

std::optional<AtomicSymmetry> path_symmetry(const Configuration& initial, const Configuration& final,
                                            const Mobile& mobile) {
  if (!initial.periodic[0] || !initial.periodic[1] || !initial.periodic[2] || initial.size() < 2) return std::nullopt;
  if (initial.species != final.species || initial.cell != final.cell) return std::nullopt;
  Configuration half_way = initial;
  half_way.positions += 0.5 * minimum_image(initial.cell, final.positions - initial.positions, initial.periodic);
  std::vector<AtomicSymmetry> candidates;
  if (initial.size() > most_searched) {
    candidates = about_the_defect(half_way, initial, final);
  } else {
    try {
      candidates = atomic_symmetries(half_way, loose);
    } catch (const Error&) {
      return std::nullopt;  // atoms that nearly coincide half way: no symmetry to speak of
    }
  }
  const Mask& may_move = mobile.mask();
  for (const AtomicSymmetry& g : candidates) {
    if (!(g.rotation * g.rotation).isIdentity(1e-9)) continue;
    bool keeps = carries(g, initial, final, may_move) && carries(g, final, initial, may_move);
    for (std::size_t i = 0; i < may_move.size(); ++i)
      keeps = keeps && may_move[i] == may_move[static_cast<std::size_t>(g.target[i])];
    if (!keeps) continue;
    AtomicSymmetry found = g;
    found.floating = mobile.everything();
    return found;
  }
  return std::nullopt;
}

std::vector<int> images_among(const std::vector<Configuration>& questions, const AtomicSymmetry& symmetry) {
  std::vector<int> source(questions.size(), -1);
  std::vector<bool> used(questions.size(), false);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (source[i] >= 0 || used[i]) continue;
    const Configuration image = symmetry.image_of(questions[i]);
    for (std::size_t k = i + 1; k < questions.size(); ++k) {
      if (source[k] >= 0 || used[k] || questions[k].size() != image.size()) continue;
      Eigen::Matrix3Xd apart = questions[k].positions - image.positions;
      if (symmetry.floating) apart.colwise() -= Eigen::Vector3d(apart.col(0));
      apart = minimum_image(image.cell, apart, image.periodic);
      if (apart.colwise().norm().maxCoeff() > fixed_near) continue;
      source[k] = static_cast<int>(i);
      used[i] = true;
      break;
    }
  }
  return source;
}

Passed FoldingLens::asked(const std::vector<Configuration>& questions) {
  source_ = images_among(questions, symmetry_);
  Passed passed;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (source_[i] >= 0) continue;
    passed.of.push_back(i);
    passed.questions.push_back(questions[i]);
  }
  return passed;
}

std::vector<Evaluation> FoldingLens::answered(std::vector<Evaluation> answers) {
  std::vector<Evaluation> all(source_.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < source_.size(); ++i)
    all[i] =
        source_[i] < 0 ? std::move(answers[next++]) : symmetry_.image_of(all[static_cast<std::size_t>(source_[i])]);
  derived_ += static_cast<int>(all.size()) - calls_of(all);
  return all;
}

Procedure<BarrierResult> find_barrier_by_symmetry(Configuration initial, Configuration final, Mask mask,
                                                  BarrierOptions options) {
  const std::optional<AtomicSymmetry> symmetry = path_symmetry(initial, final, Mobile(mask, initial.size()));
  if (!symmetry) {
    auto whole = find_barrier(std::move(initial), std::move(final), std::move(mask), options);
    BarrierResult found = co_await std::move(whole);
    co_return found;
  }
  final.positions += minimum_image(final.cell, symmetry->image_of(initial).positions - final.positions, final.periodic);
  auto half = folded(find_barrier(std::move(initial), std::move(final), std::move(mask), options), *symmetry);
  Folded<BarrierResult> found = co_await std::move(half);
  BarrierResult& result = found.value;
  Check check;
  check.name = "path_symmetry";
  check.passed = true;
  check.detail = fmt::format(
      "a symmetry operation ({}) exchanges the endpoints: {} of {} evaluations were derived by symmetry, and the "
      "reverse barrier equals the forward barrier",
      symmetry->name, found.derived, found.derived + result.evaluations);
  result.checks.push_back(std::move(check));
  co_return std::move(found.value);
}

}  // namespace hopflow
