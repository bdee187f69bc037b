// SPDX-License-Identifier: GPL-2.0-or-later
// What a CIF states, and its sites under the operations.
#pragma once

#include <string>
#include <vector>

#include "structures/cif/cif.hpp"
#include "structures/cif/disorder/disorder_groups.hpp"
#include "structures/cif/sites/cif_sites.hpp"
#include "structures/cif/sites/site_expansion.hpp"

namespace hopflow {

// Images of a site nearer than this are the same atom on a special position. Where a site is not full, what looks like
// rounding may be a split position, which disorder then chooses between.
inline constexpr double merge_images = 0.1, merge_partial = 0.04;  // A
inline constexpr double full_site = 0.9999;

/// What a CIF states, before symmetry is applied.
struct Stated {
  const CifBlock& block;
  Crystal start;  ///< cell, names, provenance and warnings so far
  std::vector<CifSite> sites;
  CifChoice choice;
  bool every;  ///< arrangement of those that `disorder` lists
  std::string file;

  CifPlace place() const { return block.place("_atom_site_fract_x"); }
};

/// A disorder group counts only where there is something to choose: part of the sites, or several groups.
bool has_choice(const std::vector<CifSite>& sites);

/// Atoms of one cell as they are put together.
struct Atoms {
  std::vector<Eigen::Vector3d> positions;
  std::vector<const CifSite*> sites;

  void add(const CifSite& site, const Eigen::Vector3d& position) {
    positions.push_back(position);
    sites.push_back(&site);
  }
  Crystal crystal(Crystal start) const {
    start.fractional.resize(3, static_cast<Eigen::Index>(positions.size()));
    for (std::size_t i = 0; i < positions.size(); ++i) {
      start.fractional.col(static_cast<Eigen::Index>(i)) = positions[i];
      start.species.push_back(sites[i]->species);
      start.labels.push_back(sites[i]->label);
    }
    return start;
  }
};

/// Every site under the operations: full ones as atoms, the others with all their images, to be chosen among.
class Expansion {
 public:
  Expansion(const Stated& stated, const std::vector<Operation>& operations)
      : stated_{stated}, operations_{operations} {}

  /// False if there are too many atoms, which is a problem.
  bool expand(Crystal& crystal, CifProblems& problems);

  Atoms ordered;
  std::vector<DisorderedSite> disordered;

 private:
  void note(const CifSite& site, const SiteImages& images, bool is_partial, double occupancy, CifProblems& problems);

  const Stated& stated_;
  const std::vector<Operation>& operations_;
  std::vector<std::string> moved_, multiplicities_;
  double farthest_ = 0;
  std::size_t count_ = 0;
};

}  // namespace hopflow
