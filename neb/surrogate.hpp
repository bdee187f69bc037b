// SPDX-License-Identifier: GPL-2.0-or-later
// A Gaussian process over energies and forces: what a band asks before it asks an engine.
#pragma once

#include <optional>
#include <vector>

#include <Eigen/Dense>

namespace hopflow {

/// Energy surface learned from energies and gradients, squared-exponential kernel
/// k(x, x') = exp(-|x - x'|^2 / 2 l^2) with one length scale for all coordinates.
/// Such a process is exact in the space spanned by the differences and gradients of its data: its cost per prediction
/// grows with the number of coordinates only through one projection. The equations are solved by conjugate gradients
/// with matrix-free products, so memory and time grow as N^2, not (N D)^2.
/// Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), sections 2.2 and 9.4; structure of the
/// gradient blocks: de Roos, Gessner & Hennig, ICML 2021 (arXiv 2102.07542).
class Surrogate {
 public:
  struct Value {
    double energy_ev = 0;
    Eigen::VectorXd gradient;  ///< eV/A
  };

  /// @param axis  direction the surface is free along (from one end of a path to the other); across it the prior is a
  ///   harmonic valley whose stiffness is learned
  explicit Surrogate(const Eigen::VectorXd& axis) : axis_{axis.normalized()} {}

  /// An answer of the engine at x (A), over the mobile coordinates.
  void add(const Eigen::VectorXd& x, double energy_ev, const Eigen::VectorXd& gradient);

  /// Length scale by the likelihood of the latest answers, then the weights of all. After add(), before predict().
  void fit();

  Value predict(const Eigen::VectorXd& x) const;

  /// Distance to the nearest answer (A).
  double nearest(const Eigen::VectorXd& x) const;

  /// Coordinates in the space the answers span (d numbers), and back; exact for what lies in it, as all answers do.
  Eigen::VectorXd inside(const Eigen::VectorXd& x) const { return coordinates(x - origin_); }
  Eigen::VectorXd outside(const Eigen::VectorXd& inside) const { return origin_ + basis_ * inside; }

  /// Gradient (d) and Hessian (d x d) in that space, at a point of it.
  struct Quadratic {
    Eigen::VectorXd gradient;
    Eigen::MatrixXd hessian;
  };
  Quadratic quadratic(const Eigen::VectorXd& inside) const;

  double length_scale() const { return length_; }
  std::size_t size() const { return energies_.size(); }

 private:
  struct Weights {
    Eigen::VectorXd a;  ///< N, of the energies
    Eigen::MatrixXd b;  ///< d x N, of the gradients
  };
  struct Kernel;

  Eigen::VectorXd coordinates(const Eigen::VectorXd& vector) const { return basis_.transpose() * vector; }
  void extend(const Eigen::VectorXd& vector);
  void choose_length();
  double log_likelihood(double length, double stiffness) const;
  Weights solve(const Kernel& kernel) const;

  Eigen::VectorXd axis_, origin_;
  Eigen::MatrixXd basis_;      ///< D x d, orthonormal
  Eigen::MatrixXd x_, g_;      ///< d x N, from the origin
  std::vector<double> energies_;
  double mean_ = 0, length_ = 1, stiffness_ = 0;
  Weights weights_;
};

}  // namespace hopflow
