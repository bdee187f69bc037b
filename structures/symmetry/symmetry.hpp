// SPDX-License-Identifier: GPL-2.0-or-later
// Space-group symmetry by spglib, of the whole crystal or of its inorganic frame.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "structures/core/crystal.hpp"

namespace hopflow {

/// x' = rotation * x + translation, in fractional coordinates.
struct Operation {
  Eigen::Matrix3i rotation;
  Eigen::Vector3d translation;
};

/// The same for an operation that does not map the cell as given onto itself (a cubic crystal given in a doubled cell
/// has such): the entries of its rotation are fractions.
struct WideOperation {
  Eigen::Matrix3d rotation;
  Eigen::Vector3d translation;
};

/// What symmetry is taken of: every atom, or the atoms outside organic molecules only.
enum class SymmetryOf { crystal, frame };

/// How symmetry is looked for, where that is left open: of the frame in a crystal with organic molecules, else of every
/// atom; within 0.5 A of a frame, which molecules tilt, and 0.01 A of every atom.
struct SymmetryChoice {
  std::optional<SymmetryOf> of;
  double symprec = 0;  ///< A; 0: left open
};

struct Symmetry {
  SymmetryOf of = SymmetryOf::crystal;  ///< what it was taken of
  int number = 1;                       ///< space-group number found
  std::string symbol = "P1";            ///< international short symbol
  std::vector<Operation> operations;    ///< of the cell as given (not standardised), identity first
  std::vector<WideOperation> beyond;    ///< the crystal's operations that are no operations of the cell as given
  std::vector<int> atoms;               ///< the atoms the symmetry was taken of (all, or the frame), ascending
  std::vector<int> orbit;               ///< per entry of `atoms`: smallest atom equivalent under `operations`
  std::vector<std::string> wyckoff;     ///< per entry of `atoms`: multiplicity and letter in the standard setting, "4c"
  std::vector<std::string> site_symmetry;  ///< per entry of `atoms`: oriented symbol, ".m."
  double symprec = 0.01;                   ///< tolerance asked for (A)
  std::string hall_symbol = "P 1";         ///< of the setting nearest to the cell as given
};

/// @param symprec  tolerance (A)
/// @throws Error{bad_input} if spglib finds nothing at this tolerance, naming it
Symmetry find_symmetry(const Crystal& crystal, SymmetryOf of, double symprec);

Symmetry find_symmetry(const Crystal& crystal, const SymmetryChoice& choice);

/// "frame" or "crystal".
std::string to_string(SymmetryOf of);

/// How the cell as given relates to the primitive and the conventional cell of the same crystal.
struct StandardCells {
  Eigen::Matrix3i given;         ///< columns: the cell as given in primitive vectors (cell = primitive * given)
  std::vector<int> atoms;        ///< one atom of each set that differs by primitive vectors only
  Eigen::Matrix3i conventional;  ///< columns: the standard setting's cell in primitive vectors
  Eigen::Vector3d origin;        ///< of the standard setting, in fractional coordinates of the cell as given
};

/// @throws Error{bad_input} as find_symmetry()
StandardCells find_standard_cells(const Crystal& crystal, double symprec);

}  // namespace hopflow
