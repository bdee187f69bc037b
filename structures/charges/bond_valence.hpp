// SPDX-License-Identifier: GPL-2.0-or-later
// How much of its charge an ion spends on a bond.
#pragma once

#include <optional>

namespace hopflow {

/// Valence of a bond between two elements `distance` (A) apart: exp((R - d) / 0.37 A), R from the size and the
/// electronegativity parameter of both; nullopt where one is not tabulated.
/// Source: O'Keeffe and Brese, J. Am. Chem. Soc. 113, 3226 (1991), eq 3 and table I.
std::optional<double> bond_valence(int atomic_number_a, int atomic_number_b, double distance);

}  // namespace hopflow
