// SPDX-License-Identifier: GPL-2.0-or-later
// What the energies and forces on a path say about it between its images.
#pragma once

#include <optional>
#include <vector>

#include "neb/band/band.hpp"
#include "neb/core/convergence.hpp"

namespace hopflow {

/// Saddles nearer than this are one barrier, as those equal by symmetry are (eV).
inline constexpr double same_ev = 1e-4;

/// Dips at images and, if looked for there, by energies and forces between them; ascending.
std::vector<Dip> dips_of(const Path& path, const Mobile& mobile, double least_ev, bool between);

/// A place between an image and the next.
struct Between {
  int image = 0;
  double beyond = 0;  ///< share of the step
};

/// Where the profile stands higher than `energy_ev` between images that do not, by the cubic through energies and
/// slopes; where there are several, the highest.
std::optional<Between> peak_above(const Path& path, const Mobile& mobile, double energy_ev);

/// The middle of the step whose energies differ most from the work of the forces at its two images, if by more than a
/// share of the path's rise: what lies there, perhaps a minimum, so few images do not show.
std::optional<Between> least_resolved(const Path& path, const Mobile& mobile);

/// The middle of the step whose energies differ most from the work of the forces at its two images.
Between roughest_step(const Path& path, const Mobile& mobile);

/// Puts an image there that nobody has asked yet; a saddle beyond it keeps its number among the others.
/// Source of growing a path where it is coarse: Kolsbjerg, Groves & Hammer, J. Chem. Phys. 145, 094107 (2016).
void insert_image(Path& path, const Mobile& mobile, const Between& where);

}  // namespace hopflow
