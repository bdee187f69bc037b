// SPDX-License-Identifier: GPL-2.0-or-later
// Structures as users of other programs keep them: one frame, or the images of a path.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "structures/core/configuration.hpp"

namespace hopflow {

/// A structure, and which coordinates of it may change.
struct PathFrame {
  Configuration configuration;
  std::optional<Mask> mobile;                            ///< per atom; false: held along all axes
  std::optional<std::vector<std::array<bool, 3>>> free;  ///< per atom and axis, where some are held along some only
};

/// Reads all frames of a file or folder: a VASP folder with subfolders 00..NN (CONTCAR before POSCAR), XDATCAR,
/// POSCAR with selective dynamics, ASE's .traj, eOn's .con, extended XYZ, CIF and LAMMPS data. `FILE@N` is its N-th
/// frame from 0, or from the end where N is negative.
/// @param types  LAMMPS type of each element, for data files that state no masses
/// @throws Error{bad_input} naming the file and what of it cannot be read
std::vector<PathFrame> read_frames(const std::filesystem::path& file, const std::map<std::string, int>& types = {});

/// Selective dynamics of a POSCAR, per atom and axis; nothing where it states none. Axes of the cell's vectors are
/// taken as Cartesian ones, which is refused where an atom is held along some of them and the cell is not at right
/// angles.
std::optional<std::vector<std::array<bool, 3>>> selective_dynamics(const std::string& poscar, const std::string& name);

}  // namespace hopflow
