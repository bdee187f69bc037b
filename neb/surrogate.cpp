// SPDX-License-Identifier: GPL-2.0-or-later
// Gaussian process in the span of its data.
#include "neb/surrogate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hopflow {
namespace {

constexpr double energy_ridge = 1e-5 * 1e-5;    // eV^2, variance of an engine's noise; the kernel's own is 1 eV^2
constexpr double gradient_ridge = 3e-4 * 3e-4;  // (eV/A)^2
constexpr double shortest = 1.0, longest = 3.0;  // A, length scales tried
constexpr int length_steps = 8;
constexpr Eigen::Index judged = 8;       // answers the length scale is chosen by, the latest
constexpr double accuracy = 1e-4;        // eV/A and eV: residual of the equations, relative to the noise's role
constexpr int most_iterations = 400;

}  // namespace

/// Kernel values between all answers, and the products of the whole covariance with weights.
struct Surrogate::Kernel {
  const Eigen::MatrixXd& x;
  double l2;
  Eigen::MatrixXd k;

  Kernel(const Eigen::MatrixXd& points, double length)
      : x{points}, l2{length * length} {
    const Eigen::VectorXd squares = x.colwise().squaredNorm();
    k = -2 * x.transpose() * x;
    k.colwise() += squares;
    k.rowwise() += squares.transpose();
    k = (-k.cwiseMax(0) / (2 * l2)).array().exp().matrix();
  }

  /// f(x_i) = sum_j k_ij (a_j + b_j.d_ij / l^2) and its gradient, d_ij = x_i - x_j.
  Weights times(const Weights& w) const {
    const Eigen::MatrixXd xb = x.transpose() * w.b;  // x_i . b_j
    const Eigen::VectorXd own = xb.diagonal();
    Eigen::MatrixXd c = (xb.rowwise() - own.transpose()) / l2;  // b_j . d_ij / l^2
    c.rowwise() += w.a.transpose();
    c = c.cwiseProduct(k);
    Weights out;
    const Eigen::VectorXd sums = c.rowwise().sum();
    out.a = sums + energy_ridge * w.a;
    out.b = (w.b * k - x * sums.asDiagonal() + x * c.transpose()) / l2 + gradient_ridge * w.b;
    return out;
  }
};

void Surrogate::extend(const Eigen::VectorXd& vector) {
  Eigen::VectorXd rest = vector;
  for (int twice = 0; twice < 2; ++twice) rest -= basis_ * (basis_.transpose() * rest);
  if (rest.norm() < 1e-9 * std::max(1.0, vector.norm())) return;
  basis_.conservativeResize(Eigen::NoChange, basis_.cols() + 1);
  basis_.rightCols(1) = rest.normalized();
}

void Surrogate::add(const Eigen::VectorXd& x, double energy_ev, const Eigen::VectorXd& gradient) {
  if (energies_.empty()) {
    origin_ = x;
    basis_.resize(x.size(), 0);
  }
  const Eigen::Index before = basis_.cols(), n = static_cast<Eigen::Index>(energies_.size());
  const Eigen::VectorXd shift = x - origin_;
  extend(shift);
  extend(gradient);
  const Eigen::Index d = basis_.cols();
  const auto grow = [&](Eigen::MatrixXd& m, const Eigen::VectorXd& vector) {
    m.conservativeResize(d, n + 1);
    m.bottomRows(d - before).setZero();
    m.col(n) = coordinates(vector);
  };
  grow(x_, shift);
  grow(g_, gradient);
  energies_.push_back(energy_ev);
}

