// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/charges/ewald_matrix.hpp"

#include <array>
#include <cmath>
#include <map>
#include <numeric>
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

/// Rows of the matrix of some sites, in the order of `rows`.
Eigen::MatrixXd ewald_rows(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional,
                           const std::vector<int>& rows) {
  const Eigen::Index n = fractional.cols(), m = static_cast<Eigen::Index>(rows.size());
  const double volume = std::abs(cell.determinant());
  // Both sums take about the same time with this width (A).
  const double width =
      std::cbrt(volume) / std::sqrt(units::pi) / std::pow(std::max<double>(1, static_cast<double>(n)), 1.0 / 6);
  const double alpha = 1 / (std::sqrt(2.0) * width);
  const double reach = accuracy / alpha, farthest = 2 * alpha * accuracy;

  Eigen::MatrixXd out = Eigen::MatrixXd::Constant(m, n, -units::pi / (volume * alpha * alpha));
  std::vector<Eigen::Index> row_of(static_cast<std::size_t>(n), -1);
  for (Eigen::Index r = 0; r < m; ++r) row_of[static_cast<std::size_t>(rows[static_cast<std::size_t>(r)])] = r;
  for (const Neighbor& pair : find_neighbors_of(rows, cell, fractional, reach))
    if (pair.distance > 1e-6)
      out(row_of[static_cast<std::size_t>(pair.i)], pair.j) += std::erfc(alpha * pair.distance) / pair.distance;
  for (Eigen::Index r = 0; r < m; ++r) out(r, rows[static_cast<std::size_t>(r)]) -= 2 * alpha / std::sqrt(units::pi);

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
    const Eigen::MatrixXd own = waves(Eigen::all, rows);
    out.noalias() += own.transpose() * waves;
  }
  return coulomb * out;
}

}  // namespace

Eigen::MatrixXd ewald_matrix(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional) {
  std::vector<int> rows(static_cast<std::size_t>(fractional.cols()));
  std::iota(rows.begin(), rows.end(), 0);
  return ewald_rows(cell, fractional, rows);
}

Eigen::MatrixXd ewald_matrix_of_copies(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional,
                                       const Eigen::Matrix3i& matrix, const std::vector<Eigen::Vector3i>& copies) {
  const auto n = static_cast<Eigen::Index>(copies.size());
  const Eigen::Matrix3d to_new = matrix.cast<double>().inverse();
  Eigen::Matrix3Xd all(3, n * fractional.cols());
  std::vector<int> rows;
  for (Eigen::Index k = 0; k < fractional.cols(); ++k) {
    rows.push_back(static_cast<int>(n * k));
    for (Eigen::Index c = 0; c < n; ++c)
      all.col(n * k + c) = to_new * (fractional.col(k) + copies[static_cast<std::size_t>(c)].cast<double>());
  }
  const Eigen::MatrixXd first = ewald_rows(cell * matrix.cast<double>(), all, rows);

  // The copy that lies as far from the first as d from c, up to vectors of the supercell.
  const auto folded = [&](const Eigen::Vector3i& step) {
    const Eigen::Vector3d x = to_new * step.cast<double>();
    const Eigen::Vector3d home = matrix.cast<double>() * (x.array() - (x.array() + 1e-9).floor()).matrix();
    return std::array{std::lround(home(0)), std::lround(home(1)), std::lround(home(2))};
  };
  std::map<std::array<long, 3>, Eigen::Index> number;
  for (Eigen::Index c = 0; c < n; ++c) number[folded(copies[static_cast<std::size_t>(c)])] = c;
  Eigen::MatrixXd out(all.cols(), all.cols());
  for (Eigen::Index c = 0; c < n; ++c)
    for (Eigen::Index d = 0; d < n; ++d) {
      const Eigen::Index step =
          number.at(folded(copies[static_cast<std::size_t>(d)] - copies[static_cast<std::size_t>(c)] + copies.front()));
      for (Eigen::Index i = 0; i < fractional.cols(); ++i)
        for (Eigen::Index j = 0; j < fractional.cols(); ++j) out(n * i + c, n * j + d) = first(i, n * j + step);
    }
  return out;
}

}  // namespace hopflow
