// SPDX-License-Identifier: GPL-2.0-or-later
// The inorganic framework: metal-halide bonds, octahedra, how they share, and in how many dimensions they connect.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "structures/core/crystal.hpp"
#include "structures/graph/periodic_graph.hpp"

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

/// Metal-anion bonds; atoms of guest molecules have none, those of anions do (the oxygen of phosphate, the nitrogen of
/// an imidazolate linker). Alkali ions count as metals only where there is no other metal. Bonds are shorter than 1.25
/// x the sum of covalent radii and 4 A. Where fewer than six are, a metal with a lone pair (Ge, Sn, Sb, Tl, Pb, Bi)
/// keeps as many of its contacts below 4 A as come before the widest gap among the first nine, so that the far half of
/// an octahedron counts.
std::vector<MetalBond> find_metal_bonds(const Crystal& crystal);

/// The frame as a periodic graph: its metal-anion bonds, and the bonds inside its molecular anions, linkers, silicates
/// and borates.
PeriodicComponents frame_components(const Crystal& crystal, std::span<const MetalBond> bonds);

/// Per atom outside frame and guests (an alkali ion in its cage): the atoms of the frame it touches.
struct Touching {
  int atom;
  Eigen::Vector3i image;
};
std::vector<std::vector<Touching>> cage_contacts(const Crystal& crystal);

/// Whether a hop stays within one component of the frame: its ends belong to one, or touch the same ones.
bool stays_in_component(const PeriodicComponents& frame, const std::vector<std::vector<Touching>>& touching, int from,
                        int to, const Eigen::Vector3i& image);

struct Framework {
  int dimension = 0;           ///< rank of the frame's periodic graph: 0 isolated, 1 chain, 2 layer, 3 network
  std::string sharing;         ///< "corner", "edge", "face", "mixed" or "none"
  std::vector<int> component;  ///< per atom: inorganic component, -1 for atoms of guest molecules
};

Framework find_framework(const Crystal& crystal);

}  // namespace hopflow