double Surrogate::log_likelihood(double length, double stiffness) const {
  const Eigen::Index n = std::min<Eigen::Index>(x_.cols(), judged), from = x_.cols() - n;
  // Only directions these answers say something about.
  Eigen::MatrixXd data(x_.rows(), 2 * n);
  data << (x_.rightCols(n).colwise() - x_.col(from)), g_.rightCols(n);
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(data);
  const Eigen::Index d = qr.rank();
  const Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(x_.rows(), d);
  const Eigen::VectorXd axis = coordinates(axis_);
  const Eigen::MatrixXd valley = x_.rightCols(n) - axis * (axis.transpose() * x_.rightCols(n));
  const Eigen::MatrixXd x = q.transpose() * data.leftCols(n),
                        g = q.transpose() * (data.rightCols(n) - stiffness * valley);
  const double l2 = length * length;
  const Eigen::Index size = n * (d + 1);
  Eigen::MatrixXd covariance(size, size);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) {
      const Eigen::VectorXd apart = x.col(i) - x.col(j);
      const double k = std::exp(-apart.squaredNorm() / (2 * l2));
      covariance(i, j) = k;
      covariance.block(i, n + j * d, 1, d) = k / l2 * apart.transpose();
      covariance.block(n + i * d, j, d, 1) = -k / l2 * apart;
      covariance.block(n + i * d, n + j * d, d, d) =
          k / l2 * (Eigen::MatrixXd::Identity(d, d) - apart * apart.transpose() / l2);
    }
  }
  covariance.diagonal().head(n).array() += energy_ridge;
  covariance.diagonal().tail(n * d).array() += gradient_ridge;
  Eigen::VectorXd y(size);
  for (Eigen::Index i = 0; i < n; ++i) {
    y[i] = energies_[static_cast<std::size_t>(from + i)] - mean_ - 0.5 * stiffness * valley.col(i).squaredNorm();
    y.segment(n + i * d, d) = g.col(i);
  }
  const Eigen::LLT<Eigen::MatrixXd> llt(covariance);
  if (llt.info() != Eigen::Success) return -std::numeric_limits<double>::infinity();
  const double fit = y.dot(llt.solve(y)) / static_cast<double>(size);
  double log_determinant = 0;
  for (Eigen::Index i = 0; i < size; ++i) log_determinant += 2 * std::log(llt.matrixLLT()(i, i));
  // The scale that fits best is the one in closed form.
  return -0.5 * (static_cast<double>(size) * std::log(fit) + log_determinant);
}

void Surrogate::choose_length() {
  double best = -std::numeric_limits<double>::infinity();
  for (const double stiffness : {2.0, 4.0, 8.0, 16.0, 32.0}) {
    for (int step = 0; step < length_steps; ++step) {
      const double length = shortest * std::pow(longest / shortest, step / double(length_steps - 1));
      const double likelihood = log_likelihood(length, stiffness);
      if (likelihood > best) {
        best = likelihood;
        length_ = length;
        stiffness_ = stiffness;
      }
    }
  }
}

Surrogate::Weights Surrogate::solve(const Kernel& kernel) const {
  const Eigen::Index n = x_.cols();
  const auto inner = [](const Weights& u, const Weights& v) { return u.a.dot(v.a) + u.b.cwiseProduct(v.b).sum(); };
  // Without the curvature of the kernel the covariance falls apart into one small matrix for every direction.
  Eigen::MatrixXd of_energies = kernel.k, of_gradients = kernel.k / kernel.l2;
  of_energies.diagonal().array() += energy_ridge;
  of_gradients.diagonal().array() += gradient_ridge;
  const Eigen::LDLT<Eigen::MatrixXd> energies(of_energies), gradients(of_gradients);
  const auto precondition = [&](const Weights& r) {
    Weights z;
    z.a = energies.solve(r.a);
    z.b = gradients.solve(r.b.transpose()).transpose();
    return z;
  };
  Weights w = weights_;
  w.a.conservativeResize(n);
  w.b.conservativeResize(x_.rows(), n);
  w.a.tail(n - weights_.a.size()).setZero();
  w.b.bottomRows(x_.rows() - weights_.b.rows()).setZero();
  w.b.rightCols(n - weights_.b.cols()).setZero();
  const Weights now = kernel.times(w);
  const Eigen::VectorXd axis = coordinates(axis_);
  const Eigen::MatrixXd valley = x_ - axis * (axis.transpose() * x_);
  Weights r;
  r.a = Eigen::Map<const Eigen::VectorXd>(energies_.data(), n).array() - mean_;
  r.a -= now.a + 0.5 * stiffness_ * valley.colwise().squaredNorm().transpose();
  r.b = g_ - stiffness_ * valley - now.b;
  Weights z = precondition(r), p = z;
  double rz = inner(r, z);
  for (int iteration = 0; iteration < most_iterations; ++iteration) {
    if (r.a.lpNorm<Eigen::Infinity>() < accuracy && r.b.lpNorm<Eigen::Infinity>() < accuracy) break;
    const Weights ap = kernel.times(p);
    const double alpha = rz / inner(p, ap);
    if (!std::isfinite(alpha)) break;
    w.a += alpha * p.a;
    w.b += alpha * p.b;
    r.a -= alpha * ap.a;
    r.b -= alpha * ap.b;
    z = precondition(r);
    const double next = inner(r, z);
    p.a = z.a + next / rz * p.a;
    p.b = z.b + next / rz * p.b;
    rz = next;
  }
  return w;
}

