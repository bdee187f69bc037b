// SPDX-License-Identifier: GPL-2.0-or-later
// How well an engine's answers agree with a reference's, and whether frames make a path with a barrier.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <Eigen/Dense>

namespace hopflow {

/// Agreement of force components. An engine that answers zero has rmse = rmse_of_zero.
struct ForceScore {
  long components = 0;
  double rmse = 0;          ///< eV/A, of engine - reference
  double rmse_of_zero = 0;  ///< eV/A, of the reference's components
  double correlation = 0;   ///< Pearson's; 0 where one side does not vary
  double slope = 0;         ///< least squares through the origin, engine = slope x reference; below 1: too soft
};

/// Sums of force components, so that scores of parts add up.
class ForceSums {
 public:
  void add(double engine, double reference);
  void add(const Eigen::Ref<const Eigen::Matrix3Xd>& engine, const Eigen::Ref<const Eigen::Matrix3Xd>& reference);
  ForceScore score() const;

 private:
  long n_ = 0;
  double e_ = 0, r_ = 0, ee_ = 0, rr_ = 0, er_ = 0;
};

/// Error of energy differences: root mean square of engine - reference after their mean is taken off (eV).
/// Population standard deviation; 0 for fewer than two frames.
double profile_error(std::span<const double> engine, std::span<const double> reference);

/// The barrier of a profile from its first to its last frame, if its highest frame lies between lower ones.
struct ProfileBarrier {
  std::optional<double> forward_ev, reverse_ev;  ///< highest - first, highest - last
  std::size_t lowest = 0, highest = 0;
  std::string reason;  ///< why there is none, "" if there is one
};
ProfileBarrier barrier_of_profile(std::span<const double> energies);

}  // namespace hopflow
