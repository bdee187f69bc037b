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
    "molecules by name or nitrogen count; lone halides -1, chalcogenides -2, hydrogen +1; metals by their oxidation "
    "states, the "
    "commonest that makes the crystal neutral";

struct FormalCharges {
  std::map<int, int> of_element;     ///< per element of lone ions (atomic number): formal charge (e)
  std::optional<int> net;            ///< of the cell (e); nullopt if some charge is unknown
  std::vector<std::string> unknown;  ///< molecules and elements without a charge
  bool guessed = false;      ///< a molecule's charge rests on nothing but its electrons, or there are only metals
  std::vector<int> unusual;  ///< elements (atomic numbers) that had to leave their commonest state for net 0
};

/// Every element of lone ions has one charge. Among elements with several oxidation states (Pb 2, 4; Sn 2, 4; Cu 1, 2;
/// ...) the first combination, commonest states first, with net charge 0 is taken; if there is none, the commonest.
FormalCharges formal_charges(const Crystal& crystal, const std::vector<Molecule>& molecules);

/// The same, molecules looked for; a covalent network without end counts among the unknown.
FormalCharges formal_charges(const Crystal& crystal);

}  // namespace hopflow
