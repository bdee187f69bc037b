// SPDX-License-Identifier: GPL-2.0-or-later
// Whether the atoms of two structures stand in one order, by how far each has to go.
#pragma once

#include <string>
#include <vector>

#include "neb/core/mobile.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// The order that spares atoms most of their path from one structure to the other.
struct BetterOrder {
  std::vector<int>
      atoms;  ///< each would end where the next one does, the last where the first does; none: the order given is best
  double length = 0;         ///< sum of the distances these atoms go in the order given (A)
  double length_share = 1;   ///< of it left in the better order
  double square_share = 1;   ///< the same of the sum of squared distances
  std::size_t in_place = 0;  ///< of the atoms, those it brings to within 0.5 A of where they were
  bool together = false;     ///< in the order given they all go one way, as a layer, a chain or an island that slides

  /// Far better, so that the structures are in different orders: the product of both shares is less than 0.45 and
  /// neither is more than 1. A ring of atoms that trade places, or a chain that ends next to where it began, counts so
  /// too. One atom that goes far, and chains that do not double back, never do: a sum of distances is least where one
  /// atom goes all the way, a sum of squares where many share it. Two equal steps at an angle a leave shares of
  /// sin(a/2) and 2 sin^2(a/2): the limit is at 75 degrees.
  bool far_better() const;

  /// Far better, and it truly puts atoms onto each other's places: half of them or more. Reactions that move hydrogen,
  /// and what slides as a whole, are in the order they were given.
  bool traded() const {
    // No reaction of a few atoms is spared so much by exchanging them; many atoms are exchanged by mistake alone.
    const double no_hop_share = atoms.size() > 4 ? 0.2 : 0.1;
    const bool on_places = 2 * in_place >= atoms.size() || length_share * square_share < no_hop_share;
    return far_better() && on_places && !together;
  }
};

/// Atoms trade only within their kind: one species and, in molecules, one place in the bond graph. Displacements are
/// the shortest images after the shift most atoms share; where nothing is periodic or fixed, after a superposition that
/// brings most atoms to rest. Where the order given leaves most atoms in motion, orders are searched without it: from
/// the structures as they stand and from other shifts and rotations.
/// @param final  may be wrapped, drifted and, where nothing is periodic or fixed, turned
BetterOrder better_order(const Configuration& initial, const Configuration& final, const Mobile& mobile);

/// "Pb (index 3), I (index 5) and 2 more"
std::string listed(const Configuration& configuration, const std::vector<int>& atoms);

}  // namespace hopflow
