// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/modes/hessian.hpp"

#include <cmath>

#include <Eigen/Eigenvalues>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/units.hpp"

namespace hopflow {

const double thz_per_root = std::sqrt(units::e_charge / (1e-20 * units::amu)) / (2 * units::pi) * 1e-12;

Procedure<Eigen::MatrixXd> hessian_columns(Configuration at, Mobile mobile, std::vector<int> members, double step,
                                           std::string stage) {
  const Eigen::VectorXd x = mobile.gather(at.positions);
  std::vector<Configuration> questions;
  for (const int member : members)
    for (int axis = 0; axis < 3; ++axis)
      for (const double side : {1.0, -1.0}) {
        Eigen::VectorXd moved = x;
        moved[3 * member + axis] += side * step;
        questions.push_back(mobile.place(at, moved));
      }
  co_yield Progress(stage, static_cast<int>(questions.size()), 0);
  std::vector<std::string> names(questions.size(), stage);
  const std::vector<Evaluation> answers = co_await Ask(std::move(questions), std::move(names));
  Eigen::MatrixXd columns(x.size(), 3 * static_cast<Eigen::Index>(members.size()));
  for (Eigen::Index c = 0; c < columns.cols(); ++c) {
    const auto i = static_cast<std::size_t>(2 * c);
    columns.col(c) = (mobile.gradient(answers[i]) - mobile.gradient(answers[i + 1])) / (2 * step);
  }
  co_return columns;
}

Eigen::MatrixXd weighted_rigid_motions(const Configuration& structure) {
  const Eigen::Index n = structure.size();
  const bool free = !structure.periodic[0] && !structure.periodic[1] && !structure.periodic[2];
  Eigen::VectorXd root(n);
  for (Eigen::Index i = 0; i < n; ++i) root[i] = std::sqrt(atomic_mass(structure.species[static_cast<std::size_t>(i)]));
  const Eigen::Vector3d centre = structure.positions * root.cwiseAbs2() / root.squaredNorm();
  Eigen::MatrixXd motions = Eigen::MatrixXd::Zero(3 * n, free ? 6 : 3);
  for (Eigen::Index i = 0; i < n; ++i)
    for (int axis = 0; axis < 3; ++axis) {
      const Eigen::Vector3d unit = Eigen::Vector3d::Unit(axis);
      motions.block<3, 1>(3 * i, axis) = root[i] * unit;
      if (free) motions.block<3, 1>(3 * i, 3 + axis) = root[i] * unit.cross(structure.positions.col(i) - centre);
    }
  // A linear molecule has no rotation about its axis: columns that add nothing fall away.
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> independent(motions);
  independent.setThreshold(1e-6);
  const Eigen::MatrixXd q = independent.householderQ() * Eigen::MatrixXd::Identity(3 * n, independent.rank());
  return q;
}

std::vector<double> frequencies_of(const Eigen::MatrixXd& hessian, const std::vector<double>& masses,
                                   const Eigen::MatrixXd& rigid) {
  const Eigen::Index n = hessian.rows();
  Eigen::VectorXd weight(n);
  for (Eigen::Index i = 0; i < n; ++i) weight[i] = 1 / std::sqrt(masses[static_cast<std::size_t>(i / 3)]);
  Eigen::MatrixXd dynamical = weight.asDiagonal() * hessian * weight.asDiagonal();
  if (rigid.cols() > 0) {
    // What is left is seen in a basis of the directions across them.
    const Eigen::HouseholderQR<Eigen::MatrixXd> whole(rigid);
    const Eigen::MatrixXd all = whole.householderQ() * Eigen::MatrixXd::Identity(n, n);
    const Eigen::MatrixXd across = all.rightCols(n - rigid.cols());
    dynamical = (across.transpose() * dynamical * across).eval();
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(0.5 * (dynamical + dynamical.transpose()),
                                                              Eigen::EigenvaluesOnly);
  // Without success the values come unsorted and must not be used.
  if (solver.info() != Eigen::Success)
    throw Error(Error::Kind::engine, "hessian: its eigenvalues were not found; a force may not be a finite number");
  std::vector<double> out;
  for (Eigen::Index i = 0; i < dynamical.rows(); ++i) {
    const double value = solver.eigenvalues()[i];
    out.push_back(std::copysign(std::sqrt(std::abs(value)), value) * thz_per_root);
  }
  return out;
}

}  // namespace hopflow
