// SPDX-License-Identifier: GPL-2.0-or-later
// One atom taken out, its neighbour put in its place: the two ends of a vacancy hop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "structures/hops.hpp"
#include "structures/supercell.hpp"

namespace hopflow {

/// A supercell with one atom removed, and the bookkeeping that keeps both ends in one atom order.
struct VacancyCell {
  Configuration configuration;   ///< host supercell without the vacant atom
  int removed;                   ///< index of the removed atom in the supercell
  std::vector<int> host_index;   ///< per remaining atom: its index in the supercell
};

/// The host supercell `positions` (which may be relaxed) without the atom at `site` (parent atom index, cell 0).
VacancyCell make_vacancy(const Supercell& supercell, const Configuration& host, int parent_atom);

/// Moves the ion that hops (the atom at the far end of `pair`, whose near end is vacant) onto the vacant host site, by
/// the nearest image, in a configuration that has the vacancy's atom order. The ion travels unwrapped.
struct HopEnd {
  Configuration configuration;
  int ion;                       ///< index of the moved ion in the vacancy's atom order
};
HopEnd move_into_vacancy(const Supercell& supercell, const Configuration& host, const VacancyCell& vacancy,
                         const Configuration& relaxed, const SitePair& pair);

/// Host sites of `element` (supercell indices) with no atom of that element within `radius` (A) of them.
std::vector<int> empty_sites(const Configuration& host, const Configuration& configuration, int element,
                             double radius = 1.8);

/// Two atoms and the distance between their nearest images (A).
struct Contact {
  int i;
  int j;
  double distance;
};

/// The atom nearest to `atom` (Contact::j), its own images left out; nullopt if there is no other atom.
std::optional<Contact> closest_contact(const Configuration& configuration, int atom);

}  // namespace hopflow
