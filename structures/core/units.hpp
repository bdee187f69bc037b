// SPDX-License-Identifier: GPL-2.0-or-later
// Units inside hopflow: eV, A, eV/A, amu, K, THz, V, S, s. Other units are converted where a number enters or leaves.
#pragma once

namespace hopflow::units {

inline constexpr double pi = 3.14159265358979323846;
inline constexpr double e_charge = 1.602176634e-19;                      ///< J per eV (SI 2019)
inline constexpr double avogadro = 6.02214076e23;                        ///< 1/mol (SI 2019)
inline constexpr double boltzmann = 1.380649e-23 / e_charge;             ///< eV/K (SI 2019)
inline constexpr double kcal_per_mol = 4184.0 / (avogadro * e_charge);   ///< eV
inline constexpr double hartree = 27.211386245988;                       ///< eV (CODATA 2018)
inline constexpr double bohr = 0.529177210903;                           ///< A (CODATA 2018)
inline constexpr double amu = 1.66053906660e-27;                         ///< kg (CODATA 2018)
inline constexpr double epsilon0 = 8.8541878128e-12 / e_charge * 1e-10;  ///< e/(V A) (CODATA 2018)

}  // namespace hopflow::units
