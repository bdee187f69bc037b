// SPDX-License-Identifier: GPL-2.0-or-later
// One hop in cells of several sizes, and what it would be in an endless one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hopflow {

/// A barrier found in one cell.
struct CellPoint {
  double volume = 0;  ///< A^3
  double barrier_ev = 0;
};

/// The line barrier = limit + slope / volume.
struct CellLimit {
  double limit_ev = 0;  ///< in an endless cell
  double slope = 0;     ///< eV A^3
  double error_ev = 0;  ///< of the limit: its standard error from the scatter about the line, by Student's t as wide as
                        ///< one standard deviation is (few cells may lie on a line by chance); of two cells, which
                        ///< leave no scatter, its distance from the larger one's barrier
};

/// Least squares over cells. Both ends and the saddle of a hop carry the same net charge and background, so the energy
/// of a charge among its images (1/L) cancels in a barrier; what is left, the change of dipole and quadrupole among
/// images and of the strain field, falls off with the volume. Source: G. Makov & M. C. Payne, Phys. Rev. B 51, 4014
/// (1995), eq. 15; C. Varvenne et al., Phys. Rev. B 88, 134102 (2013), for the elastic part.
/// @return none for fewer than two different volumes
std::optional<CellLimit> cell_limit(std::span<const CellPoint> points);

}  // namespace hopflow
