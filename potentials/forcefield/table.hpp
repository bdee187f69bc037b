// SPDX-License-Identifier: GPL-2.0-or-later
// A force-field table (schema potential/1) as values: kcal/mol, A, degrees, elementary charges, as in the file.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "potentials/core/model_error.hpp"
#include "potentials/forcefield/pattern.hpp"

namespace hopflow {

/// An atom type: which atoms have it, and what they carry.
struct AtomType {
  std::string name;
  std::string bond_class;  ///< name under which bonded terms know it; the type's own name if none is given
  int element;
  std::vector<Pattern> patterns;  ///< any of them
  double charge = 0;              ///< e, charge set and scale applied
  std::optional<double> epsilon;  ///< for mixing
  std::optional<double> sigma;
};

/// A pair term. buckingham: A exp(-r/rho) - C/r^6; lj: 4 eps ((sigma/r)^12 - (sigma/r)^6).
struct PairTerm {
  enum class Form { buckingham, lj } form;
  double a = 0, rho = 0, c = 0;
  double epsilon = 0, sigma = 0;
};

/// K (x - x0)^2: bonds (K in kcal/mol/A^2, A) and angles (kcal/mol/rad^2, degrees).
struct HarmonicTerm {
  double k;
  double x0;
};

/// opls: 1/2 sum V_n (1 -+ cos n phi); cosine: K (1 + cos(n phi - d)).
struct DihedralTerm {
  enum class Form { opls, cosine } form;
  std::array<double, 4> v{};
  double k = 0;
  int n = 0;
  int d = 0;

  bool is_zero() const { return form == Form::opls ? v == std::array<double, 4>{} : k == 0; }
};

struct ForceFieldTable {
  std::string file;
  std::string name;
  std::string status;
  std::optional<ModelError> barrier_error;     ///< of barriers computed with it, where the table states one
  std::string charge_set;                      ///< the one applied, "" if the table has none
  double cation_scale = 1;                     ///< of the charges of molecules
  std::vector<std::string> set_types;          ///< types whose charges the charge set gives
  std::map<std::string, double> set_formulas;  ///< parts whose charge it states: PbI3 -> -1.36
  double cutoff = 10;                          ///< A, pairs and real-space Coulomb
  bool shifted = false;                        ///< each pair's energy (not its Coulomb part) is 0 at the cutoff
  std::string kspace = "ewald";
  double accuracy = 1e-5;
  double lj_14 = 1, coulomb_14 = 1;  ///< scaling of pairs three bonds apart
  bool geometric_mixing = false;
  std::map<std::string, double> net_charge;  ///< by molecule name or formula (e, before scaling)
  std::vector<AtomType> types;
  std::map<std::pair<std::string, std::string>, PairTerm> pairs;  ///< by type names, first <= second
  std::map<std::pair<std::string, int>, PairTerm> cross_terms;    ///< type name with any other type of an element
  std::map<std::array<std::string, 2>, HarmonicTerm> bonds;       ///< by class; keys read the same both ways
  std::map<std::array<std::string, 3>, HarmonicTerm> angles;
  std::map<std::array<std::string, 4>, DihedralTerm> dihedrals;
  std::map<std::string, double> impropers;  ///< class of the central atom -> K

  const AtomType* find_type(const std::string& type_name) const;

  /// The term between two types: listed, then by element, then mixed; nullopt if the table says nothing.
  std::optional<PairTerm> pair(const AtomType& a, const AtomType& b) const;
};

/// The key under which a chain of classes and its reverse are one.
template <std::size_t N>
std::array<std::string, N> either_way(std::array<std::string, N> names) {
  std::array<std::string, N> reversed = names;
  for (std::size_t k = 0; k < N; ++k) reversed[k] = names[N - 1 - k];
  return names <= reversed ? names : reversed;
}

/// Reads a table and the one it extends. @param charge_set  "" for the default
/// @throws Error{bad_input} with file:line:column
ForceFieldTable load_forcefield_table(const std::filesystem::path& path, const std::string& charge_set);

}  // namespace hopflow
