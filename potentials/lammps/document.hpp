// SPDX-License-Identifier: GPL-2.0-or-later
// Everything a LAMMPS engine depends on, as a value and as the JSON of EngineSpec::document.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

namespace hopflow {

/// A bonded term: its type and its atoms, all counted from 1 as LAMMPS does.
template <std::size_t N>
struct BondedTerm {
  int type;
  std::array<int, N> atoms;
};

/// A LAMMPS system without its geometry: cell and positions come with every question. Plain value.
struct LammpsDocument {
  std::string units = "real";         ///< LAMMPS unit system of `commands`, masses and charges
  std::string atom_style = "charge";  ///< "charge" or "full"
  std::vector<int> species;           ///< N atomic numbers the questions must have
  std::vector<int> types;             ///< N LAMMPS types, from 1
  std::vector<double> charges;        ///< N, in the charge unit of `units`
  std::vector<int> molecules;         ///< N molecule numbers from 1 (0: none); used by atom style full
  std::vector<double> masses;         ///< per type, in the mass unit of `units`
  std::vector<BondedTerm<2>> bonds;
  std::vector<BondedTerm<3>> angles;
  std::vector<BondedTerm<4>> dihedrals;
  std::vector<BondedTerm<4>> impropers;
  std::array<int, 4> bonded_types{0, 0, 0, 0};  ///< number of bond, angle, dihedral, improper types
  std::vector<std::string> commands;            ///< after the atoms: pair_style, pair_coeff, kspace_style, ...
  std::map<std::string, std::string> files;     ///< name -> content of every file the commands read

  /// JSON, the same text for the same value.
  std::string dump() const;

  /// @throws Error{bad_input} if the text is not such a document
  static LammpsDocument parse(const std::string& json);
};

/// The release this build was made for, as LAMMPS states it: "29 Sep 2021".
std::string lammps_version();

/// A release number as its library gives it (20210929) in LAMMPS' own form.
std::string lammps_version_text(int number);

}  // namespace hopflow
