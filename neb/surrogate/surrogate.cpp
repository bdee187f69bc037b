// SPDX-License-Identifier: GPL-2.0-or-later
// Gaussian process in the span of its data.
#include "neb/surrogate/surrogate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace hopflow {
namespace {

constexpr double energy_ridge = 1e-5 * 1e-5;    // eV^2, variance of an engine's noise; the kernel's own is 1 eV^2
constexpr double gradient_ridge = 3e-4 * 3e-4;  // (eV/A)^2
// Bond lengths: length scales tried. From few answers, likelihood alone would take any surface for a rough one.
constexpr double shortest_scale = 0.4, longest_scale = 1.2;
constexpr int length_steps = 8;
constexpr std::size_t judged = 8;  // answers the length scale is chosen by
constexpr Eigen::Index most_equations = 320;
constexpr double same_place = 1e-7;            // A
constexpr double rounding = 1e-9;              // of a vector outside a basis: less is none
constexpr double worth_widening = 1e-6;        // of a direction no answer tells of (A, or eV/A)
constexpr Eigen::Index few_coordinates = 150;  // inside() holds them all where pairs say something about each

/// Orthonormal basis of the columns' span.
Eigen::MatrixXd span_of(const Eigen::MatrixXd& columns) {
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(columns);
  return qr.householderQ() * Eigen::MatrixXd::Identity(columns.rows(), qr.rank());
}

/// What an orthonormal basis lacks of a vector becomes its next column, unless it is shorter than `least`.
void add_direction(Eigen::MatrixXd& basis, const Eigen::VectorXd& vector, double least) {
  Eigen::VectorXd rest = vector;
  for (int twice = 0; twice < 2; ++twice) rest -= basis * (basis.transpose() * rest);
  if (rest.norm() < least) return;
  basis.conservativeResize(Eigen::NoChange, basis.cols() + 1);
  basis.rightCols(1) = rest.normalized();
}

}  // namespace

void Surrogate::extend(const Eigen::VectorXd& vector) {
  add_direction(basis_, vector, rounding * std::max(1.0, vector.norm()));
}

void Surrogate::add(const Eigen::VectorXd& x, double energy_ev, const Eigen::VectorXd& gradient) {
  if (energies_.empty()) {
    origin_ = x;
    basis_.resize(x.size(), 0);
    extend(axis_);
  }
  if (nearest(x) < same_place) return;
  const Eigen::Index n = all_x_.cols();
  extend(x - origin_);
  extend(gradient);
  const auto grow = [&](Eigen::MatrixXd& m, const Eigen::VectorXd& vector) {
    const Eigen::Index before = m.rows();
    m.conservativeResize(basis_.cols(), n + 1);
    m.bottomRows(basis_.cols() - before).setZero();
    m.col(n) = coordinates(vector);
  };
  grow(all_x_, x - origin_);
  grow(all_g_, gradient);
  energies_.push_back(energy_ev);
  if (pairs_) pairs_->add(in_pairs(x), energy_ev, in_pairs(gradient));
}

Eigen::VectorXd Surrogate::pull_of_pairs(const Eigen::VectorXd& x) const {
  Eigen::VectorXd gradient = Eigen::VectorXd::Zero(x.size());
  gradient(pairs_->rows()) = pairs_->at(in_pairs(x)).gradient;
  return gradient;
}

/// What the process has to explain: answers without what pairs say, in the directions known.
void Surrogate::leave_to_pairs() {
  rest_energy_ = Eigen::Map<const Eigen::VectorXd>(energies_.data(), static_cast<Eigen::Index>(energies_.size()));
  rest_g_ = all_g_;
  if (!by_pairs_) return;
  const Eigen::MatrixXd onto = basis_(pairs_->rows(), Eigen::all);
  for (Eigen::Index i = 0; i < all_x_.cols(); ++i) {
    const PairPrior::Value pairs = pairs_->at(in_pairs(origin_) + onto * all_x_.col(i));
    rest_energy_[i] -= pairs.energy_ev;
    rest_g_.col(i) -= onto.transpose() * pairs.gradient;
  }
}

