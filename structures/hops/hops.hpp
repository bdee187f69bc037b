// SPDX-License-Identifier: GPL-2.0-or-later
// Symmetry-distinct hops of a mobile element, and the network they form.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "structures/core/crystal.hpp"
#include "structures/symmetry/symmetry.hpp"

namespace hopflow {

/// From an atom to the image of another, `image` cells away.
struct SitePair {
  int from;
  int to;
  Eigen::Vector3i image;
};

/// A symmetry-distinct site of the mobile element.
struct HopSite {
  int atom;  ///< representative (smallest index of the orbit)
  std::string label;
  int multiplicity;  ///< atoms in the orbit, per cell as read
};

/// A class of symmetry-equivalent hops. Undirected: (i, j, R) and (j, i, -R) are one.
struct Hop {
  std::string id;  ///< "I1-I2-4.69" style: labels of the ends and length; unique in the table
  SitePair representative;
  int from_site, to_site;  ///< indices into HopTable::sites
  double length_angstrom;
  int multiplicity;             ///< undirected members per cell as read
  int shared_metal;             ///< metal atoms bonded (< 4 A) to both ends
  bool intra;                   ///< both ends belong to one inorganic component, or touch the same ones
  bool reversed_by_symmetry;    ///< an operation swaps the ends: forward must equal reverse
  std::string swapped_by;       ///< that operation: "mirror", "two-fold axis", "inversion", ...; "" if there is none
  double bottleneck_angstrom;   ///< smallest distance from the straight path to any atom but its two ends
  double free_radius_angstrom;  ///< the same to their surfaces (radii.hpp): what could pass along the line
  int narrowest_atom;           ///< atom whose surface that is, -1 if there is none near
  Eigen::Vector3d bow;  ///< at half way, off the straight line of `representative` (A): keeps clear of other atoms
  double bowed_free_radius_angstrom;  ///< with that bow
  std::vector<SitePair> members;      ///< all undirected members, one direction each: from the class's from_site end
};

struct HopTable {
  std::vector<HopSite> sites;
  std::vector<int> site_of_atom;  ///< per atom: index into sites, -1 if not of the element
  std::vector<Hop> hops;          ///< by length, then id
  int dimension = 0;              ///< of the network of all hops listed
};

/// Hops between atoms of `element` no longer than max_length (A).
/// @throws Error{bad_input} if the element does not occur
HopTable find_hops(const Crystal& crystal, const Symmetry& symmetry, int element, double max_length);

/// Per hop of `table`: the hops of a table of lower symmetry (of the same crystal and element) that it merges.
std::vector<std::vector<int>> merged_classes(const HopTable& table, const HopTable& finer);

/// Dimension (0..3) of the infinite network that directed edges form on `sites` atoms: the largest rank, over
/// connected components, of the lattice of cycle translations.
int network_dimension(int atoms, std::span<const SitePair> edges);

/// One class of hops with its computed energies, for the network barrier.
struct HopEnergy {
  int hop;            ///< index into HopTable::hops
  double forward_ev;  ///< from the class's from_site end
  double reverse_ev;
};

/// Vacancy energies of the sites relative to each other, and which sites the hops tie together.
struct SiteEnergies {
  std::vector<double> energy;  ///< eV, per site; the lowest of each group 0
  std::vector<int> group;      ///< per site; -1: no hop reaches it
};

/// Site energies from forward - reverse along the given hops, by least squares where they over-determine them.
/// @throws Error{bad_input} if a barrier is no finite number
SiteEnergies site_energies(const HopTable& table, std::span<const HopEnergy> energies);

/// Saddle of a hop above the lowest site of its group (eV). Where the hops over-determine the site energies the two
/// ends give slightly different saddles: their mean.
double saddle_energy(const HopTable& table, const SiteEnergies& sites, const HopEnergy& energy);

/// Highest saddle along the easiest path that never ends, above the most stable site on that network.
struct NetworkBarrier {
  int dimension;      ///< of the first network that percolates
  double barrier_ev;  ///< minimax saddle minus lowest site energy
  int deciding_hop;   ///< index into HopTable::hops
};

/// Minimax barrier for percolation in at least `dimension` directions, or nullopt if the given hops do not percolate.
std::optional<NetworkBarrier> network_barrier(const HopTable& table, std::span<const HopEnergy> energies,
                                              int dimension);

/// The same for a path that repeats along one cell vector (0 a, 1 b, 2 c): from a site to an image of it in that
/// direction.
std::optional<NetworkBarrier> network_barrier_along(const HopTable& table, std::span<const HopEnergy> energies,
                                                    int axis);

/// Dimension of the network below each energy: an entry wherever a higher saddle opens more dimensions, ascending.
std::vector<NetworkBarrier> barriers_by_dimension(const HopTable& table, std::span<const HopEnergy> energies);

/// Dimension of the network of all hops up to a length: an entry wherever a longer class of hops opens more.
struct DimensionStep {
  int dimension;
  int hop;  ///< index into HopTable::hops
};
std::vector<DimensionStep> dimension_by_length(const HopTable& table);

/// Hops needed to decide the network barrier: every class up to the longest one that still raises the network's
/// dimension or reaches a new site. Shorter classes stay, since length does not say which of them is easy. Indices into
/// table.hops, ascending.
std::vector<int> network_selection(const HopTable& table);

}  // namespace hopflow
