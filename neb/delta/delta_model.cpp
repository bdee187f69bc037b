// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/delta/delta_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace hopflow {
namespace {

constexpr double energy_noise = 3e-4;      // eV: what single-precision engines and SCF limits leave
constexpr double gradient_noise = 1.5e-3;  // eV/A
// Times these: density functionals on a grid are noisier, and noise taken for structure makes every length short.
constexpr std::array noises{1.0, 3.0, 10.0, 30.0};
constexpr int enough_for_noise = 8;           // answers: fewer cannot tell noise from structure
constexpr double noise_spread = 0.8;          // log-normal prior about the first
constexpr std::size_t most_used = 24;         // answers: 24 x 24 equations within their span
constexpr double least_scale = 0.2;           // of an element, relative to the one with the largest gradients
constexpr std::size_t enough_for_scales = 3;  // answers: fewer do not say how elements differ
constexpr double shortest_length = 0.5, longest_length = 3.0;  // A, scaled
constexpr int length_steps = 7;                                // lengths tried between these, evenly in their logarithm
constexpr double forgotten = 0.5;                              // share of a miss that the next one leaves
constexpr double explained = 0.5;  // pairs must leave less than this of the squared gradients before any is predicted
constexpr double likely_length = 1.3, length_spread = 0.6;  // log-normal prior

constexpr std::array offsets{1e-3, 1.0, 10.0, 100.0, 1e3, 1e4};

/// What the least squares of the pair functions need of some answers.
struct PairSums {
  Eigen::MatrixXd normal;
  Eigen::VectorXd right;
  double square = 0;

  void add(const Eigen::MatrixXd& features, const Eigen::VectorXd& gradient, double weight) {
    normal.selfadjointView<Eigen::Lower>().rankUpdate(features.transpose(), weight);
    right += weight * (features.transpose() * gradient);
    square += weight * gradient.squaredNorm();
  }
};

}  // namespace

/// Differences of places span a space of few dimensions; outside of it gradients of different directions are
/// independent, so one system of as many equations as answers serves all of them.
struct DeltaModel::Inner {
  Eigen::MatrixXd basis;   ///< D x d, orthonormal
  Eigen::MatrixXd x, g;    ///< d x n, scaled
  Eigen::MatrixXd outer;   ///< D x n, what of the gradients lies outside the span
  Eigen::VectorXd energy;  ///< n, from the mean
};

DeltaModel::DeltaModel(const Configuration& frame, const Mobile& mobile) : features_{frame, mobile} {
  for (const int atom : mobile.atoms()) elements_.push_back(frame.species[static_cast<std::size_t>(atom)]);
  for (Fit& fit : fits_) fit.scale = Eigen::VectorXd::Ones(3 * mobile.count());
}

void DeltaModel::add(const Eigen::VectorXd& x, double energy_ev, const Eigen::VectorXd& gradient) {
  if (!fits_[0].used.empty()) {
    for (Fit& fit : fits_) fit.missed = forgotten * fit.missed + (predict(fit, x).gradient - gradient).squaredNorm();
    judged_ = true;
  }
  x_.push_back(x);
  g_.push_back(gradient);
  energies_.push_back(energy_ev);
  seen_.push_back(features_.at(x));
}

