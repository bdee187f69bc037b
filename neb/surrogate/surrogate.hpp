// SPDX-License-Identifier: GPL-2.0-or-later
// A Gaussian process over energies and forces: what a band asks before it asks an engine.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include <Eigen/Dense>

#include "neb/surrogate/pair_prior.hpp"

namespace hopflow {

/// Energy surface learned from energies and gradients: squared-exponential kernel k(x, x') = exp(-|x - x'|^2 / 2 l^2)
/// with one length scale for all coordinates, around a harmonic valley along the path whose stiffness is learned and,
/// where atoms come near to each other, energies of pairs.
/// Such a process is exact in the space spanned by the differences and gradients of its data, so the number of
/// coordinates enters only through one projection. The answers nearest to a point of interest are used, as many as keep
/// the equations small; they are solved directly, since close to a saddle answers lie so near to each other that
/// iterations stall.
/// Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), sections 2.2, 2.7, 5.4 and 9.4.
class Surrogate {
 public:
  /// How far searches follow any surrogate.
  static constexpr double trusted = 0.7;  ///< length scales from the nearest answer: further away it is a guess
  static constexpr double reach = 0.4;    ///< A from the best answer at first; shrinks where the surrogate proves wrong
  static constexpr double newton_move = 0.1;  ///< A, longest step of Newton's on it
  static constexpr int newton_steps = 40;

  struct Value {
    double energy_ev = 0;
    Eigen::VectorXd gradient;  ///< eV/A
  };

  /// @param axis  direction the surface is free along (from one end of a path to the other); across it the prior is a
  ///   harmonic valley whose stiffness is learned
  /// @param bond  a length over which such a surface changes altogether (A): a nearest-neighbour distance
  /// @param pairs  what is learned of pairs of atoms; the process holds the rest
  explicit Surrogate(const Eigen::VectorXd& axis, double bond, std::optional<PairPrior> pairs = std::nullopt)
      : axis_{axis.normalized()}, bond_{bond}, pairs_{std::move(pairs)} {
    if (pairs_ && pairs_->empty()) pairs_.reset();
  }

  /// An answer of the engine at x (A), over the mobile coordinates. A place known already is left out.
  void add(const Eigen::VectorXd& x, double energy_ev, const Eigen::VectorXd& gradient);

  /// All answers of another surrogate of the same coordinates.
  void learn_from(const Surrogate& other);

  /// Length scale and stiffness by likelihood, then the weights. After add(), before anything below.
  /// @param about  the answers nearest to here count; the first two answers, ends of a path, always do
  /// @param path  points whose directions inside() is to hold as well, and those in which pairs pull there
  void fit(const Eigen::VectorXd& about, const std::vector<Eigen::VectorXd>& path = {});

  /// Over the mobile coordinates.
  Value predict(const Eigen::VectorXd& x) const;

  /// Distance to the nearest answer, used or not (A).
  double nearest(const Eigen::VectorXd& x) const;

  /// Coordinates in the space that the used answers and the path given to fit() span, and back; lengths and angles
  /// stay, and no gradient of the surrogate leads out of it, so a band can move there at little cost.
  Eigen::VectorXd inside(const Eigen::VectorXd& x) const { return span_.transpose() * coordinates(x - origin_); }
  Eigen::VectorXd outside(const Eigen::VectorXd& inside) const { return origin_ + basis_ * (span_ * inside); }

  /// As predict(), its gradient in those coordinates.
  Value predict_inside(const Eigen::VectorXd& inside) const;
  /// Distance to the nearest used answer (A).
  double nearest_inside(const Eigen::VectorXd& inside) const;

  /// Gradient and Hessian in those coordinates.
  struct Quadratic {
    Eigen::VectorXd gradient;
    Eigen::MatrixXd hessian;
  };
  Quadratic quadratic(const Eigen::VectorXd& inside) const;

  double length_scale() const { return length_; }
  /// Whether pairs of atoms were found to predict what the engine answers.
  bool by_pairs() const { return by_pairs_; }

  std::size_t size() const { return energies_.size(); }

 private:
  /// Some answers in coordinates of their own span.
  struct Sample {
    Eigen::MatrixXd x, g, valley;  ///< d x N; the valley's gradient for unit stiffness
    Eigen::VectorXd energy;        ///< N, from the mean
  };
  /// What the data say with a length scale: how likely they are, and the stiffness that makes them so.
  struct Evidence {
    double log_likelihood, stiffness;
  };
  /// The used answers as seen from a point inside.
  struct Seen {
    Eigen::MatrixXd apart;  ///< (d + e) x N, from each answer to the point (A)
    Eigen::VectorXd k, c;   ///< N, the kernel and what each answer adds to the energy
  };
  /// Energy, gradient inside, and the factor of the gradient aside of it.
  struct Parts {
    double energy_ev;
    Eigen::VectorXd gradient;
    double aside;
  };

  static Eigen::MatrixXd covariance(const Eigen::MatrixXd& x, double length);
  static Evidence evidence(const Sample& sample, double length);
  Eigen::VectorXd coordinates(const Eigen::VectorXd& vector) const { return basis_.transpose() * vector; }
  void extend(const Eigen::VectorXd& vector);
  Sample sample(const std::vector<Eigen::Index>& used, const Eigen::MatrixXd& span) const;
  Eigen::VectorXd in_pairs(const Eigen::VectorXd& x) const { return x(pairs_->rows()); }
  Eigen::VectorXd pull_of_pairs(const Eigen::VectorXd& x) const;
  void leave_to_pairs();
  void choose_length(const std::vector<Eigen::Index>& used, const Eigen::MatrixXd& span);
  double length_of(int step) const;
  Seen seen_from(const Eigen::VectorXd& inside, double aside_squared) const;
  Parts parts(const Eigen::VectorXd& inside, double aside_squared) const;

  Eigen::VectorXd axis_, origin_;
  double bond_;  ///< A
  std::optional<PairPrior> pairs_;
  bool by_pairs_ = false;
  Eigen::VectorXd rest_energy_;    ///< of all answers, without the pairs
  Eigen::MatrixXd rest_g_;         ///< in the basis
  Eigen::MatrixXd onto_pairs_;     ///< from inside() to the coordinates of the pairs
  Eigen::MatrixXd basis_;          ///< D x all, orthonormal: everything met so far
  Eigen::MatrixXd all_x_, all_g_;  ///< all x answers, in it, from the origin
  std::vector<double> energies_;
  Eigen::MatrixXd span_;         ///< all x (d + e): first the span of the used answers, then what the path adds
  Eigen::VectorXd axis_inside_;  ///< d + e
  Eigen::MatrixXd x_;            ///< (d + e) x N, the used answers
  double mean_ = 0, length_ = 1, stiffness_ = 0;
  int length_step_ = -1;  ///< of the latest length scale in the grid of those tried
  Eigen::VectorXd a_;     ///< N, weights of the energies
  Eigen::MatrixXd b_;     ///< (d + e) x N, weights of the gradients
};

}  // namespace hopflow
