// SPDX-License-Identifier: GPL-2.0-or-later
// Arrays the crossbar tests share.
#pragma once

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <utility>

#include "workflows/pipeline/crossbar/array/array.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"

namespace hopflow::pipeline {

/// Half the cells near 383 ohm, half near 28 Mohm, 20 % log spread.
inline Eigen::MatrixXd cells(Eigen::Index m, Eigen::Index n, std::uint64_t seed) {
  Eigen::MatrixXd g(m, n);
  for (Eigen::Index k = 0; k < m * n; ++k) {
    const auto index = static_cast<std::uint64_t>(k);
    const double ohm = uniform_at(seed, 1, index) < 0.5 ? 383 : 28e6;
    g(k / n, k % n) = std::exp(0.2 * normal_at(seed, 2, index)) / ohm;
  }
  return g;
}

/// Rows between -0.3 and 0.7 V, columns at ground.
inline Array driven(Eigen::MatrixXd g, double row_ohm, double column_ohm, std::uint64_t seed = 1) {
  Array array{std::move(g), row_ohm, column_ohm, {}, {}};
  for (Eigen::Index i = 0; i < array.conductance_s.rows(); ++i)
    array.rows.push_back({uniform_at(seed, 3, static_cast<std::uint64_t>(i)) - 0.3});
  array.columns.assign(static_cast<std::size_t>(array.conductance_s.cols()), LineEnd{});
  return array;
}

inline void check_close(const Eigen::VectorXd& a, const Eigen::VectorXd& b, double relative) {
  REQUIRE(a.size() == b.size());
  for (Eigen::Index k = 0; k < a.size(); ++k) {
    CAPTURE(k, a[k], b[k]);
    CHECK(std::abs(a[k] - b[k]) <= relative * std::abs(b[k]));
  }
}

}  // namespace hopflow::pipeline