void Surrogate::learn_from(const Surrogate& other) {
  for (Eigen::Index i = 0; i < other.all_x_.cols(); ++i) {
    const auto whole = [&](const Eigen::MatrixXd& m) { return other.basis_.leftCols(m.rows()) * m.col(i); };
    add(other.origin_ + whole(other.all_x_), other.energies_[static_cast<std::size_t>(i)], whole(other.all_g_));
  }
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

Surrogate::Sample Surrogate::sample(const std::vector<Eigen::Index>& used, const Eigen::MatrixXd& span) const {
  Sample s;
  s.x = span.transpose() * all_x_(Eigen::all, used);
  s.g = span.transpose() * rest_g_(Eigen::all, used);
  s.energy.resize(static_cast<Eigen::Index>(used.size()));
  for (std::size_t i = 0; i < used.size(); ++i) {
    s.energy[static_cast<Eigen::Index>(i)] = rest_energy_[used[i]] - mean_;
  }
  const Eigen::VectorXd axis = span.row(0).transpose();  // the first direction of the basis
  s.valley = s.x - axis * (axis.transpose() * s.x);
  return s;
}

double Surrogate::length_of(int step) const {
  return bond_ * shortest_scale * std::pow(longest_scale / shortest_scale, step / double(length_steps - 1));
}

void Surrogate::choose_length(const std::vector<Eigen::Index>& used, const Eigen::MatrixXd& span) {
  const std::vector<Eigen::Index> few(used.begin(),
                                      used.begin() + static_cast<std::ptrdiff_t>(std::min(judged, used.size())));
  // Only directions these answers say something about.
  const Sample whole = sample(few, span);
  Eigen::MatrixXd data(whole.x.rows(), 2 * whole.x.cols());
  data << whole.x, whole.g;
  const Sample judges = sample(few, span * span_of(data));
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

void Surrogate::fit(const Eigen::VectorXd& about, const std::vector<Eigen::VectorXd>& path) {
  std::vector<Eigen::VectorXd> directions;
  for (const Eigen::VectorXd& point : path) directions.push_back(point - origin_);
  // Near a saddle pairs stay as they are: the process knows by then what they leave to it.
  if (pairs_ && (!path.empty() || span_.size() == 0)) {
    pairs_->solve();
    by_pairs_ = pairs_->predicts();
  }
  if (by_pairs_ && origin_.size() <= few_coordinates) {
    for (Eigen::Index i = 0; i < origin_.size(); ++i) directions.push_back(Eigen::VectorXd::Unit(origin_.size(), i));
  } else if (by_pairs_) {
    for (const Eigen::VectorXd& point : path) directions.push_back(pull_of_pairs(point));
    directions.push_back(pull_of_pairs(about));
  }
  for (const Eigen::VectorXd& direction : directions) extend(direction);
  const Eigen::Index all = basis_.cols();
  for (Eigen::MatrixXd* m : {&all_x_, &all_g_}) {
    const Eigen::Index before = m->rows();
    m->conservativeResize(all, Eigen::NoChange);
    m->bottomRows(all - before).setZero();
  }
  leave_to_pairs();
  const Eigen::VectorXd middle = coordinates(about - origin_);
  std::vector<Eigen::Index> order(energies_.size());
  std::iota(order.begin(), order.end(), 0);
  const Eigen::VectorXd away = (all_x_.colwise() - middle).colwise().squaredNorm().transpose();
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index i, Eigen::Index j) { return away[i] < away[j]; });
  std::vector<Eigen::Index> used;
  for (const Eigen::Index i : order) {
    const auto n = static_cast<Eigen::Index>(used.size()) + 1;
    const bool fits = (n + 2) * (std::min<Eigen::Index>(origin_.size(), 2 * n + 4) + 1) <= most_equations;
    if (fits || i < 2) used.push_back(i);
  }

  mean_ = -std::numeric_limits<double>::infinity();
  for (const Eigen::Index i : used) mean_ = std::max(mean_, rest_energy_[i]);
  const auto count = static_cast<Eigen::Index>(used.size());
  Eigen::MatrixXd data(all, 2 * count + 1);
  data << all_x_(Eigen::all, used), all_g_(Eigen::all, used), Eigen::VectorXd::Unit(all, 0);
  const Eigen::MatrixXd span = span_of(data);
  choose_length(used, span);
  const Sample s = sample(used, span);
  x_ = s.x;
  const Eigen::Index n = x_.cols(), d = x_.rows();
  Eigen::VectorXd y(n * (d + 1));
  y << s.energy - 0.5 * stiffness_ * s.valley.colwise().squaredNorm().transpose(),
      (s.g - stiffness_ * s.valley).reshaped();
  const Eigen::VectorXd weights = covariance(x_, length_).llt().solve(y);
  a_ = weights.head(n);
  b_ = weights.tail(n * d).reshaped(d, n);

  span_ = span;
  for (const Eigen::VectorXd& direction : directions) add_direction(span_, coordinates(direction), worth_widening);
  for (Eigen::MatrixXd* m : {&x_, &b_}) {
    m->conservativeResize(span_.cols(), Eigen::NoChange);
    m->bottomRows(span_.cols() - d).setZero();
  }
  axis_inside_ = span_.row(0).transpose();
  if (by_pairs_) onto_pairs_ = basis_(pairs_->rows(), Eigen::all) * span_;
}

