// SPDX-License-Identifier: GPL-2.0-or-later
// Minkowski reduction and exact minimum images.
#include "structures/core/cell.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/units.hpp"

namespace hopflow {

namespace {

// Two lengths nearer than this share of each other count as equal, so that rounding cannot make a loop endless.
constexpr double relative_tolerance = 1e-12;
constexpr double inside = 0.5 - 1e-9;  // of a lattice vector: nearer to no other lattice point, whatever the rounding

/// Columns of `basis` and of `transform` changed together; Gauss reduction of columns i and j.
void reduce_pair(Eigen::Matrix3d& basis, Eigen::Matrix3i& transform, int i, int j) {
  for (int step = 0; step < 1000; ++step) {
    if (basis.col(j).squaredNorm() < basis.col(i).squaredNorm() * (1 - relative_tolerance)) {
      basis.col(i).swap(basis.col(j));
      transform.col(i).swap(transform.col(j));
    }
    const double q = std::round(basis.col(j).dot(basis.col(i)) / basis.col(i).squaredNorm());
    if (q == 0) return;
    if (!(std::abs(q) < 1e6))
      throw Error{Error::Kind::bad_input,
                  "a cell whose vectors differ in length by more than a million times is not read"};
    const Eigen::Vector3d shorter = basis.col(j) - q * basis.col(i);
    if (!(shorter.squaredNorm() < basis.col(j).squaredNorm() * (1 - relative_tolerance))) return;
    basis.col(j) = shorter;
    transform.col(j) -= static_cast<int>(q) * transform.col(i);
  }
}

void sort_by_length(Eigen::Matrix3d& basis, Eigen::Matrix3i& transform) {
  const auto swap_if_longer = [&](int i, int j) {
    if (basis.col(j).squaredNorm() < basis.col(i).squaredNorm() * (1 - relative_tolerance)) {
      basis.col(i).swap(basis.col(j));
      transform.col(i).swap(transform.col(j));
    }
  };
  swap_if_longer(0, 1);
  swap_if_longer(1, 2);
  swap_if_longer(0, 1);
}

/// Reduced basis of the lattice along the periodic directions, in the first `rank` columns.
struct Sublattice {
  Eigen::Matrix3d basis = Eigen::Matrix3d::Zero();
  int rank = 0;
  Eigen::MatrixXd to_coordinates;  // rank x 3, least squares
};

Sublattice reduced_sublattice(const Eigen::Matrix3d& cell, const std::array<bool, 3>& periodic) {
  Sublattice out;
  for (int k = 0; k < 3; ++k)
    if (periodic[static_cast<std::size_t>(k)]) out.basis.col(out.rank++) = cell.col(k);
  Eigen::Matrix3i unused = Eigen::Matrix3i::Identity();
  if (out.rank == 3) out.basis = minkowski_reduce(cell).cell;
  if (out.rank == 2) reduce_pair(out.basis, unused, 0, 1);
  if (out.rank > 0) {
    const Eigen::MatrixXd b = out.basis.leftCols(out.rank);
    out.to_coordinates = (b.transpose() * b).inverse() * b.transpose();
  }
  return out;
}

}  // namespace

Eigen::Matrix3d cell_from_parameters(const CellParameters& p) {
  // Right angles are exact: cos(90 degrees) in floating point is not 0.
  const auto cosine = [](double degrees) { return degrees == 90.0 ? 0.0 : std::cos(degrees * units::pi / 180); };
  const auto sine = [](double degrees) { return degrees == 90.0 ? 1.0 : std::sin(degrees * units::pi / 180); };
  const double ca = cosine(p.alpha), cb = cosine(p.beta), cg = cosine(p.gamma), sg = sine(p.gamma);
  const double cy = (ca - cb * cg) / sg;
  const double height = std::sqrt(std::max(0.0, 1 - cb * cb - cy * cy));
  Eigen::Matrix3d cell;
  cell << p.a, p.b * cg, p.c * cb, 0.0, p.b * sg, p.c * cy, 0.0, 0.0, p.c * height;
  return cell;
}

CellParameters parameters_of(const Eigen::Matrix3d& cell) {
  const auto angle = [&](int i, int j) {
    const double c = cell.col(i).dot(cell.col(j)) / (cell.col(i).norm() * cell.col(j).norm());
    return c == 0 ? 90.0 : std::acos(std::clamp(c, -1.0, 1.0)) * 180 / units::pi;
  };
  return {cell.col(0).norm(), cell.col(1).norm(), cell.col(2).norm(), angle(1, 2), angle(0, 2), angle(0, 1)};
}

ReducedCell minkowski_reduce(const Eigen::Matrix3d& cell) {
  ReducedCell out{cell, Eigen::Matrix3i::Identity()};
  if (!cell.allFinite() || std::abs(cell.determinant()) < 1e-9)
    throw Error{Error::Kind::bad_input,
                fmt::format("a cell of volume {} A^3 has no reduced form: its vectors must span space",
                            std::abs(cell.determinant()))};
  // Greedy reduction: Nguyen & Stehle, "Low-dimensional lattice basis reduction revisited", ACM Trans. Algorithms 5, 46
  // (2009), section 5: take from the longest vector the closest point of the plane of the two shorter ones.
  for (int step = 0; step < 1000; ++step) {
    sort_by_length(out.cell, out.transform);
    reduce_pair(out.cell, out.transform, 0, 1);
    const Eigen::Matrix<double, 3, 2> plane = out.cell.leftCols<2>();
    const Eigen::Vector2d y = (plane.transpose() * plane).inverse() * plane.transpose() * out.cell.col(2);
    Eigen::Vector3d best = out.cell.col(2);
    Eigen::Vector3i best_transform = out.transform.col(2);
    if (!(y.cwiseAbs().maxCoeff() < 1e6))
      throw Error{Error::Kind::bad_input,
                  "a cell whose vectors differ in length by more than a million times is not read"};
    const int y0 = static_cast<int>(std::round(y(0))), y1 = static_cast<int>(std::round(y(1)));
    for (int i = y0 - 1; i <= y0 + 1; ++i)
      for (int j = y1 - 1; j <= y1 + 1; ++j) {
        const Eigen::Vector3d trial = out.cell.col(2) - i * out.cell.col(0) - j * out.cell.col(1);
        if (trial.squaredNorm() < best.squaredNorm() * (1 - relative_tolerance)) {
          best = trial;
          best_transform = out.transform.col(2) - i * out.transform.col(0) - j * out.transform.col(1);
        }
      }
    out.cell.col(2) = best;
    out.transform.col(2) = best_transform;
    if (!(best.squaredNorm() < out.cell.col(1).squaredNorm() * (1 - relative_tolerance))) break;
  }
  if (out.cell.determinant() < 0) out.transform = -out.transform;
  out.cell = cell * out.transform.cast<double>();
  return out;
}

double shortest_lattice_vector(const Eigen::Matrix3d& cell) {
  return minkowski_reduce(cell).cell.colwise().norm().minCoeff();
}

Eigen::Matrix3Xd minimum_image(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& vectors,
                               const std::array<bool, 3>& periodic) {
  const Sublattice lattice = reduced_sublattice(cell, periodic);
  Eigen::Matrix3Xd out = vectors;
  if (lattice.rank == 0) return out;

  // In a Minkowski-reduced basis every vector that bounds the Voronoi cell has coefficients -1, 0 or 1, and a point
  // that no such vector shortens lies in the Voronoi cell: going downhill ends at the shortest image exactly.
  std::vector<Eigen::Vector3d> steps;
  const int r1 = lattice.rank > 1 ? 1 : 0, r2 = lattice.rank > 2 ? 1 : 0;
  for (int i = -1; i <= 1; ++i)
    for (int j = -r1; j <= r1; ++j)
      for (int k = -r2; k <= r2; ++k)
        if (i != 0 || j != 0 || k != 0)
          steps.push_back(lattice.basis.col(0) * i + lattice.basis.col(1) * j + lattice.basis.col(2) * k);
  // Half of them, the others being their opposites, over their squares: v . step / step^2 within +-1/2 for all is the
  // Voronoi cell.
  const std::size_t half = steps.size() / 2;
  Eigen::Matrix<double, Eigen::Dynamic, 3, 0, 13, 3> faces(static_cast<Eigen::Index>(half), 3);
  for (std::size_t s = 0; s < half; ++s)
    faces.row(static_cast<Eigen::Index>(s)) = steps[s].transpose() / steps[s].squaredNorm();

  for (Eigen::Index n = 0; n < out.cols(); ++n) {
    Eigen::Vector3d v = out.col(n);
    const Eigen::Vector3d at = v;
    for (int k = 0; k < lattice.rank; ++k)
      v -= std::round(lattice.to_coordinates.row(k).dot(at)) * lattice.basis.col(k);
    if ((faces * v).cwiseAbs().maxCoeff() < inside) {
      out.col(n) = v;
      continue;
    }
    for (bool moved = true; moved;) {
      moved = false;
      Eigen::Vector3d best = v;
      for (const Eigen::Vector3d& step : steps) {
        const Eigen::Vector3d trial = v + step;
        if (trial.squaredNorm() < best.squaredNorm() * (1 - relative_tolerance)) {
          best = trial;
          moved = true;
        }
      }
      v = best;
    }
    out.col(n) = v;
  }
  return out;
}

}  // namespace hopflow
