// SPDX-License-Identifier: GPL-2.0-or-later
// A crystal as read: cell, all atoms of one cell, and what the file said about itself.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "structures/core/configuration.hpp"

namespace hopflow {

/// One symmetry-distinct way to order a disordered structure.
struct Arrangement {
  long degeneracy = 1;     ///< how many arrangements of the cell are images of it
  double probability = 0;  ///< of it and its images, by the stated occupancies
  std::string formula;     ///< Hill, of the cell
};

/// How disorder was resolved, where there was any.
struct DisorderReport {
  std::string mode;                          ///< as asked for: "majority", "seed 7"
  double arrangements = 1;                   ///< how many the cell has in all
  std::vector<std::string> chosen;           ///< one line per group: what it is, its occupancy, how often it was taken
  std::vector<Arrangement> representatives;  ///< likeliest first; empty where they were not listed
  int taken = 0;                             ///< which of them this crystal is, from 1; 0 if it is none of the list
  std::optional<Eigen::Matrix3d> matrix{};   ///< of an ordered supercell, columns: its vectors in those of the file
  std::optional<double> energy_ev{};         ///< of an ordered supercell: electrostatic, of its formal charges
  std::optional<double> net_charge{};        ///< of an ordered supercell: sum of its formal charges (e)
  double largest_deviation = 0;  ///< of an ordered supercell: of an element's count from the file's, relative
};

/// All atoms of one unit cell, symmetry applied. It stores no bonds: see find_bonds(), find_metal_bonds(). Plain value.
struct Crystal {
  std::string name;                     ///< data block or file stem
  Eigen::Matrix3d cell;                 ///< columns a, b, c (A)
  Eigen::Matrix3Xd fractional;          ///< 3xN, as read (may lie outside [0,1) where a molecule crosses the edge)
  std::vector<int> species;             ///< N atomic numbers
  std::vector<std::string> labels;      ///< N site labels of the file
  std::vector<double> occupancy;        ///< of an average structure: N; empty where every atom is there
  std::vector<int> kind;                ///< of an average structure: N, equal for sites that hold the same; else empty
  int stated_space_group = 0;           ///< number stated by the file, 0 if none
  std::string stated_symbol;            ///< H-M symbol stated by the file, "" if none
  bool model = false;                   ///< the file says it is a model or computed, not experimental
  std::optional<int> charge;            ///< of the cell (e), where it was stated; files of atoms carry it along
  std::vector<std::string> provenance;  ///< the file's own words about its origin, one line each
  std::optional<DisorderReport> disorder;  ///< only where a choice was made
  std::vector<std::string> warnings;       ///< what a user should know; nothing was changed in silence

  int size() const { return static_cast<int>(species.size()); }
};

/// @throws Error{bad_input} naming `file` if the crystal says it is a model
void refuse_model(const Crystal& crystal, const std::string& file);

/// The same atoms as Cartesian positions.
Configuration to_configuration(const Crystal& crystal);

/// Atoms without labels or provenance; `name` becomes the crystal's name, symbols become labels (Pb1, Pb2, ...).
Crystal to_crystal(const Configuration& configuration, const std::string& name);

/// Hill formula of a set of atoms: "C6H6", "CH6I3NPb" ("" for none).
std::string formula_of(const std::vector<int>& species);

/// Hill formula divided by the greatest common divisor of its counts: the formula unit of a cell's atoms.
std::string reduced_formula(const std::vector<int>& species);

/// Counts in the order chemists write them, least electronegative first: "LiFePO4", "Zr0.84Y0.16O1.92".
std::string written_formula(const std::map<int, double>& counts);

/// How many formula units `species` holds: that common divisor (0 for no atoms).
int formula_units(const std::vector<int>& species);

}  // namespace hopflow
