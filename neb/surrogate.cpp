// SPDX-License-Identifier: GPL-2.0-or-later
// Gaussian process in the span of its data.
#include "neb/surrogate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace hopflow {
namespace {

constexpr double energy_ridge = 1e-5 * 1e-5;    // eV^2, variance of an engine's noise; the kernel's own is 1 eV^2
constexpr double gradient_ridge = 3e-4 * 3e-4;  // (eV/A)^2
constexpr double shortest = 0.4, longest = 1.2;  // bond lengths: length scales tried. From few answers, likelihood alone
                                                 // would take any surface for a rough one
constexpr int length_steps = 8;
constexpr std::size_t judged = 8;        // answers the length scale is chosen by
constexpr Eigen::Index most_equations = 450;

/// Orthonormal basis of the columns' span.
Eigen::MatrixXd span_of(const Eigen::MatrixXd& columns) {
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(columns);
  return qr.householderQ() * Eigen::MatrixXd::Identity(columns.rows(), qr.rank());
}

}  // namespace

void Surrogate::add(const Eigen::VectorXd& x, double energy_ev, const Eigen::VectorXd& gradient) {
  if (!answers_.empty() && nearest(x) < 1e-7) return;
  Answer answer;
  answer.x = x;
  answer.energy_ev = energy_ev;
  answer.gradient = gradient;
  answers_.push_back(std::move(answer));
}

void Surrogate::learn_from(const Surrogate& other) {
  for (const Answer& answer : other.answers_) add(answer.x, answer.energy_ev, answer.gradient);
}

/// Order: all energies, then the gradient of the first answer, of the second...
Eigen::MatrixXd Surrogate::covariance(const Eigen::MatrixXd& x, double length) {
  const Eigen::Index n = x.cols(), d = x.rows();
  const double l2 = length * length;
  Eigen::MatrixXd k(n * (d + 1), n * (d + 1));
  for (Eigen::Index j = 0; j < n; ++j) {
    for (Eigen::Index i = j; i < n; ++i) {
      const Eigen::VectorXd apart = (x.col(i) - x.col(j)) / l2;
      const double value = std::exp(-apart.squaredNorm() * l2 / 2);
      k(i, j) = value;
      k.block(n + i * d, j, d, 1) = -value * apart;
      k.block(n + j * d, i, d, 1) = value * apart;
      auto both = k.block(n + i * d, n + j * d, d, d);
      both = -value * apart * apart.transpose();
      both.diagonal().array() += value / l2;
    }
  }
  k.diagonal().head(n).array() += energy_ridge;
  k.diagonal().tail(n * d).array() += gradient_ridge;
  return k;  // the lower triangle is all that is read
}

Surrogate::Evidence Surrogate::evidence(const Sample& s, double length) {
  const Eigen::Index n = s.x.cols(), d = s.x.rows();
  const Eigen::LLT<Eigen::MatrixXd> llt(covariance(s.x, length));
  if (llt.info() != Eigen::Success) return {-std::numeric_limits<double>::infinity(), 0};
  Eigen::MatrixXd y(n * (d + 1), 2);  // the data, and what a valley of unit stiffness says
  y.col(0) << s.energy, s.g.reshaped();
  y.col(1) << 0.5 * s.valley.colwise().squaredNorm().transpose(), s.valley.reshaped();
  const Eigen::MatrixXd half = llt.matrixL().solve(y);
  const double across = half.col(1).squaredNorm();
  Evidence e;
  e.stiffness = across > 0 ? std::max(0.0, half.col(0).dot(half.col(1)) / across) : 0.0;
  const auto size = static_cast<double>(y.rows());
  const double fit = (half.col(0) - e.stiffness * half.col(1)).squaredNorm() / size;
  // The scale of the energies that fits best is the one in closed form; so is the stiffness.
  e.log_likelihood = -0.5 * size * std::log(fit) - llt.matrixLLT().diagonal().array().log().sum();
  return e;
}

Surrogate::Sample Surrogate::sample(const std::vector<std::size_t>& used, const Eigen::MatrixXd& basis) const {
  const auto n = static_cast<Eigen::Index>(used.size());
  Sample s;
  s.x.resize(basis.cols(), n);
  s.g.resize(basis.cols(), n);
  s.energy.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Answer& answer = answers_[used[static_cast<std::size_t>(i)]];
    s.x.col(i) = basis.transpose() * (answer.x - origin_);
    s.g.col(i) = basis.transpose() * answer.gradient;
    s.energy[i] = answer.energy_ev - mean_;
  }
  const Eigen::VectorXd axis = basis.transpose() * axis_;
  s.valley = s.x - axis * (axis.transpose() * s.x);
  return s;
}

double Surrogate::length_of(int step) const {
  return bond_ * shortest * std::pow(longest / shortest, step / double(length_steps - 1));
}

