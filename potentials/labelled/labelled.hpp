// SPDX-License-Identifier: GPL-2.0-or-later
// Configurations whose energies and forces are known: what engines are scored on and force fields are fitted to.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "structures/core/configuration.hpp"
#include "structures/formats/extxyz.hpp"

namespace hopflow {

/// A configuration with the reference's answer.
struct LabelledFrame {
  Configuration configuration;
  double energy_ev = 0;
  Eigen::Matrix3Xd forces;    ///< 3xN (eV/A)
  std::optional<long> image;  ///< place on a path, where the file gives one (`image=3`)
  std::string charge;         ///< charge label of the frame (`charge=1`), "" if it has none
  std::string band;           ///< path or relaxation it belongs to: `band=...`, else the file's stem
  std::string place;          ///< "file, frame 3", for messages
};

/// Reads extended XYZ, also compressed with gzip (name ends in .gz). @throws Error{bad_input} with file:line, Error{io}
std::vector<Frame> frames_in(const std::filesystem::path& file);

/// The same, where every frame is labelled. @throws Error{bad_input} for a frame without
/// energy or forces, naming it; Error{io} where the file cannot be read
std::vector<LabelledFrame> read_labelled(const std::filesystem::path& file);

/// Frames whose energies can be compared: same atoms in the same order, same charge, same band, and the same cell
/// unless the charge is stated to be 0 (the background of a charged cell has an energy of its own). Indices into
/// `frames`, groups and members in order of appearance.
std::vector<std::vector<std::size_t>> comparable(const std::vector<LabelledFrame>& frames);

}  // namespace hopflow
