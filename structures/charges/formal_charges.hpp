// SPDX-License-Identifier: GPL-2.0-or-later
// Formal charges of ions and molecules, and whether they add up.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "structures/chemistry/molecules.hpp"

namespace hopflow {

/// How the charges were chosen, in one sentence for tables and files.
inline constexpr const char* charge_rule =
    "molecules by name or by their bonds; lone halides -1, chalcogenides -2, hydrogen +1 or, next to metals and boron, "
    "-1; metals by the usual oxidation states that make the crystal neutral, of several such the ones nearest to the "
    "bond valences";

struct FormalCharges {
  std::map<int, int> of_element;  ///< per element of lone ions (atomic number): formal charge (e), where all carry one
  std::map<int, double> mean;     ///< per element whose ions carry several: their mean (e)
  std::vector<std::optional<int>> of_atom;  ///< per atom: its own charge (e); nullopt in molecules and where unknown
  std::optional<int> net;                   ///< of the cell (e); nullopt if some charge is unknown
  std::vector<std::string> unknown;         ///< molecules and elements without a charge
  bool guessed = false;      ///< a molecule's charge rests on nothing but its bonds, so a net charge is no alarm
  std::vector<int> unusual;  ///< elements (atomic numbers) that had to take a rare state for net 0
};

/// Of the combinations of oxidation states that make the crystal neutral the one nearest to the bond-valence sums, then
/// the commonest; where none does, one element that often has several states may have a mean between them (Mn +3.5 in
/// LiMn2O4). If the crystal cannot be neutral, the commonest states and the net charge that leaves; but unknown among
/// metals alone, and where metals of several states share sulphur, nitrogen or what binds like these.
FormalCharges formal_charges(const Crystal& crystal, const std::vector<Molecule>& molecules);

/// A vacancy in the notation of Kroeger and Vink: V_I^., V_Li^', V_O^.. .
/// @param effective_charge  against the undisturbed site (e): minus that of the ion taken out
std::string vacancy_symbol(int element, int effective_charge);

/// The same, molecules looked for.
FormalCharges formal_charges(const Crystal& crystal);

}  // namespace hopflow
