// SPDX-License-Identifier: GPL-2.0-or-later
// When a band may be called converged.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace hopflow {

/// Largest minus smallest of the last `rounds` values; infinite when there are fewer.
double spread_of_last(std::span<const double> values, int rounds);

/// A dip of a path's profile: an interior image lower than the paths's maxima on both its sides.
struct Dip {
  int image = 0;
  double depth_ev = 0;  ///< below the lower of the two maxima
};

/// Interior images that are local minima, lower by more than `least_ev` than the lower of the highest points on either
/// side of them up to the neighbouring dips; ascending. The ends of the path count as points, not as dips.
std::vector<Dip> dips(std::span<const double> energies, double least_ev);

}  // namespace hopflow
