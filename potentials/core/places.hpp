// SPDX-License-Identifier: GPL-2.0-or-later
// Where the program's own files are. Found from the place of the executable, so an installed program can be moved.
#pragma once

#include <filesystem>

namespace hopflow {

/// The folder with inputs/: share/hopflow next to the executable or in one of the folders above it. That is
/// PREFIX/share/hopflow of an installed program, and a link to the clone in a build folder.
/// @return an empty path if there is none
std::filesystem::path program_files();

/// The folder that holds mnist/: .data of a clone, else program_files().
std::filesystem::path picture_files();

}  // namespace hopflow
