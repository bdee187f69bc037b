// SPDX-License-Identifier: GPL-2.0-or-later
// Translations, rotations, superposition.
#include "neb/core/rigid.hpp"

#include <algorithm>
#include <numbers>
#include <utility>

#include <Eigen/SVD>

namespace hopflow {

bool turns_freely(const Configuration& configuration) {
  constexpr double vacuum = 8;  // A to the next copy: bonds and most pair potentials end before
  const Eigen::Matrix3d inverse = configuration.cell.inverse();
  for (int axis = 0; axis < 3; ++axis) {
    if (!configuration.periodic[static_cast<std::size_t>(axis)]) continue;
    const Eigen::RowVectorXd along = inverse.row(axis) * configuration.positions;
    const double height = 1 / inverse.row(axis).norm();
    if (!(height * (1 - (along.maxCoeff() - along.minCoeff())) >= vacuum)) return false;
  }
  return true;
}

Configuration gathered(const Configuration& configuration) {
  Configuration whole = configuration;
  const Eigen::Matrix3d inverse = configuration.cell.inverse();
  for (int axis = 0; axis < 3; ++axis) {
    if (!configuration.periodic[static_cast<std::size_t>(axis)]) continue;
    Eigen::RowVectorXd along = inverse.row(axis) * whole.positions;
    const Eigen::RowVectorXd cells = along.array().floor();
    whole.positions -= configuration.cell.col(axis) * cells;
    along -= cells;
    std::vector<double> sorted(along.begin(), along.end());
    std::sort(sorted.begin(), sorted.end());
    double above = 1, widest = sorted.front() + 1 - sorted.back();
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      if (sorted[i] - sorted[i - 1] <= widest) continue;
      widest = sorted[i] - sorted[i - 1];
      above = sorted[i];
    }
    for (Eigen::Index i = 0; i < along.size(); ++i) {
      if (along[i] >= above) whole.positions.col(i) -= configuration.cell.col(axis);
    }
  }
  return turns_freely(whole) ? whole : configuration;
}

std::vector<Eigen::VectorXd> rigid_motions(const Configuration& configuration, const Mobile& mobile) {
  std::vector<Eigen::VectorXd> motions;
  if (!mobile.everything() || configuration.size() < 2) return motions;
  const bool turns = turns_freely(configuration);
  const Eigen::Index n = configuration.size();
  const Eigen::Matrix3Xd arms = configuration.positions.colwise() - configuration.positions.rowwise().mean();
  for (int kind = 0; kind < (turns ? 2 : 1); ++kind) {
    for (int axis = 0; axis < 3; ++axis) {
      const Eigen::Vector3d unit = Eigen::Vector3d::Unit(axis);
      Eigen::VectorXd motion(3 * n);
      for (Eigen::Index i = 0; i < n; ++i) motion.segment<3>(3 * i) = kind == 0 ? unit : unit.cross(arms.col(i)).eval();
      const double before = motion.norm();
      for (int twice = 0; twice < 2; ++twice) {
        for (const Eigen::VectorXd& other : motions) motion -= other.dot(motion) * other;
      }
      if (motion.norm() > 1e-6 * before && before > 0) motions.push_back(motion.normalized());
    }
  }
  return motions;
}

Eigen::Matrix3d fitted_rotation(const Eigen::Matrix3Xd& reference, const Eigen::Matrix3Xd& moved) {
  const Eigen::JacobiSVD<Eigen::Matrix3d, Eigen::FullPivHouseholderQRPreconditioner> svd(
      Eigen::Matrix3d(reference * moved.transpose()), Eigen::ComputeFullU | Eigen::ComputeFullV);
  Eigen::Vector3d signs(1, 1, (svd.matrixU() * svd.matrixV().transpose()).determinant() < 0 ? -1 : 1);
  return svd.matrixU() * signs.asDiagonal() * svd.matrixV().transpose();
}

