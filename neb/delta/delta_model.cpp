// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/delta/delta_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace hopflow {
namespace {

constexpr double energy_noise = 3e-4;      // eV: what single-precision engines and SCF limits leave
constexpr double gradient_noise = 1.5e-3;  // eV/A
constexpr std::size_t most_used = 24;      // answers: 24 x 24 equations within their span
constexpr double least_scale = 0.2;        // of an element, relative to the one with the largest gradients
constexpr std::size_t enough_for_scales = 3;
constexpr double shortest_length = 0.5, longest_length = 3.0;  // A, scaled
constexpr int length_steps = 7;
constexpr double likely_length = 1.3, length_spread = 0.6;  // log-normal prior

}  // namespace

/// Differences of places span a space of few dimensions; outside of it gradients of different directions are
/// independent, so one system of as many equations as answers serves all of them.
struct DeltaModel::Inner {
  Eigen::MatrixXd basis;   ///< D x d, orthonormal
  Eigen::MatrixXd x, g;    ///< d x n, scaled
  Eigen::MatrixXd outer;   ///< D x n, what of the gradients lies outside the span
  Eigen::VectorXd energy;  ///< n, from the mean
};

DeltaModel::DeltaModel(const Configuration& frame, const Mobile& mobile) {
  for (const int atom : mobile.atoms()) elements_.push_back(frame.species[static_cast<std::size_t>(atom)]);
  scale_ = Eigen::VectorXd::Ones(3 * mobile.count());
}

void DeltaModel::add(const Eigen::VectorXd& x, double energy_ev, const Eigen::VectorXd& gradient) {
  x_.push_back(x);
  g_.push_back(gradient);
  energies_.push_back(energy_ev);
}

void DeltaModel::choose_scales() {
  if (x_.size() < enough_for_scales) return;
  std::map<int, std::pair<double, double>> square;  // element -> sum of squares, components
  for (const Eigen::VectorXd& gradient : g_)
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      auto& [sum, count] = square[elements_[i]];
      sum += gradient.segment<3>(3 * static_cast<Eigen::Index>(i)).squaredNorm();
      count += 3;
    }
  double largest = 0;
  for (const auto& [element, sum] : square) largest = std::max(largest, std::sqrt(sum.first / sum.second));
  if (!(largest > 0)) return;
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    const auto& [sum, count] = square.at(elements_[i]);
    scale_.segment<3>(3 * static_cast<Eigen::Index>(i))
        .setConstant(std::clamp(std::sqrt(sum / count) / largest, least_scale, 1.0));
  }
}

double DeltaModel::distance(const Eigen::VectorXd& a, const Eigen::VectorXd& b) const {
  return scale_.cwiseProduct(a - b).norm();
}

double DeltaModel::nearest(const Eigen::VectorXd& x) const {
  double out = std::numeric_limits<double>::infinity();
  for (const Eigen::VectorXd& known : x_) out = std::min(out, distance(x, known));
  return out;
}

