// SPDX-License-Identifier: GPL-2.0-or-later
// Extended XYZ, as ase.io reads and writes it.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "structures/core/configuration.hpp"

namespace hopflow {

/// One frame: atoms, and whatever of energy, forces, stress and move_mask the frame carries.
struct Frame {
  Configuration configuration;
  std::optional<double> energy_ev;
  std::optional<Eigen::Matrix3Xd> forces;                 ///< 3xN (eV/A)
  std::optional<Eigen::Matrix3d> stress;                  ///< eV/A^3, tension positive (ASE's sign)
  std::optional<Mask> mobile;                             ///< column move_mask: 1 = may move
  std::vector<std::pair<std::string, std::string>> info;  ///< other key=value of the comment line, in order
};

/// @throws Error{bad_input} with file:line
std::vector<Frame> read_extxyz(const std::filesystem::path& path);

/// As read_extxyz(), from text; `name` stands in messages where the file name would.
std::vector<Frame> parse_extxyz(const std::string& content, const std::string& name);

/// 17 significant digits; Lattice, Properties, pbc, energy, forces as ASE takes them.
std::string format_extxyz(std::span<const Frame> frames);

}  // namespace hopflow
