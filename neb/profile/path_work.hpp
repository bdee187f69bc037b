// SPDX-License-Identifier: GPL-2.0-or-later
// The work of the forces along a path, to compare its energies with.
#pragma once

#include <array>
#include <vector>

#include "neb/band/band.hpp"
#include "neb/core/mobile.hpp"

namespace hopflow {

/// Energy along a path from its forces alone, one value per image, 0 first (eV).
struct PathWork {
  std::vector<double> spline;     ///< natural cubic splines through the images and through the force along them
  std::vector<double> trapezoid;  ///< straight steps: how far it is from the other says how coarse the images are
};

/// @param path  at least two images, no two neighbours in one place
PathWork work_along(const Path& path, const Mobile& mobile);

/// Energies of an image over both ends, and the work of the forces from there.
struct ForceWork {
  bool agrees = true;
  std::array<double, 2> rise_ev{}, work_ev{};  ///< from the first image, from the last one
};

/// Whether energies and forces of a path tell one story, within what so few images leave open: where they do not, more
/// images decide whether that is the images' fault.
ForceWork force_work(const Path& path, const Mobile& mobile, int image);

}  // namespace hopflow
