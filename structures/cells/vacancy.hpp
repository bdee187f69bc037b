// SPDX-License-Identifier: GPL-2.0-or-later
// One atom taken out, its neighbour put in its place: a vacancy, and the two ends of its hop.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "structures/cells/supercell.hpp"
#include "structures/hops/hops.hpp"

namespace hopflow {

/// A host (a supercell, which may be relaxed) with one atom removed.
struct VacancyCell {
  Configuration configuration;  ///< the host without that atom, in its order
  int removed;                  ///< index of the atom in the host
  std::vector<int> host_index;  ///< per remaining atom: its index in the host
};

VacancyCell make_vacancy(const Configuration& host, int removed);

/// An ion hops from its site onto a vacant one. All configurations have one atom order, whichever of the two sites is
/// vacant: the host's without the later site, with the ion in the place of the earlier one. So a hop and its reverse
/// are the same numbers.
struct HopCell {
  Configuration before, after;  ///< of the host: the ion on its own site, and on the vacant one; it travels unwrapped
  int ion;
  int vacant_before;            ///< host atom whose site the ion goes to
  int vacant_after;             ///< host atom whose site it leaves
  std::vector<int> host_index;  ///< per atom: its index in the host; the ion's is the earlier of both sites

  int removed() const { return std::max(vacant_before, vacant_after); }
  int other(int vacant) const { return vacant == vacant_before ? vacant_after : vacant_before; }
  /// Index of the atom on a site of the host while `vacant` (one of the two) is empty.
  int on_site(int site, int vacant) const { return site == other(vacant) ? ion : site - (site > removed() ? 1 : 0); }
  /// The site an atom is on while `vacant` is empty.
  int site_of(int atom, int vacant) const {
    return atom == ion ? other(vacant) : host_index[static_cast<std::size_t>(atom)];
  }
  /// The atom's index in make_vacancy(host, vacant).
  int in_vacancy(int atom, int vacant) const {
    return site_of(atom, vacant) - (site_of(atom, vacant) > vacant ? 1 : 0);
  }
};

/// Atoms of the supercell that `pair` joins: its near end, in cell 0, and its far one.
std::pair<int, int> joined_atoms(const Supercell& supercell, const SitePair& pair);

/// The vacancy at the near end of `pair` (in cell 0) trades places with the ion at its far end.
/// @throws Error{bad_input} if the supercell is so small that both ends are one site
HopCell make_hop(const Supercell& supercell, const Configuration& host, const SitePair& pair);

/// A configuration of the cell without `vacant`, one of the hop's two sites, in the hop's order and frame.
/// @param configuration  in the order of make_vacancy(host, vacant)
Configuration in_order_of(const HopCell& hop, const Configuration& configuration, int vacant);

/// The ion put on the other one of its sites.
/// @param vacant  which of the two sites is empty in `configuration`, and is filled
Configuration with_ion_moved(const HopCell& hop, Configuration configuration, int vacant);

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
