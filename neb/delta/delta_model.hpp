// SPDX-License-Identifier: GPL-2.0-or-later
// The difference between two engines, learned from configurations both were asked for.
#pragma once

#include <vector>

#include <Eigen/Dense>

#include "neb/core/mobile.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// Energy and gradient of dear - cheap as a Gaussian process: a constant and a squared-exponential kernel over
/// coordinates scaled by element, exact in the span of its data. Each element's scale follows the size of the
/// difference's gradient on it, so that hydrogens that turn do not count as far away.
/// Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), sections 2.2, 5.4.1 and 9.4; as the
/// difference of two levels, M. C. Kennedy, A. O'Hagan, Biometrika 87, 1 (2000).
class DeltaModel {
 public:
  struct Value {
    double energy_ev = 0;
    Eigen::VectorXd gradient;  ///< eV/A, over the mobile coordinates
  };

  DeltaModel(const Configuration& frame, const Mobile& mobile);

  /// Both engines' answers at x, dear - cheap. @param gradient  eV/A
  void add(const Eigen::VectorXd& x, double energy_ev, const Eigen::VectorXd& gradient);

  /// Scales, length and weights. After add(), before predict(). @param about  the answers nearest to here count
  void fit(const Eigen::VectorXd& about);

  Value predict(const Eigen::VectorXd& x) const;

  /// Scaled distance to the nearest answer (A); infinite without one.
  double nearest(const Eigen::VectorXd& x) const;
  /// Scaled distance between two places (A).
  double distance(const Eigen::VectorXd& a, const Eigen::VectorXd& b) const;

  std::size_t size() const { return energies_.size(); }
  double length() const { return length_; }

 private:
  struct Inner;  // the used answers in the span of their differences
  void choose_scales();
  /// -2 log likelihood with this length, the amplitude eliminated; fills `weights` if given.
  double misfit(const Inner& inner, double length, Eigen::VectorXd* a, Eigen::MatrixXd* b) const;

  std::vector<int> elements_;           ///< per mobile atom
  Eigen::VectorXd scale_;               ///< per coordinate: scaled = scale x coordinate
  std::vector<Eigen::VectorXd> x_, g_;  ///< unscaled
  std::vector<double> energies_;
  double mean_ = 0, length_ = 1;
  std::vector<std::size_t> used_;
  Eigen::VectorXd a_;  ///< weights of energies
  Eigen::MatrixXd b_;  ///< coordinates x used: weights of gradients, scaled
};

}  // namespace hopflow
