// SPDX-License-Identifier: GPL-2.0-or-later
// The string method: even distances without springs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <Eigen/Dense>

namespace hopflow {

/// How the images of a band are kept apart.
enum class BandMethod {
  neb,     ///< nudged elastic band: springs along the path
  string,  ///< images move by the real force across the path and are placed at even distances again after each step
};

/// As users write them.
const std::vector<std::pair<std::string, BandMethod>>& methods_by_name();

/// What to say to those who ask for both.
inline constexpr const char* no_springs = "a string has no springs; leave them out, or set method: neb";

/// Points of a path moved along it to even distances, by the natural cubic spline through them over the length of the
/// polyline.
/// @param pinned  one for each point: it stays, and distances are even on either side of it; the ends stay in any case
/// Source: E, Ren & Vanden-Eijnden, J. Chem. Phys. 126, 164103 (2007), section III, step 2.
std::vector<Eigen::VectorXd> redistributed(const std::vector<Eigen::VectorXd>& points, const std::vector<bool>& pinned);

}  // namespace hopflow
