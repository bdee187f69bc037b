// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/charges/ewald.hpp"

#include <cmath>
#include <vector>

#include "structures/core/units.hpp"
#include "structures/graph/neighbors.hpp"

namespace hopflow {

namespace {

constexpr double coulomb = 1 / (4 * units::pi * units::epsilon0);  // eV A per e^2
constexpr double accuracy = 3.8;  // erfc(3.8) is 8e-8: how far, in widths, both sums are taken

/// Half of the vectors of the reciprocal lattice (with 2 pi) shorter than `cutoff`, the origin left out.
std::vector<Eigen::Vector3d> reciprocal_vectors(const Eigen::Matrix3d& cell, double cutoff) {
  const Eigen::Matrix3d reciprocal = 2 * units::pi * cell.inverse().transpose();
  Eigen::Vector3i most;
  for (int k = 0; k < 3; ++k) most(k) = static_cast<int>(cutoff * cell.col(k).norm() / (2 * units::pi)) + 1;
  std::vector<Eigen::Vector3d> out;
  for (int a = 0; a <= most(0); ++a)
    for (int b = a > 0 ? -most(1) : 0; b <= most(1); ++b)
      for (int c = a > 0 || b > 0 ? -most(2) : 1; c <= most(2); ++c)
        if (const Eigen::Vector3d k = reciprocal * Eigen::Vector3d(a, b, c); k.norm() < cutoff) out.push_back(k);
  return out;
}

}  // namespace

Eigen::MatrixXd ewald_matrix(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional) {
  const Eigen::Index n = fractional.cols();
  const double volume = std::abs(cell.determinant());
  // Both sums take about the same time with this width (A).
  const double width =
      std::cbrt(volume) / std::sqrt(units::pi) / std::pow(std::max<double>(1, static_cast<double>(n)), 1.0 / 6);
  const double alpha = 1 / (std::sqrt(2.0) * width);
  const double reach = accuracy / alpha, farthest = 2 * alpha * accuracy;

  Eigen::MatrixXd out = Eigen::MatrixXd::Constant(n, n, -units::pi / (volume * alpha * alpha));
  for (const Neighbor& pair : find_neighbors(cell, fractional, reach))
    if (pair.distance > 1e-6) out(pair.i, pair.j) += std::erfc(alpha * pair.distance) / pair.distance;
  out.diagonal().array() -= 2 * alpha / std::sqrt(units::pi);

  const std::vector<Eigen::Vector3d> vectors = reciprocal_vectors(cell, farthest);
  const Eigen::Matrix3Xd positions = cell * fractional;
  constexpr std::size_t at_once = 512;
  for (std::size_t begin = 0; begin < vectors.size(); begin += at_once) {
    const std::size_t end = std::min(vectors.size(), begin + at_once);
    Eigen::MatrixXd waves(2 * static_cast<Eigen::Index>(end - begin), n);
    for (std::size_t v = begin; v < end; ++v) {
      const double square = vectors[v].squaredNorm();
      // Twice, for the half of the vectors that is left out.
      const double weight = std::sqrt(2 * 4 * units::pi / volume * std::exp(-square / (4 * alpha * alpha)) / square);
      const Eigen::RowVectorXd phase = vectors[v].transpose() * positions;
      waves.row(2 * static_cast<Eigen::Index>(v - begin)) = weight * phase.array().cos();
      waves.row(2 * static_cast<Eigen::Index>(v - begin) + 1) = weight * phase.array().sin();
    }
    out.noalias() += waves.transpose() * waves;
  }
  return coulomb * out;
}

}  // namespace hopflow
