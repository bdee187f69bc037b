// SPDX-License-Identifier: GPL-2.0-or-later
// The difference between two engines, learned from configurations both were asked for.
#pragma once

#include <array>
#include <vector>

#include <Eigen/Dense>

#include "neb/core/mobile.hpp"
#include "neb/delta/pair_features.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// Energy and gradient of dear - cheap: functions of pair distances by ridge regression, and a Gaussian process for
/// what they leave, or for all of it where the latest answers were predicted better so. The process has a constant and
/// a squared-exponential kernel over coordinates scaled by element, exact in the span of its data. Each element's scale
/// follows the size of the difference's gradient on it, so that hydrogens that turn do not count as far away.
/// Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), sections 2.1, 2.2, 5.4.1 and 9.4; as
/// the difference of two levels, M. C. Kennedy, A. O'Hagan, Biometrika 87, 1 (2000).
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
  double length() const { return fits_[chosen_].length; }
  /// Whether functions of pairs are a part of what is predicted.
  bool by_pairs() const { return chosen_ == 1; }

 private:
  struct Inner;  // the used answers in the span of their differences
  /// One of two models: without pairs, and with them.
  struct Fit {
    Eigen::VectorXd pairs;  ///< weights of the pair functions, empty without
    Eigen::VectorXd scale;  ///< per coordinate: scaled = scale x coordinate
    double mean = 0, length = 1;
    std::vector<std::size_t> used;
    Eigen::VectorXd a;  ///< weights of energies
    Eigen::MatrixXd b;  ///< coordinates x used: weights of gradients, scaled
    double missed = 0;  ///< of the latest answers, squared, older ones counting less ((eV/A)^2)
  };
  void solve_pairs();
  void choose_scales(Fit& fit, const std::vector<Eigen::VectorXd>& gradients) const;
  void fit(Fit& fit, const Eigen::VectorXd& about) const;
  Value predict(const Fit& fit, const Eigen::VectorXd& x) const;
  /// -2 log likelihood with this length and noise (times the least), the amplitude eliminated; fills `a` and `b` if
  /// given.
  double misfit(const Inner& inner, double length, double noise, Eigen::VectorXd* a, Eigen::MatrixXd* b) const;

  std::vector<int> elements_;           ///< per mobile atom
  std::vector<Eigen::VectorXd> x_, g_;  ///< unscaled
  std::vector<double> energies_;
  PairFeatures features_;
  std::vector<PairFeatures::Values> seen_;  ///< the pair functions at x_
  std::array<Fit, 2> fits_;
  std::size_t chosen_ = 0;
  bool judged_ = false;  ///< the choice rests on answers that were predicted
};

}  // namespace hopflow
