// SPDX-License-Identifier: GPL-2.0-or-later
// Coordination polyhedra of the framework's metals: bond lengths, distortion, what neighbours share, where they run.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "structures/framework/framework.hpp"

namespace hopflow {

/// The anions bonded to one metal.
struct Polyhedron {
  int metal;
  int coordination;
  double shortest, mean, longest;             ///< bond lengths (A)
  double distortion_index;                    ///< mean |length - mean| / mean; Baur, Acta Cryst. B 30, 1195 (1974)
  std::optional<double> angle_variance_deg2;  ///< octahedra only: sum over the 12 cis angles of (angle - 90)^2 / 11;
                                              ///< Robinson, Gibbs and Ribbe, Science 172, 567 (1971)
};

/// One for each framework metal with a bond, in order of atoms.
std::vector<Polyhedron> find_polyhedra(const Crystal& crystal, std::span<const MetalBond> bonds);

/// Two metals with anions in common: 1 corner, 2 edge, 3 or more face. Each unordered pair once per cell.
struct SharedAnions {
  int first, second;
  Eigen::Vector3i image;  ///< cell of `second`
  int anions;
  double distance;  ///< metal to metal (A)
};
std::vector<SharedAnions> find_shared_anions(const Crystal& crystal, std::span<const MetalBond> bonds);

/// The direction in which a chain never ends, or the normal of a layer. Nothing for isolated units or networks.
struct FrameworkAxis {
  Eigen::Vector3i indices;  ///< chain: lattice direction [uvw]; layer: plane (hkl); primitive, first non-zero positive
  Eigen::Vector3d cartesian;  ///< unit vector along the chain or normal to the layer
  double period_angstrom;     ///< chain: translation that carries it onto itself; layer: spacing of the planes (hkl)
  int layers;                 ///< in that spacing; 0 for a chain
  double spacing_angstrom;    ///< layers: mean distance of neighbouring ones; chain: 0
  int metals;                 ///< in one period of a chain, in one layer's share of the cell
};

/// One for each direction that occurs (two chains that run alike are listed once).
std::vector<FrameworkAxis> framework_axes(const Crystal& crystal, std::span<const MetalBond> bonds);

}  // namespace hopflow