void Surrogate::choose_length(const std::vector<std::size_t>& used) {
  const std::vector<std::size_t> few(used.begin(), used.begin() + static_cast<std::ptrdiff_t>(std::min(judged, used.size())));
  const auto n = static_cast<Eigen::Index>(few.size());
  // Only directions these answers say something about.
  Eigen::MatrixXd data(basis_.cols(), 2 * n);
  const Sample whole = sample(few, basis_);
  data << whole.x, whole.g;
  const Sample judges = sample(few, basis_ * span_of(data));
  const auto at = [&](int step) { return evidence(judges, length_of(step)); };
  const auto better = [](const Evidence& p, const Evidence& q) { return p.log_likelihood > q.log_likelihood; };
  int step = length_step_;
  if (step < 0) {
    step = 0;
    for (int s = 1; s < length_steps; ++s) {
      if (better(at(s), at(step))) step = s;
    }
  }
  // Uphill from the latest choice.
  Evidence here = at(step);
  for (const int way : {1, -1}) {
    while (step + way >= 0 && step + way < length_steps) {
      const Evidence next = at(step + way);
      if (!better(next, here)) break;
      here = next;
      step += way;
    }
  }
  length_step_ = step;
  length_ = length_of(step);
  stiffness_ = here.stiffness;
}

void Surrogate::fit(const Eigen::VectorXd& about) {
  std::vector<std::size_t> order(answers_.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<double> away;
  for (const Answer& answer : answers_) away.push_back((answer.x - about).squaredNorm());
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return away[i] < away[j]; });
  std::vector<std::size_t> used;
  const Eigen::Index dimension = about.size();
  for (const std::size_t i : order) {
    const auto n = static_cast<Eigen::Index>(used.size()) + 1;
    const bool fits = (n + 2) * (std::min<Eigen::Index>(dimension, 2 * n + 4) + 1) <= most_equations;
    if (fits || i < 2) used.push_back(i);
  }

  origin_ = answers_.front().x;
  Eigen::MatrixXd data(dimension, 2 * static_cast<Eigen::Index>(used.size()) + 1);
  mean_ = -std::numeric_limits<double>::infinity();
  Eigen::Index column = 0;
  for (const std::size_t i : used) {
    data.col(column++) = answers_[i].x - origin_;
    data.col(column++) = answers_[i].gradient;
    mean_ = std::max(mean_, answers_[i].energy_ev);
  }
  data.col(column) = axis_;
  basis_ = span_of(data);
  axis_inside_ = basis_.transpose() * axis_;
  choose_length(used);

  const Sample s = sample(used, basis_);
  x_ = s.x;
  const Eigen::Index n = x_.cols(), d = x_.rows();
  Eigen::VectorXd y(n * (d + 1));
  y << s.energy - 0.5 * stiffness_ * s.valley.colwise().squaredNorm().transpose(), (s.g - stiffness_ * s.valley).reshaped();
  const Eigen::VectorXd weights = covariance(x_, length_).llt().solve(y);
  a_ = weights.head(n);
  b_ = weights.tail(n * d).reshaped(d, n);
}

Surrogate::Value Surrogate::predict(const Eigen::VectorXd& at) const {
  const Eigen::VectorXd shift = at - origin_;
  const Eigen::VectorXd inside = basis_.transpose() * shift;
  const Eigen::VectorXd aside = shift - basis_ * inside;
  const double l2 = length_ * length_;
  const Eigen::MatrixXd apart = (-x_).colwise() + inside;
  const Eigen::VectorXd k =
      (-(apart.colwise().squaredNorm().array() + aside.squaredNorm()) / (2 * l2)).exp().transpose();
  const Eigen::VectorXd c = k.cwiseProduct(a_ + apart.cwiseProduct(b_).colwise().sum().transpose() / l2);
  Value value;
  value.energy_ev = mean_ + c.sum();
  const Eigen::VectorXd valley = shift - axis_.dot(shift) * axis_;
  value.energy_ev += 0.5 * stiffness_ * valley.squaredNorm();
  value.gradient = stiffness_ * valley + basis_ * ((b_ * k - apart * c) / l2) - aside * (c.sum() / l2);
  return value;
}

Surrogate::Quadratic Surrogate::quadratic(const Eigen::VectorXd& inside) const {
  const double l2 = length_ * length_;
  const Eigen::MatrixXd apart = (-x_).colwise() + inside;
  const Eigen::VectorXd k = (-apart.colwise().squaredNorm().array() / (2 * l2)).exp().transpose();
  const Eigen::VectorXd c = k.cwiseProduct(a_ + apart.cwiseProduct(b_).colwise().sum().transpose() / l2);
  const Eigen::MatrixXd mixed = apart * k.asDiagonal() * b_.transpose();
  Quadratic q;
  q.gradient = (b_ * k - apart * c) / l2;
  q.hessian = (apart * c.asDiagonal() * apart.transpose() - mixed - mixed.transpose()) / (l2 * l2);
  q.hessian.diagonal().array() += stiffness_ - c.sum() / l2;
  q.hessian -= stiffness_ * axis_inside_ * axis_inside_.transpose();
  q.gradient += stiffness_ * (inside - axis_inside_ * axis_inside_.dot(inside));
  return q;
}

double Surrogate::nearest(const Eigen::VectorXd& at) const {
  double least = std::numeric_limits<double>::infinity();
  for (const Answer& answer : answers_) least = std::min(least, (answer.x - at).squaredNorm());
  return std::sqrt(least);
}

}  // namespace hopflow
