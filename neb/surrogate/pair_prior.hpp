// SPDX-License-Identifier: GPL-2.0-or-later
// Energies of pairs of atoms learned from answers: the part of a surface that depends on distances.
#pragma once

#include <vector>

#include <Eigen/Dense>

#include "neb/core/mobile.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// A sum of pair energies, one smooth function of distance for each two elements: inverse powers under a smooth cutoff,
/// whose weights follow from energies and gradients by regularised least squares. Only what changes counts: the sum and
/// its gradient vanish at the first answer, so pairs whose distance stays as it is can be left out, and whatever else
/// holds the atoms there is not mistaken for pairs. Regularisation, and whether pairs are the matter at all, are judged
/// by predicting answers from the others.
class PairPrior {
 public:
  struct Value {
    double energy_ev = 0;
    Eigen::VectorXd gradient;  ///< eV/A, over rows()
  };

  /// Pairs of atoms, one of them mobile at least, at their nearest periodic image. Where there are many, those that
  /// come near to each other and whose distance changes most along a path.
  PairPrior(const std::vector<Configuration>& path, const Mobile& mobile);

  /// No pairs: a single atom, a model surface.
  bool empty() const { return pairs_.empty(); }

  /// The mobile coordinates it depends on, ascending; the vectors below hold these.
  const std::vector<Eigen::Index>& rows() const { return rows_; }

  /// An answer; the first is where the function vanishes.
  void add(const Eigen::VectorXd& x, double energy_ev, const Eigen::VectorXd& gradient);

  /// Weights from the answers so far. After add(), before anything below.
  void solve();

  /// Whether the latest answers are what the others predict, to a third of their forces.
  bool predicts() const { return predicts_; }

  Value at(const Eigen::VectorXd& x) const;
  /// Second derivatives (eV/A^2).
  Eigen::MatrixXd hessian(const Eigen::VectorXd& x) const;

 private:
  /// x_b - x_a + offset; an atom that is fixed has no place in x, it is in the offset.
  struct Pair {
    Eigen::Index a, b;  ///< first of three entries of x, or -1
    Eigen::Vector3d offset;
    int kind;
  };
  /// Two elements.
  struct Kind {
    int first, second;
    double nearest;  ///< shortest distance met (A)
  };
  /// What an answer adds to the least squares min |A w - b|^2: A^T A, A^T b, b^T b.
  struct Share {
    Eigen::MatrixXd normal;
    Eigen::VectorXd right;
    double square = 0;
  };

  Eigen::Vector3d arm(const Pair& pair, const Eigen::VectorXd& x) const;
  /// Basis functions and their gradients, one column each: (1 + rows) x weights.
  Eigen::MatrixXd features(const Eigen::VectorXd& x) const;

  std::vector<Kind> kinds_;
  std::vector<Pair> pairs_;
  std::vector<Eigen::Index> rows_;
  Eigen::VectorXd first_x_, first_gradient_, constant_slope_;
  Eigen::MatrixXd first_features_;
  double first_energy_ = 0, constant_ = 0;
  std::vector<Share> shares_;
  Share all_;
  Eigen::VectorXd weights_;
  bool predicts_ = false;
};

}  // namespace hopflow