Eigen::Matrix3d nearest_rotation(const Eigen::Matrix3Xd& reference, const Eigen::Matrix3Xd& moved) {
  return fitted_rotation(reference.colwise() - reference.rowwise().mean(), moved.colwise() - moved.rowwise().mean());
}

Eigen::Matrix3d part_of(const Eigen::Matrix3d& rotation, double share) {
  constexpr double half_turn = std::numbers::pi - 1e-3;  // rad: beyond, the axis has no direction
  const Eigen::AngleAxisd whole(rotation);
  Eigen::Index largest = 0;
  whole.axis().cwiseAbs().maxCoeff(&largest);
  const bool backwards = whole.angle() > half_turn && whole.axis()[largest] < 0;
  const double angle = backwards ? whole.angle() - 2 * std::numbers::pi : whole.angle();
  return Eigen::AngleAxisd(share * angle, whole.axis()).toRotationMatrix();
}

RigidMotion RigidMotion::inverse() const {
  RigidMotion back;
  back.rotation = rotation.transpose();
  back.centre = centre + shift;
  back.shift = -shift;
  return back;
}

RigidMotion RigidMotion::part(double share) const {
  RigidMotion some;
  some.rotation = part_of(rotation, share);
  some.centre = centre;
  some.shift = share * shift;
  return some;
}

FreeMotions::FreeMotions(const Configuration& configuration, const Mobile& mobile)
    : shifts_{mobile.everything() && configuration.size() > 1}, turns_{shifts_ && turns_freely(configuration)} {}

RigidMotion FreeMotions::towards(const Eigen::Matrix3Xd& reference, const Eigen::Matrix3Xd& moved) const {
  RigidMotion motion;
  if (!shifts_) return motion;
  motion.centre = moved.rowwise().mean();
  motion.shift = reference.rowwise().mean() - motion.centre;
  if (turns_) motion.rotation = nearest_rotation(reference, moved);
  return motion;
}

Eigen::VectorXd FreeMotions::nearest_to(const Eigen::VectorXd& x, const Eigen::VectorXd& reference) const {
  if (none()) return x;
  const Eigen::Matrix3Xd here = x.reshaped(3, x.size() / 3), there = reference.reshaped(3, x.size() / 3);
  return towards(there, here).moved(here).reshaped();
}

namespace {

/// One superposition by least squares. @param weights  N, positive
Eigen::Matrix3Xd weighted_fit(const Eigen::Matrix3Xd& reference, const Eigen::Matrix3Xd& moved,
                              const Eigen::RowVectorXd& weights) {
  const Eigen::Vector3d a = reference * weights.transpose() / weights.sum(),
                        b = moved * weights.transpose() / weights.sum();
  const Eigen::Matrix3Xd arms = moved.colwise() - b;
  const Eigen::Matrix3d rotation = fitted_rotation((reference.colwise() - a).array().rowwise() * weights.array(), arms);
  return (rotation * arms).colwise() + a;
}

}  // namespace

Eigen::Matrix3Xd placed_upon(const Eigen::Matrix3Xd& reference, const Eigen::Matrix3Xd& moved) {
  constexpr double at_rest = 1e-3;  // A: nearer counts no more
  const auto distances = [&](const Eigen::Matrix3Xd& at) -> Eigen::RowVectorXd {
    return (at - reference).colwise().norm();
  };
  Eigen::Matrix3Xd best = moved;
  for (const bool as_is : {true, false}) {
    Eigen::Matrix3Xd at = as_is ? moved : weighted_fit(reference, moved, Eigen::RowVectorXd::Ones(moved.cols()));
    double sum = distances(at).sum();
    for (int turn = 0; turn < 60; ++turn) {
      at = weighted_fit(reference, at, distances(at).cwiseMax(at_rest).cwiseInverse());
      const double before = std::exchange(sum, distances(at).sum());
      if (!(sum < before * (1 - 1e-4))) break;
    }
    if (sum < distances(best).sum()) best = at;
  }
  return best;
}

}  // namespace hopflow
