// SPDX-License-Identifier: GPL-2.0-or-later
// What else moves when an ion hops: cations that turn, atoms of the frame that do not stay.
#pragma once

#include <vector>

#include "structures/core/configuration.hpp"

namespace hopflow {

/// From one end of a hop to the other, the hopping ion left out.
struct EndMoves {
  int turned = 0;  ///< molecules turned by more than 30 degrees
  double largest_turn_deg = 0;
  int movers = 0;           ///< atoms outside molecules that moved by more than 0.5 A
  double largest_move = 0;  ///< of such an atom (A)
};

/// Angle between two poses of a molecule (degrees): of the rotation that fits its heavy atoms best, or, where those lie
/// on one line, between the lines; turns about that line are not seen. 0 for fewer than two atoms.
/// @param from, to  3xN, whole molecules in one atom order
double turned_by(const Eigen::Matrix3Xd& from, const Eigen::Matrix3Xd& to, const std::vector<int>& species);

/// @param molecules  atoms of each molecule; no molecule crosses from one image of the cell to another between the ends
EndMoves moves_between(const Configuration& from, const Configuration& to, int ion,
                       const std::vector<std::vector<int>>& molecules);

}  // namespace hopflow