/// Ridge regression of all gradients. Each is what pairs say, an offset that all answers share (whatever else keeps the
/// atoms where they are), and noise; offset and ridge by evidence.
void DeltaModel::solve_pairs() {
  Fit& fit = fits_[1];
  const Eigen::Index p = features_.count();
  fit.pairs = Eigen::VectorXd::Zero(p);
  if (p == 0) return;
  const auto n = static_cast<double>(x_.size());
  const auto d = static_cast<double>(g_.front().size());
  PairSums all, common;  // of every answer, and of their mean
  all.normal = common.normal = Eigen::MatrixXd::Zero(p, p);
  all.right = common.right = Eigen::VectorXd::Zero(p);
  Eigen::MatrixXd mean = Eigen::MatrixXd::Zero(g_.front().size(), p);
  Eigen::VectorXd mean_g = Eigen::VectorXd::Zero(g_.front().size());
  for (std::size_t i = 0; i < x_.size(); ++i) {
    all.add(seen_[i].gradient, g_[i], 1);
    mean += seen_[i].gradient / n;
    mean_g += g_[i] / n;
  }
  common.add(mean, mean_g, n);
  const double largest = all.normal.diagonal().maxCoeff();
  if (!(largest > 0)) return;
  // Functions of rare pairs count as much as those of common ones.
  const Eigen::VectorXd size = all.normal.diagonal().cwiseMax(1e-6 * largest).cwiseSqrt();
  double best = std::numeric_limits<double>::infinity();
  for (const double offset : offsets) {  // variance of the offset, in that of the noise
    const double kept = 1 / (1 + n * offset) - 1;
    Eigen::MatrixXd normal = all.normal + kept * common.normal;
    normal.triangularView<Eigen::StrictlyUpper>() = normal.transpose();
    normal = size.cwiseInverse().asDiagonal() * normal * size.cwiseInverse().asDiagonal();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(normal);
    const Eigen::VectorXd along =
        eigen.eigenvectors().transpose() * (all.right + kept * common.right).cwiseQuotient(size);
    const Eigen::VectorXd values = eigen.eigenvalues().cwiseMax(0);
    const double square = all.square + kept * common.square;
    for (double ridge = 1e-6; ridge < 3; ridge *= 10) {
      const Eigen::ArrayXd damped = values.array() + ridge;
      const double rest = square - (along.array().square() / damped).sum();
      const double misfit = n * d * std::log(std::max(rest, 1e-300)) + d * std::log(1 + n * offset) +
                            damped.log().sum() - static_cast<double>(p) * std::log(ridge);
      if (!(misfit < best)) continue;
      best = misfit;
      fit.pairs = (eigen.eigenvectors() * (along.array() / damped).matrix()).cwiseQuotient(size);
    }
  }
  if (judged_) return;
  double left = 0;
  for (std::size_t i = 0; i < x_.size(); ++i) left += (g_[i] - seen_[i].gradient * fit.pairs).squaredNorm();
  chosen_ = left < explained * all.square ? 1 : 0;
}

void DeltaModel::choose_scales(Fit& fit, const std::vector<Eigen::VectorXd>& gradients) const {
  if (gradients.size() < enough_for_scales) return;
  std::map<int, std::pair<double, double>> square;  // element -> sum of squares, components
  for (const Eigen::VectorXd& gradient : gradients)
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
    fit.scale.segment<3>(3 * static_cast<Eigen::Index>(i))
        .setConstant(std::clamp(std::sqrt(sum / count) / largest, least_scale, 1.0));
  }
}

double DeltaModel::distance(const Eigen::VectorXd& a, const Eigen::VectorXd& b) const {
  return fits_[chosen_].scale.cwiseProduct(a - b).norm();
}

double DeltaModel::nearest(const Eigen::VectorXd& x) const {
  double out = std::numeric_limits<double>::infinity();
  for (const Eigen::VectorXd& known : x_) out = std::min(out, distance(x, known));
  return out;
}

double DeltaModel::misfit(const Inner& s, double length, double noise, Eigen::VectorXd* a, Eigen::MatrixXd* b) const {
  const Eigen::Index n = s.x.cols(), d = s.x.rows(), outside = s.basis.rows() - d;
  const double l2 = length * length;
  // Noise relative to the amplitude that the gradients suggest.
  const double components = static_cast<double>(n * s.basis.rows());
  const double amplitude =
      std::max(l2 * (s.g.squaredNorm() + s.outer.squaredNorm()) / components, energy_noise * energy_noise);
  const double energy_ridge = std::pow(noise * energy_noise, 2) / amplitude;
  const double gradient_ridge = std::pow(noise * gradient_noise, 2) / amplitude;
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
  if (x_.empty()) return;
  solve_pairs();
  for (Fit& one : fits_) fit(one, about);
  if (judged_) chosen_ = fits_[1].missed < fits_[0].missed ? 1 : 0;
}

