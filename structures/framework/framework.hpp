// SPDX-License-Identifier: GPL-2.0-or-later
// The inorganic framework: metal-halide bonds, octahedra, how they share, and in how many dimensions they connect.
#pragma once

#include <string>
#include <vector>

#include "structures/core/crystal.hpp"

namespace hopflow {

/// A bond from a metal to the image of an anion (halogen or chalcogen), `image` cells away.
struct MetalBond {
  int metal;
  int anion;
  Eigen::Vector3i image;
  double distance;  ///< A
};

/// Per atom: true for the metals that hold the framework. Alkali ions sit in its cages and count only where there is no
/// other metal.
std::vector<bool> framework_metals(const Crystal& crystal);

/// Metal-anion bonds outside molecules. Alkali ions count as metals only where there is no other metal.
std::vector<MetalBond> find_metal_bonds(const Crystal& crystal);

struct Framework {
  int dimension = 0;           ///< rank of the periodic metal-halide graph: 0 isolated, 1 chain, 2 layer, 3 network
  std::string sharing;         ///< "corner", "edge", "face", "mixed" or "none"
  std::vector<int> component;  ///< per atom: inorganic component, -1 for organic atoms
};

/// Metal-halide bonds are those below 1.25 x the sum of covalent radii, at most 4 A.
Framework find_framework(const Crystal& crystal);

}  // namespace hopflow
