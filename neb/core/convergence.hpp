// SPDX-License-Identifier: GPL-2.0-or-later
// When a band may be called converged.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hopflow {

/// A force this much lower counts as progress of a search.
inline constexpr double better = 0.7;

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

/// The cubic through the energies and slopes of two images of a path.
class Cubic {
 public:
  /// @param e0, e1  energies of the images (eV)
  /// @param slope0, slope1  change of energy per whole step along the straight step from one to the other (eV)
  Cubic(double e0, double e1, double slope0, double slope1);

  /// Energy at a share of the step (eV).
  double at(double share) const { return e0_ + share * (slope_ + share * (c_ + share * d_)); }

  /// Where its minimum lies, as a share of the step, if it is lower than both images by more than `least_ev`.
  std::optional<double> dip(double least_ev) const;

  /// Rise from one image to the other less the mean of both slopes (eV).
  double off_trapezoid() const { return -d_ / 2; }

  /// Where its maximum lies, if it is higher than both by more than `least_ev`.
  std::optional<double> peak(double least_ev) const;

  /// Where it lies level or turns back though it slopes the same way at both images: what stands there may be a minimum
  /// too narrow for so few images. Nothing if it is steeper everywhere than a tenth of the smaller slope, or where a
  /// slope is less than `least_ev` a step.
  std::optional<double> level(double least_ev) const;

 private:
  double e0_, e1_, slope_, c_, d_;
};

}  // namespace hopflow
