// SPDX-License-Identifier: GPL-2.0-or-later
// When a band may be called converged.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hopflow {

/// Largest minus smallest of the last `rounds` values; infinite when there are fewer.
double spread_of_last(std::span<const double> values, int rounds);

/// A dip of a path's profile: an interior point lower than the path's maxima on both its sides.
struct Dip {
  int image = 0;
  double beyond = 0;    ///< share of the step to the next image at which it lies; 0: at the image
  double depth_ev = 0;  ///< below the lower of the two maxima
};

/// Interior images that are local minima, lower by more than `least_ev` than the lower of the highest points on either
/// side of them up to the neighbouring dips; ascending. The ends of the path count as points, not as dips.
std::vector<Dip> dips(std::span<const double> energies, double least_ev);

/// A minimum between two images that neither of them shows, by the cubic through both energies and slopes.
/// @param e0, e1  energies of the images (eV)
/// @param slope0, slope1  change of energy per whole step along the straight step from one to the other (eV)
/// @return where it lies as a share of the step, if it is lower than both ends by more than `least_ev`
std::optional<double> dip_between(double e0, double e1, double slope0, double slope1, double least_ev);

/// A place between two images where their cubic lies level or turns back, though it slopes the same way at both: what stands
/// there may be a minimum too narrow for so few images.
/// @return where, as a share of the step; nothing if it is steeper everywhere than a tenth of the smaller slope
std::optional<double> level_between(double e0, double e1, double slope0, double slope1);

}  // namespace hopflow