void DeltaModel::fit(Fit& fit, const Eigen::VectorXd& about) const {
  std::vector<Eigen::VectorXd> gradients = g_;
  std::vector<double> energies = energies_;
  if (fit.pairs.size() > 0)
    for (std::size_t i = 0; i < x_.size(); ++i) {
      gradients[i] -= seen_[i].gradient * fit.pairs;
      energies[i] -= seen_[i].energy.dot(fit.pairs);
    }
  choose_scales(fit, gradients);
  fit.used.resize(x_.size());
  std::iota(fit.used.begin(), fit.used.end(), std::size_t{0});
  const auto away = [&](std::size_t p) { return fit.scale.cwiseProduct(x_[p] - about).norm(); };
  std::stable_sort(fit.used.begin(), fit.used.end(), [&](std::size_t p, std::size_t q) { return away(p) < away(q); });
  if (fit.used.size() > most_used) fit.used.resize(most_used);
  const auto n = static_cast<Eigen::Index>(fit.used.size());
  fit.mean = 0;
  for (const std::size_t k : fit.used) fit.mean += energies[k] / static_cast<double>(n);
  Eigen::MatrixXd z(fit.scale.size(), n), g(fit.scale.size(), n);
  Inner inner;
  inner.energy.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const std::size_t k = fit.used[static_cast<std::size_t>(i)];
    z.col(i) = fit.scale.cwiseProduct(x_[k] - x_[fit.used[0]]);
    g.col(i) = gradients[k].cwiseQuotient(fit.scale);
    inner.energy[i] = energies[k] - fit.mean;
  }
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(z);
  inner.basis = qr.householderQ() * Eigen::MatrixXd::Identity(z.rows(), qr.rank());
  inner.x = inner.basis.transpose() * z;
  inner.g = inner.basis.transpose() * g;
  inner.outer = g - inner.basis * inner.g;
  double best = std::numeric_limits<double>::infinity(), best_noise = 1;
  for (int step = 0; step < length_steps; ++step)
    for (const double noise : noises) {
      if (noise > 1 && n < enough_for_noise) break;
      const double length =
          shortest_length * std::pow(longest_length / shortest_length, step / double(length_steps - 1));
      const double misfit_here =
          misfit(inner, length, noise, nullptr, nullptr) + std::pow(std::log(noise) / noise_spread, 2);
      if (!(misfit_here < best)) continue;
      best = misfit_here;
      best_noise = noise;
      fit.length = length;
    }
  fit.a = Eigen::VectorXd::Zero(n);
  fit.b = Eigen::MatrixXd::Zero(fit.scale.size(), n);
  misfit(inner, fit.length, best_noise, &fit.a, &fit.b);
}

DeltaModel::Value DeltaModel::predict(const Eigen::VectorXd& x) const { return predict(fits_[chosen_], x); }

DeltaModel::Value DeltaModel::predict(const Fit& fit, const Eigen::VectorXd& x) const {
  Value out;
  out.energy_ev = fit.mean;
  Eigen::VectorXd gradient = Eigen::VectorXd::Zero(fit.scale.size());  // by scaled coordinates
  const double l2 = fit.length * fit.length;
  for (std::size_t i = 0; i < fit.used.size(); ++i) {
    const Eigen::VectorXd apart = fit.scale.cwiseProduct(x - x_[fit.used[i]]) / l2;
    const double k = std::exp(-apart.squaredNorm() * l2 / 2);
    const auto column = static_cast<Eigen::Index>(i);
    const double weight = fit.a[column] + fit.b.col(column).dot(apart);
    out.energy_ev += k * weight;
    gradient += k * (fit.b.col(column) / l2 - weight * apart);
  }
  out.gradient = fit.scale.cwiseProduct(gradient);
  if (fit.pairs.size() == 0) return out;
  const PairFeatures::Sum pairs = features_.weighted(x, fit.pairs);
  out.energy_ev += pairs.energy;
  out.gradient += pairs.gradient;
  return out;
}

}  // namespace hopflow
