// SPDX-License-Identifier: GPL-2.0-or-later
// Aromatic rings and how neighbouring ones lie to each other.
#pragma once

#include <string>
#include <vector>

#include "structures/chemistry/molecules.hpp"

namespace hopflow {

/// A flat ring of five or six sp2 atoms of a molecule, whole.
struct AromaticRing {
  int molecule;              ///< index into the molecules given
  std::vector<int> atoms;    ///< in order round the ring
  std::string kind;          ///< "pyridinium", "phenyl", or the ring's Hill formula without hydrogen
  Eigen::Vector3d centroid;  ///< Cartesian (A)
  Eigen::Vector3d normal;    ///< unit vector
};

/// Rings of five or six atoms C, N, O, S, each with at most three neighbours, none farther than 0.1 A from the mean
/// plane.
std::vector<AromaticRing> find_aromatic_rings(const Crystal& crystal, const std::vector<Molecule>& molecules,
                                              const std::vector<Bond>& bonds);

enum class Stacking { face_to_face, offset_parallel, edge_to_face, none };
const char* name_of(Stacking stacking);

/// Two rings of different molecules.
struct RingPair {
  int first, second;         ///< indices into the rings
  Eigen::Vector3i image;     ///< cell of `second`
  double centroid_distance;  ///< A
  double plane_angle_deg;    ///< 0 parallel .. 90
  double offset;             ///< A; from a centroid to the other's projection on its plane, the smaller of the two
  Stacking stacking;
};

/// Where the limits come from, in one sentence.
inline constexpr const char* stacking_criteria =
    "centroids within 5.5 A, planes within 30 degrees of parallel or perpendicular, offset at most 2 A (McGaughey et "
    "al., J. Biol. "
    "Chem. 273, 15458 (1998), with the limits of Salentin et al., Nucleic Acids Res. 43, W443 (2015)); parallel with "
    "an offset "
    "below 1 A is face to face, above it is offset (typically 1.3 to 1.8 A, Janiak, J. Chem. Soc. Dalton Trans. 2000, "
    "3885)";

/// Every pair with centroids within `reach` (A), nearest first, each once per cell. Classes as stacking_criteria says.
std::vector<RingPair> find_ring_pairs(const Crystal& crystal, const std::vector<AromaticRing>& rings,
                                      double reach = 7.0);

/// The class of two rings from their geometry alone.
Stacking classify_stacking(double centroid_distance, double plane_angle_deg, double offset);

}  // namespace hopflow
