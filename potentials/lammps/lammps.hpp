// SPDX-License-Identifier: GPL-2.0-or-later
// LAMMPS as a Potential, in this process.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "potentials/core/engine.hpp"

namespace hopflow {

/// One LAMMPS instance for one spec. Stateless as seen from outside: scatter, `run 0`, energy, gather, with sorting
/// off; a question in another cell opens the instance again. A LAMMPS error may end the process (Debian's build has no
/// exceptions), so this belongs into an engine process.
/// With several ranks every rank of the communicator asks the same question at the same time, and atoms that change
/// ranks change the order of sums: answers hold to 1e-9 relative, not to the bit.
/// @param folder  for lammps-HASH8.log and the potential files; absolute, one for each rank
/// @param communicator  as Fortran knows it, for specs that want several ranks
/// @throws Error{bad_input} for an unsound document, Error{missing_dependency} without the library or with another
///   release than this build was made for
std::unique_ptr<Potential> make_lammps(const EngineSpec& spec, const std::filesystem::path& folder,
                                       std::optional<int> communicator = {});

/// Where an instance's own log lies.
std::filesystem::path lammps_log(const std::filesystem::path& folder, const std::string& spec_hash);

}  // namespace hopflow
