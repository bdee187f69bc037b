// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of a Hessian before anything is asked: bonds are stiff.
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include <Eigen/Dense>
#include <Eigen/SparseCholesky>

#include "neb/core/mobile.hpp"

namespace hopflow {

/// Springs along the covalent bonds and between the two neighbours of an atom, on soft ground; in units of the ground's
/// stiffness. Only ratios are meant, L-BFGS finds the scale. Without bonds (metals, salts) all is ground: the identity.
/// Source: Mones, Ortner & Csanyi, Sci. Rep. 8, 13991 (2018), preconditioning by springs; their values are another set.
class ModelHessian {
 public:
  ModelHessian() = default;
  /// Bonds are as find_bonds() has them; what has atomic number 0 is no atom and comes after all atoms.
  ModelHessian(const Configuration& configuration, const Mobile& mobile);

  /// Springs turn with their atoms. @param coordinates  of the mobile atoms
  void follow(const Eigen::VectorXd& coordinates);

  /// Its inverse times a vector over the mobile atoms.
  Eigen::VectorXd solve(const Eigen::VectorXd& vector) const;

  /// Length of a gradient g by this measure, (g^T M^-1 g)^1/2: what pulls at bonds counts for less.
  double norm(const Eigen::VectorXd& gradient) const { return std::sqrt(gradient.dot(solve(gradient))); }

 private:
  struct Spring {
    int from, to;           ///< mobile atoms; `to` is -1 for a fixed one
    Eigen::Vector3d shift;  ///< to the image of `to` that is meant, or to the fixed atom (A)
    double stiffness;
  };

  std::vector<Spring> springs_;
  Eigen::VectorXd at_;  ///< where the springs' directions are from
  std::unique_ptr<Eigen::SimplicialLLT<Eigen::SparseMatrix<double>>> factors_;
};

}  // namespace hopflow
