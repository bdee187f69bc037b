// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of the i-PI socket protocol, as bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <Eigen/Dense>

namespace hopflow::ipi {

// Headers are twelve characters, padded with blanks; integers are int32, reals float64, in the machine's own order; no
// framing besides. Lengths in bohr, energies in hartree. Source: Kapil et al., Comput. Phys. Commun. 236, 214 (2019).

/// CODATA 2018.
inline constexpr double bohr_angstrom = 0.529177210903;
inline constexpr double hartree_ev = 27.211386245988;

inline constexpr std::size_t header_size = 12;
inline constexpr std::int32_t longest_extra = 1 << 20;  ///< bytes of a client's free text that are read

/// A word as a header.
std::string header(std::string_view word);

/// The word of a header, without the blanks; other than plain capitals: whatever came, made printable.
std::string word_of(const std::array<char, header_size>& bytes);

/// POSDATA: cell and inverse cell by rows of the matrices whose columns are the vectors, then the atoms.
/// @param cell  columns a, b, c (A) @param positions  3xN (A)
std::string posdata(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& positions);

/// INIT with bead 0 and one byte, which every client takes.
std::string init();

/// The stress (eV/A^3, tension positive) of a virial -dE/dstrain (hartree, nine numbers by rows). Clients that send the
/// upper triangle only are completed; the others' halves are averaged.
Eigen::Matrix3d stress_of(const std::array<double, 9>& virial, double volume_angstrom3);

}  // namespace hopflow::ipi
