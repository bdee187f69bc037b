// SPDX-License-Identifier: GPL-2.0-or-later
// Chemical elements: symbol, mass, covalent radius.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hopflow {

/// Atomic number of a symbol ("Pb"), exact in case; nullopt if there is no such element.
std::optional<int> atomic_number(std::string_view symbol);

/// @throws Error{bad_input} outside 1..118
std::string symbol_of(int atomic_number);

/// Standard atomic weight (amu), IUPAC 2021 abridged; the longest-lived isotope's mass number where none exists.
double atomic_mass(int atomic_number);

/// Covalent radius (A), Cordero et al., Dalton Trans. 2008, 2832 (C: sp3; low-spin values); 1.5 where not tabulated.
double covalent_radius(int atomic_number);

/// Pauling's electronegativity (CRC Handbook, 85th ed., 9-77); 1.2 for lanthanides and 2.0 for others not tabulated.
double electronegativity(int atomic_number);

/// True for the non-metals that build organic cations: H, B, C, N, O, F, Si, P, S, Cl when bonded to carbon, and so on
/// is decided by the bond graph, not here; this is only H, C, N, O, P, S.
bool is_organic_element(int atomic_number);

/// F, Cl, Br, I, At.
bool is_halogen(int atomic_number);

/// Li, Na, K, Rb, Cs, Fr.
bool is_alkali(int atomic_number);

/// Be, Mg, Ca, Sr, Ba, Ra.
bool is_alkaline_earth(int atomic_number);

/// Metals, the semimetals Ge and Sb with them; not B, Si, As, Te.
bool is_metal(int atomic_number);

}  // namespace hopflow
