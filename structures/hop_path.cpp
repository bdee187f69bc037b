// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/hop_path.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "structures/units.hpp"

namespace hopflow {

namespace {

constexpr double farthest_bow = 1.5;  // A
constexpr int pieces = 12;
// Between the ends, from the middle outwards: what is narrow mostly is so in the middle.
constexpr std::array points{6, 5, 7, 4, 8, 3, 9, 2, 10, 1, 11};

/// Smallest distance of the bowed path to a surface; no longer exact once it is not above `beaten`.
double bowed_free_radius(const Eigen::Vector3d& path, const Eigen::Vector3d& bow, std::span<const Bystander> near,
                         double beaten) {
  double out = std::numeric_limits<double>::infinity();
  for (const int i : points) {
    const double t = static_cast<double>(i) / pieces;
    const Eigen::Vector3d here = t * path + 4 * t * (1 - t) * bow;
    for (const Bystander& other : near) {
      const double square = (other.at - here).squaredNorm(), limit = out + other.radius;
      if (limit > 0 && square < limit * limit) out = std::sqrt(square) - other.radius;
    }
    if (out <= beaten) return out;
  }
  return out;
}

}  // namespace

Clearance clearance_of(const Eigen::Vector3d& path, std::span<const Bystander> bystanders) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Clearance out{infinity, infinity, -1};
  for (const Bystander& other : bystanders) {
    const double along = std::clamp(other.at.dot(path) / path.squaredNorm(), 0.0, 1.0);
    const double distance = (other.at - along * path).norm();
    out.distance = std::min(out.distance, distance);
    // Atoms equally near by symmetry differ in their last bits; the first one is named.
    if (distance - other.radius < out.free_radius - 1e-9) {
      out.free_radius = distance - other.radius;
      out.atom = other.atom;
    }
  }
  return out;
}

PathHint bow_path(const Eigen::Vector3d& path, std::span<const Bystander> bystanders) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double straight = bowed_free_radius(path, Eigen::Vector3d::Zero(), bystanders, -infinity);
  PathHint out{Eigen::Vector3d::Zero(), straight};
  // Surfaces too far away to be met by any bow cost time only.
  std::vector<Bystander> near;
  for (const Bystander& other : bystanders) {
    const double along = std::clamp(other.at.dot(path) / path.squaredNorm(), 0.0, 1.0);
    if ((other.at - along * path).norm() - other.radius < straight + 2 * farthest_bow) near.push_back(other);
  }
  if (near.empty()) return out;

  const Eigen::Vector3d u = path.unitOrthogonal(), v = path.normalized().cross(u);
  constexpr double gain = 0.02;
  PathHint best = out;
  const auto attempt = [&](const Eigen::Vector3d& bow) {
    if (bow.norm() > farthest_bow) return false;
    const double beaten = best.free_radius + 1e-9, radius = bowed_free_radius(path, bow, near, beaten);
    if (radius <= beaten) return false;
    best = {bow, radius};
    return true;
  };
  constexpr int directions = 12, rings = 5;
  for (int ring = 1; ring <= rings; ++ring)
    for (int k = 0; k < directions; ++k) {
      const double angle = 2 * units::pi * k / directions;
      attempt(farthest_bow * ring / rings * (std::cos(angle) * u + std::sin(angle) * v));
    }
  for (double step = 0.15; step > 0.004;) {
    bool moved = false;
    const Eigen::Vector3d centre = best.bow;
    for (int k = 0; k < 8; ++k) {
      const double angle = 2 * units::pi * k / 8;
      moved = attempt(centre + step * (std::cos(angle) * u + std::sin(angle) * v)) || moved;
    }
    if (!moved) step *= 0.5;
  }
  return best.free_radius > straight + gain ? best : out;
}

}  // namespace hopflow
