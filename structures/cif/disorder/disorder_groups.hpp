// SPDX-License-Identifier: GPL-2.0-or-later
// Disordered sites as groups of atoms that are there together, and which of these groups exclude each other.
#pragma once

#include <string>
#include <vector>

#include "structures/cif/disorder/disorder_options.hpp"
#include "structures/cif/sites/cif_sites.hpp"
#include "structures/cif/sites/site_expansion.hpp"

namespace hopflow {

/// A disordered site and its images in the cell.
struct DisorderedSite {
  CifSite site;
  SiteImages images;
};

/// One image of one disordered site.
struct DisorderedAtom {
  int site;   ///< index into the sites given
  int image;  ///< index into its images
};

/// Atoms that are there together or not at all: one image of a disorder group, of a molecule, or a single atom.
struct Fragment {
  std::vector<int> atoms;  ///< ascending indices into DisorderGroups::atoms
  double occupancy = 1;
  int kind = 0;  ///< fragments of one kind are images of each other; index into DisorderGroups::kinds
};

struct DisorderGroups {
  std::vector<DisorderedAtom> atoms;
  std::vector<Fragment> fragments;
  std::vector<std::string> kinds;                     ///< in words: "group 1 (C1A, N1A, occupancy 0.6)"
  std::vector<std::vector<DisorderOption>> clusters;  ///< independent of each other; in each, one option is taken
  std::vector<std::vector<int>> images;               ///< per usable operation, per fragment: where it leads
};

/// Fragments: the sites of one assembly, group and occupancy under one operation; without a group, bonded sites of one
/// occupancy, or single sites where those would overlap themselves. Two fragments exclude each other if they are
/// different groups of one assembly under one operation, share an atom, or hold atoms nearer than a bond.
/// @param operations  a group; cell in columns (A)
/// Problems: occupancies above 1 in all of fragments that exclude each other, a group that overlaps itself, choices too
/// entangled to list.
DisorderGroups find_disorder_groups(const std::vector<DisorderedSite>& sites, const std::vector<Operation>& operations,
                                    const Eigen::Matrix3d& cell, CifProblems& problems);

}  // namespace hopflow
