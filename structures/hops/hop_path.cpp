// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/hops/hop_path.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "structures/core/units.hpp"

namespace hopflow {

namespace {

constexpr double farthest_bow = 1.5;  // A
constexpr int pieces = 12;
// Between the ends, from the middle outwards: what is narrow mostly is so in the middle.
constexpr std::array points{6, 5, 7, 4, 8, 3, 9, 2, 10, 1, 11};

/// An atom next to a path, with the distance of its surface from the straight one.
struct NearAtom {
  Eigen::Vector3d at;
  double radius, clearance;  // A
};

/// Smallest distance of the bowed path to a surface; `beaten` at most, not exact, where it does not come above that.
/// @param near  by clearance, smallest first
double bowed_free_radius(const Eigen::Vector3d& path, const Eigen::Vector3d& bow, std::span<const NearAtom> near,
                         double beaten) {
  double out = std::numeric_limits<double>::infinity();
  const double reach = bow.norm() + 1e-9;  // no point of the path moves farther, so nothing comes nearer by more
  for (const int i : points) {
    const double t = static_cast<double>(i) / pieces;
    const Eigen::Vector3d here = t * path + 4 * t * (1 - t) * bow;
    for (const NearAtom& other : near) {
      if (other.clearance - reach >= out) break;
      const double square = (other.at - here).squaredNorm(), limit = out + other.radius;
      if (limit <= 0 || square >= limit * limit) continue;
      out = std::sqrt(square) - other.radius;
      if (out <= beaten) return out;
    }
  }
  return out;
}

/// Unit steps round a circle.
template <int count>
std::array<Eigen::Vector2d, count> circle() {
  std::array<Eigen::Vector2d, count> out;
  for (int k = 0; k < count; ++k) {
    const double angle = 2 * units::pi * k / count;
    out[static_cast<std::size_t>(k)] = {std::cos(angle), std::sin(angle)};
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
  std::vector<NearAtom> near;
  near.reserve(bystanders.size());
  for (const Bystander& other : bystanders) {
    const double along = std::clamp(other.at.dot(path) / path.squaredNorm(), 0.0, 1.0);
    near.push_back({other.at, other.radius, (other.at - along * path).norm() - other.radius});
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const NearAtom& a, const NearAtom& b) { return a.clearance < b.clearance; });
  const double straight = bowed_free_radius(path, Eigen::Vector3d::Zero(), near, -infinity);
  PathHint out{Eigen::Vector3d::Zero(), straight};
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
  static const auto coarse = circle<12>();
  static const auto fine = circle<8>();
  constexpr int rings = 5;
  for (int ring = 1; ring <= rings; ++ring)
    for (const Eigen::Vector2d& way : coarse) attempt(farthest_bow * ring / rings * (way(0) * u + way(1) * v));
  for (double step = 0.15; step > 0.004;) {
    bool moved = false;
    const Eigen::Vector3d centre = best.bow;
    for (const Eigen::Vector2d& way : fine) moved = attempt(centre + step * (way(0) * u + way(1) * v)) || moved;
    if (!moved) step *= 0.5;
  }
  return best.free_radius > straight + gain ? best : out;
}

}  // namespace hopflow
