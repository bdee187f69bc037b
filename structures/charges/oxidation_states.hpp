// SPDX-License-Identifier: GPL-2.0-or-later
// Which charges the ions of an element take, and what their neighbours say of it.
#pragma once

#include <string>
#include <vector>

#include "structures/chemistry/molecules.hpp"

namespace hopflow {

/// Ions of one element that stand alike to their neighbours: iodide and the iodine of iodate are two kinds.
struct IonKind {
  int z;
  std::vector<int> atoms;
  std::vector<int> states;        ///< oxidation states (e), commonest first; empty: no usual one
  std::optional<double> valence;  ///< bond-valence sum, mean over the atoms; nullopt where it says nothing
};

/// Atoms bonded to each other that share a charge: I3-, Se2(2-), B12H12(2-), P2 of P2Se6(4-).
struct IonGroup {
  std::vector<int> atoms;
  std::optional<int> charge;
  std::string name;
};

struct Ions {
  std::vector<IonKind> kinds;         ///< by element, then by first atom
  std::vector<IonGroup> groups;       ///< these atoms are in no kind
  std::vector<bool> molecule_counts;  ///< per molecule: its charge holds (no atom of it is bonded to a group or a kind)
  std::vector<bool> molecule_splits;  ///< per molecule: its atoms are among the kinds instead
};

/// @param molecules  finite ones, as finite_molecules() gives them
///
/// Hydrogen is -1 next to metals, B and Si, else +1; a halogen bonded to n oxygen atoms 2n - 1, else -1; an element
/// that may be either is negative where none of its neighbours is a more electronegative non-metal.
Ions find_ions(const Crystal& crystal, const std::vector<Molecule>& molecules);

/// States of an element as cation, commonest first; empty if none is usual.
std::vector<int> cation_states(int atomic_number);

/// State of an element as anion, 0 if it is none.
int anion_state(int atomic_number);

/// Which of two elements draws the electrons of their bond: a rank that grows with electronegativity, 0 for metals that
/// are never anions.
int electron_pull(int atomic_number);

/// Whether one element often has two states in one crystal (Fe, Mn, Ce, Au; not Pb, Sn).
bool is_mixed_valent(int atomic_number);

/// Whether a state is so rare that a missing ion is likelier (Pb +4 next to heavy halides, Ni +4, Bi +5).
bool is_rare_state(int atomic_number, int state);

}  // namespace hopflow