double DeltaModel::misfit(const Inner& s, double length, Eigen::VectorXd* a, Eigen::MatrixXd* b) const {
  const Eigen::Index n = s.x.cols(), d = s.x.rows(), outside = s.basis.rows() - d;
  const double l2 = length * length;
  // Noise relative to the amplitude that the gradients suggest.
  const double components = static_cast<double>(n * s.basis.rows());
  const double amplitude =
      std::max(l2 * (s.g.squaredNorm() + s.outer.squaredNorm()) / components, energy_noise * energy_noise);
  const double energy_ridge = energy_noise * energy_noise / amplitude;
  const double gradient_ridge = gradient_noise * gradient_noise / amplitude;
  Eigen::MatrixXd k(n * (d + 1), n * (d + 1)), kernel(n, n);
  for (Eigen::Index j = 0; j < n; ++j)
    for (Eigen::Index i = 0; i < n; ++i) {
      const Eigen::VectorXd apart = (s.x.col(i) - s.x.col(j)) / l2;
      const double value = std::exp(-apart.squaredNorm() * l2 / 2);
      kernel(i, j) = value;
      k(i, j) = value;
      k.block(n + i * d, j, d, 1) = -value * apart;
      k.block(i, n + j * d, 1, d) = value * apart.transpose();
      auto both = k.block(n + i * d, n + j * d, d, d);
      both = -value * apart * apart.transpose();
      both.diagonal().array() += value / l2;
    }
  k.diagonal().head(n).array() += energy_ridge;
  k.diagonal().tail(n * d).array() += gradient_ridge;
  kernel /= l2;
  kernel.diagonal().array() += gradient_ridge;
  const Eigen::LLT<Eigen::MatrixXd> inner(k), outer(kernel);
  if (inner.info() != Eigen::Success || outer.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
  Eigen::VectorXd y(n * (d + 1));
  y << s.energy, s.g.reshaped();
  const Eigen::VectorXd w = inner.solve(y);
  const Eigen::MatrixXd c = outer.solve(s.outer.transpose());  // n x D
  if (a != nullptr) {
    *a = w.head(n);
    *b = s.basis * w.tail(n * d).reshaped(d, n) + c.transpose();
  }
  const double square = y.dot(w) + (s.outer * c).trace();
  const double count = static_cast<double>(n) + components;
  const double log_inner = 2 * inner.matrixLLT().diagonal().array().log().sum();
  const double log_outer = 2 * outer.matrixLLT().diagonal().array().log().sum();
  const double prior = std::pow(std::log(length / likely_length) / length_spread, 2);
  return count * std::log(std::max(square / count, 1e-300)) + log_inner + static_cast<double>(outside) * log_outer +
         prior;
}

void DeltaModel::fit(const Eigen::VectorXd& about) {
  choose_scales();
  used_.resize(x_.size());
  std::iota(used_.begin(), used_.end(), std::size_t{0});
  std::stable_sort(used_.begin(), used_.end(),
                   [&](std::size_t p, std::size_t q) { return distance(x_[p], about) < distance(x_[q], about); });
  if (used_.size() > most_used) used_.resize(most_used);
  const auto n = static_cast<Eigen::Index>(used_.size());
  if (n == 0) return;
  mean_ = 0;
  for (const std::size_t k : used_) mean_ += energies_[k] / static_cast<double>(n);
  Eigen::MatrixXd z(scale_.size(), n), g(scale_.size(), n);
  Inner inner;
  inner.energy.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const std::size_t k = used_[static_cast<std::size_t>(i)];
    z.col(i) = scale_.cwiseProduct(x_[k] - x_[used_[0]]);
    g.col(i) = g_[k].cwiseQuotient(scale_);
    inner.energy[i] = energies_[k] - mean_;
  }
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(z);
  inner.basis = qr.householderQ() * Eigen::MatrixXd::Identity(z.rows(), qr.rank());
  inner.x = inner.basis.transpose() * z;
  inner.g = inner.basis.transpose() * g;
  inner.outer = g - inner.basis * inner.g;
  double best = std::numeric_limits<double>::infinity();
  for (int step = 0; step < length_steps; ++step) {
    const double length = shortest_length * std::pow(longest_length / shortest_length, step / double(length_steps - 1));
    const double misfit_here = misfit(inner, length, nullptr, nullptr);
    if (!(misfit_here < best)) continue;
    best = misfit_here;
    length_ = length;
  }
  a_ = Eigen::VectorXd::Zero(n);
  b_ = Eigen::MatrixXd::Zero(scale_.size(), n);
  misfit(inner, length_, &a_, &b_);
}

DeltaModel::Value DeltaModel::predict(const Eigen::VectorXd& x) const {
  Value out;
  out.energy_ev = mean_;
  Eigen::VectorXd gradient = Eigen::VectorXd::Zero(scale_.size());  // by scaled coordinates
  const double l2 = length_ * length_;
  for (std::size_t i = 0; i < used_.size(); ++i) {
    const Eigen::VectorXd apart = scale_.cwiseProduct(x - x_[used_[i]]) / l2;
    const double k = std::exp(-apart.squaredNorm() * l2 / 2);
    const auto column = static_cast<Eigen::Index>(i);
    const double weight = a_[column] + b_.col(column).dot(apart);
    out.energy_ev += k * weight;
    gradient += k * (b_.col(column) / l2 - weight * apart);
  }
  out.gradient = scale_.cwiseProduct(gradient);
  return out;
}

}  // namespace hopflow