Surrogate::Seen Surrogate::seen_from(const Eigen::VectorXd& inside, double aside_squared) const {
  const double l2 = length_ * length_;
  Seen s;
  s.apart = (-x_).colwise() + inside;
  s.k = (-(s.apart.colwise().squaredNorm().array() + aside_squared) / (2 * l2)).exp().transpose();
  s.c = s.k.cwiseProduct(a_ + s.apart.cwiseProduct(b_).colwise().sum().transpose() / l2);
  return s;
}

Surrogate::Parts Surrogate::parts(const Eigen::VectorXd& inside, double aside_squared) const {
  const double l2 = length_ * length_;
  const auto [apart, k, c] = seen_from(inside, aside_squared);
  const Eigen::VectorXd valley = inside - axis_inside_ * axis_inside_.dot(inside);
  Parts p;
  p.energy_ev = mean_ + c.sum() + 0.5 * stiffness_ * (valley.squaredNorm() + aside_squared);
  p.gradient = stiffness_ * valley + (b_ * k - apart * c) / l2;
  p.aside = stiffness_ - c.sum() / l2;
  return p;
}

Surrogate::Value Surrogate::predict_inside(const Eigen::VectorXd& inside) const {
  const Parts p = parts(inside, 0);
  Value value;
  value.energy_ev = p.energy_ev;
  value.gradient = p.gradient;
  if (by_pairs_) {
    const PairPrior::Value pairs = pairs_->at(in_pairs(origin_) + onto_pairs_ * inside);
    value.energy_ev += pairs.energy_ev;
    value.gradient += onto_pairs_.transpose() * pairs.gradient;
  }
  return value;
}

Surrogate::Value Surrogate::predict(const Eigen::VectorXd& at) const {
  const Eigen::VectorXd shift = at - origin_;
  const Eigen::VectorXd inside = this->inside(at);
  const Eigen::VectorXd aside = shift - basis_ * (span_ * inside);
  const Parts p = parts(inside, aside.squaredNorm());
  Value value;
  value.energy_ev = p.energy_ev;
  value.gradient = basis_ * (span_ * p.gradient) + p.aside * aside;
  if (by_pairs_) {
    const PairPrior::Value pairs = pairs_->at(in_pairs(at));
    value.energy_ev += pairs.energy_ev;
    value.gradient(pairs_->rows()) += pairs.gradient;
  }
  return value;
}

double Surrogate::nearest_inside(const Eigen::VectorXd& inside) const {
  return std::sqrt((x_.colwise() - inside).colwise().squaredNorm().minCoeff());
}

Surrogate::Quadratic Surrogate::quadratic(const Eigen::VectorXd& inside) const {
  const double l2 = length_ * length_;
  const auto [apart, k, c] = seen_from(inside, 0);
  const Eigen::MatrixXd mixed = apart * k.asDiagonal() * b_.transpose();
  Quadratic q;
  q.gradient = predict_inside(inside).gradient;
  q.hessian = (apart * c.asDiagonal() * apart.transpose() - mixed - mixed.transpose()) / (l2 * l2);
  q.hessian.diagonal().array() += stiffness_ - c.sum() / l2;
  q.hessian -= stiffness_ * axis_inside_ * axis_inside_.transpose();
  if (by_pairs_) {
    q.hessian += onto_pairs_.transpose() * pairs_->hessian(in_pairs(origin_) + onto_pairs_ * inside) * onto_pairs_;
  }
  return q;
}

double Surrogate::nearest(const Eigen::VectorXd& at) const {
  if (energies_.empty()) return std::numeric_limits<double>::infinity();
  const Eigen::VectorXd shift = at - origin_;
  const Eigen::VectorXd inside = coordinates(shift).head(all_x_.rows());
  const double aside = std::max(0.0, shift.squaredNorm() - inside.squaredNorm());
  return std::sqrt(aside + (all_x_.colwise() - inside).colwise().squaredNorm().minCoeff());
}

}  // namespace hopflow