void Surrogate::fit() {
  mean_ = *std::max_element(energies_.begin(), energies_.end());
  choose_length();
  weights_ = solve(Kernel(x_, length_));
}

Surrogate::Value Surrogate::predict(const Eigen::VectorXd& at) const {
  const Eigen::VectorXd shift = at - origin_;
  const Eigen::VectorXd inside = coordinates(shift);
  const Eigen::VectorXd aside = shift - basis_ * inside;
  const double l2 = length_ * length_;
  const Eigen::MatrixXd apart = (-x_).colwise() + inside;
  const Eigen::VectorXd k =
      (-(apart.colwise().squaredNorm().array() + aside.squaredNorm()) / (2 * l2)).exp().transpose();
  const Eigen::VectorXd c =
      k.cwiseProduct(weights_.a + apart.cwiseProduct(weights_.b).colwise().sum().transpose() / l2);
  Value value;
  value.energy_ev = mean_ + c.sum();
  const Eigen::VectorXd valley = shift - axis_.dot(shift) * axis_;
  value.energy_ev += 0.5 * stiffness_ * valley.squaredNorm();
  value.gradient = stiffness_ * valley + basis_ * ((weights_.b * k - apart * c) / l2) - aside * (c.sum() / l2);
  return value;
}

Surrogate::Quadratic Surrogate::quadratic(const Eigen::VectorXd& inside) const {
  const double l2 = length_ * length_;
  const Eigen::MatrixXd apart = (-x_).colwise() + inside;
  const Eigen::VectorXd k = (-apart.colwise().squaredNorm().array() / (2 * l2)).exp().transpose();
  const Eigen::VectorXd c =
      k.cwiseProduct(weights_.a + apart.cwiseProduct(weights_.b).colwise().sum().transpose() / l2);
  const Eigen::MatrixXd mixed = apart * k.asDiagonal() * weights_.b.transpose();
  Quadratic q;
  q.gradient = (weights_.b * k - apart * c) / l2;
  q.hessian = (apart * c.asDiagonal() * apart.transpose() - mixed - mixed.transpose()) / (l2 * l2);
  q.hessian.diagonal().array() += stiffness_ - c.sum() / l2;
  const Eigen::VectorXd axis = coordinates(axis_);
  q.hessian -= stiffness_ * axis * axis.transpose();
  q.gradient += stiffness_ * (inside - axis * axis.dot(inside));
  return q;
}

double Surrogate::nearest(const Eigen::VectorXd& at) const {
  const Eigen::VectorXd shift = at - origin_;
  const Eigen::VectorXd inside = coordinates(shift);
  const double aside = std::max(0.0, shift.squaredNorm() - inside.squaredNorm());
  return std::sqrt(aside + (x_.colwise() - inside).colwise().squaredNorm().minCoeff());
}

}  // namespace hopflow
