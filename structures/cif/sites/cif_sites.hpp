// SPDX-License-Identifier: GPL-2.0-or-later
// The three things a structure is built from, read out of a CIF block: cell, operations, sites.
#pragma once

#include <string>
#include <vector>

#include "structures/cif/syntax/cif_syntax.hpp"
#include "structures/cif/syntax/cif_values.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/crystal.hpp"
#include "structures/symmetry/space_group_table.hpp"

namespace hopflow {

/// One row of the atom-site loop.
struct CifSite {
  std::string label;
  int species = 0;
  Eigen::Vector3d fractional = Eigen::Vector3d::Zero();
  int stated_multiplicity = 0;  ///< 0 if the file gives none
  double occupancy = 1;
  std::string assembly, group;  ///< of disorder, "" if the file gives none
  CifPlace place;               ///< of its row
};

/// Cell matrix (columns, A). Problems: lengths, angles, volume; a warning where the stated volume differs a little.
Eigen::Matrix3d read_cif_cell(const CifBlock& block, CifProblems& problems, std::vector<std::string>& warnings);

/// Sites in file order, as they stand: partial and disordered ones with them. Problems, each with the line of its row:
/// unknown elements, coordinates and occupancies that are no numbers, hydrogens that are stated but not located.
/// @param complete  false: hydrogens without positions are no problem
std::vector<CifSite> read_cif_sites(const CifBlock& block, CifProblems& problems, std::vector<std::string>& warnings,
                                    bool complete = true);

/// What the file says of its symmetry: one list of operations, or, where only a symbol is given, every list that the
/// symbol may mean in this cell.
struct CifSymmetry {
  std::vector<std::vector<Operation>> candidates;  ///< never empty unless problems were found
  std::vector<std::string> names;                  ///< per candidate: setting, for messages
  int number = 0;                                  ///< of the group, 0 if unknown
  std::string symbol;                              ///< as the file writes it
  CifPlace place;                                  ///< of what decided
};
CifSymmetry read_cif_symmetry(const CifBlock& block, const Eigen::Matrix3d& cell, CifProblems& problems,
                              std::vector<std::string>& warnings);

}  // namespace hopflow
