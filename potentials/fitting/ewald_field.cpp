// SPDX-License-Identifier: GPL-2.0-or-later
#include "potentials/fitting/ewald_field.hpp"

#include <algorithm>
#include <cmath>
#include <complex>

#include "structures/core/cell.hpp"
#include "structures/core/units.hpp"
#include "structures/graph/neighbors.hpp"

namespace hopflow {

namespace {

using units::pi;

/// Potential and field at the end of `d`, which points from a unit charge screened by a Gaussian, times `share`.
void add_screened(CoulombResponse& out, int at, int kind, const Eigen::Vector3d& d, double alpha) {
  const double r = d.norm(), e = std::erfc(alpha * r) / r;
  out.potential(at, kind) += e;
  const double slope = e / r + 2 * alpha / std::sqrt(pi) * std::exp(-alpha * alpha * r * r) / r;
  out.field.block<3, 1>(3 * at, kind) += slope / r * d;
}

void add_real_space(CoulombResponse& out, const Configuration& c, const std::vector<int>& kind, double alpha,
                    double cutoff) {
  const Eigen::Matrix3Xd fractional = c.cell.inverse() * c.positions;
  for (const Neighbor& pair : find_neighbors(c.cell, fractional, cutoff)) {
    const Eigen::Vector3d d = c.positions.col(pair.i) - c.positions.col(pair.j) - c.cell * pair.image.cast<double>();
    add_screened(out, pair.i, kind[static_cast<std::size_t>(pair.j)], d, alpha);
  }
}

void add_reciprocal_space(CoulombResponse& out, const Configuration& c, const std::vector<int>& kind, int kinds,
                          double alpha, double longest) {
  const Eigen::Matrix3d reciprocal = 2 * pi * c.cell.inverse().transpose();
  const double volume = std::abs(c.cell.determinant());
  Eigen::Vector3i most;
  for (int k = 0; k < 3; ++k) most[k] = static_cast<int>(longest * c.cell.col(k).norm() / (2 * pi)) + 1;
  const int n = c.size();
  Eigen::VectorXcd phase(n), structure(kinds);
  for (int a = 0; a <= most[0]; ++a)
    for (int b = a == 0 ? 0 : -most[1]; b <= most[1]; ++b)
      for (int l = a == 0 && b == 0 ? 1 : -most[2]; l <= most[2]; ++l) {
        const Eigen::Vector3d k = reciprocal * Eigen::Vector3d(a, b, l);
        const double kk = k.squaredNorm();
        if (kk > longest * longest) continue;
        structure.setZero();
        for (int i = 0; i < n; ++i) {
          phase[i] = std::polar(1.0, k.dot(c.positions.col(i)));
          structure[kind[static_cast<std::size_t>(i)]] += phase[i];
        }
        const double weight = 2 * 4 * pi / volume / kk * std::exp(-kk / (4 * alpha * alpha));
        for (int i = 0; i < n; ++i)
          for (int t = 0; t < kinds; ++t) {
            const std::complex<double> term = phase[i] * std::conj(structure[t]);
            out.potential(i, t) += weight * term.real();
            out.field.block<3, 1>(3 * i, t) += weight * term.imag() * k;
          }
      }
}

}  // namespace

CoulombResponse coulomb_response(const Configuration& c, const std::vector<int>& kind, int kinds,
                                 std::span<const ScaledPair> scaled, double accuracy) {
  // erfc(x) and exp(-x^2) fall to the accuracy together; the cutoff balances the work of both sums.
  const double reach = std::sqrt(-std::log(accuracy));
  const double cutoff = std::clamp(std::cbrt(std::abs(c.cell.determinant())), 8.0, 12.0);
  const double alpha = reach / cutoff;
  CoulombResponse out{Eigen::MatrixXd::Zero(c.size(), kinds), Eigen::MatrixXd::Zero(3 * c.size(), kinds)};
  add_real_space(out, c, kind, alpha, cutoff);
  add_reciprocal_space(out, c, kind, kinds, alpha, 2 * alpha * reach);
  const double background = pi / (std::abs(c.cell.determinant()) * alpha * alpha);
  Eigen::VectorXd members = Eigen::VectorXd::Zero(kinds);
  for (const int k : kind) members[k] += 1;
  for (int i = 0; i < c.size(); ++i) {
    out.potential(i, kind[static_cast<std::size_t>(i)]) -= 2 * alpha / std::sqrt(pi);
    out.potential.row(i) -= background * members.transpose();
  }
  for (const ScaledPair& pair : scaled) {
    const Eigen::Matrix3Xd between = c.positions.col(pair.i) - c.positions.col(pair.j);
    const Eigen::Vector3d d = minimum_image(c.cell, between, c.periodic);
    const double r = d.norm(), less = 1 - pair.scale;
    const int ki = kind[static_cast<std::size_t>(pair.i)], kj = kind[static_cast<std::size_t>(pair.j)];
    out.potential(pair.i, kj) -= less / r;
    out.potential(pair.j, ki) -= less / r;
    out.field.block<3, 1>(3 * pair.i, kj) -= less / (r * r * r) * d;
    out.field.block<3, 1>(3 * pair.j, ki) += less / (r * r * r) * d;
  }
  return out;
}

}  // namespace hopflow
