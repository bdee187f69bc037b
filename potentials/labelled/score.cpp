// SPDX-License-Identifier: GPL-2.0-or-later
#include "potentials/labelled/score.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"

namespace hopflow {

void ForceSums::add(double engine, double reference) {
  ++n_;
  e_ += engine;
  r_ += reference;
  ee_ += engine * engine;
  rr_ += reference * reference;
  er_ += engine * reference;
}

void ForceSums::add(const Eigen::Ref<const Eigen::Matrix3Xd>& engine,
                    const Eigen::Ref<const Eigen::Matrix3Xd>& reference) {
  if (engine.cols() != reference.cols())
    throw Error{Error::Kind::bad_input,
                fmt::format("forces on {} atoms compared with forces on {}", engine.cols(), reference.cols())};
  for (Eigen::Index i = 0; i < engine.cols(); ++i)
    for (Eigen::Index k = 0; k < 3; ++k) add(engine(k, i), reference(k, i));
}

ForceScore ForceSums::score() const {
  ForceScore out;
  out.components = n_;
  if (n_ == 0) return out;
  const auto n = static_cast<double>(n_);
  out.rmse = std::sqrt(std::max(0.0, (ee_ - 2 * er_ + rr_) / n));
  out.rmse_of_zero = std::sqrt(rr_ / n);
  const double var_e = ee_ / n - e_ * e_ / (n * n), var_r = rr_ / n - r_ * r_ / (n * n);
  if (var_e > 0 && var_r > 0) out.correlation = (er_ / n - e_ * r_ / (n * n)) / std::sqrt(var_e * var_r);
  if (rr_ > 0) out.slope = er_ / rr_;
  return out;
}

double profile_error(std::span<const double> engine, std::span<const double> reference) {
  if (engine.size() != reference.size())
    throw Error{Error::Kind::bad_input, fmt::format("{} energies compared with {}", engine.size(), reference.size())};
  if (engine.size() < 2) return 0;
  const auto n = static_cast<double>(engine.size());
  double mean = 0, square = 0;
  for (std::size_t i = 0; i < engine.size(); ++i) mean += (engine[i] - reference[i]) / n;
  for (std::size_t i = 0; i < engine.size(); ++i) square += std::pow(engine[i] - reference[i] - mean, 2) / n;
  return std::sqrt(square);
}

ProfileBarrier barrier_of_profile(std::span<const double> energies) {
  ProfileBarrier out;
  if (energies.size() < 3) {
    out.reason = fmt::format("{} frames; a profile needs at least three", energies.size());
    return out;
  }
  out.lowest = static_cast<std::size_t>(std::ranges::min_element(energies) - energies.begin());
  out.highest = static_cast<std::size_t>(std::ranges::max_element(energies) - energies.begin());
  if (out.highest == 0 || out.highest + 1 == energies.size()) {
    out.reason = fmt::format("no interior maximum: the highest of frames 0 to {} is frame {}, an end (lowest: {})",
                             energies.size() - 1, out.highest, out.lowest);
    return out;
  }
  out.forward_ev = energies[out.highest] - energies.front();
  out.reverse_ev = energies[out.highest] - energies.back();
  return out;
}

}  // namespace hopflow
