// SPDX-License-Identifier: GPL-2.0-or-later
// A band's first path from a file: one reader for studies and for cases.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "structures/core/configuration.hpp"

namespace hopflow {

/// Points between the ends of a path, in order: what BarrierOptions::via takes. A whole path, as a run writes it, may
/// be given: its ends then only lead from the ends at hand to its first image.
/// @param file   a frame for each point, in any format of read_frames()
/// @param place  where the file is named ("study.yaml:5:12"), for messages
/// @param like   an end of the band: the points have its atoms in its order and its cell
/// @throws Error{bad_input} beginning with `place`
std::vector<Configuration> read_path(const std::filesystem::path& file, const std::string& place,
                                     const Configuration& like);

/// Refuses a path whose ion does not go from one site to the other, such as that of another hop of the same cell.
/// @param ion       that hops
/// @param from, to  where it starts and where it goes (Cartesian, A)
/// @throws Error{bad_input} beginning with `place`
void check_ion(const std::vector<Configuration>& points, const std::string& place, int ion, const Eigen::Vector3d& from,
               const Eigen::Vector3d& to);

}  // namespace hopflow
