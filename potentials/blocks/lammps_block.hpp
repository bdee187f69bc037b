// SPDX-License-Identifier: GPL-2.0-or-later
// `engine: {kind: lammps, ...}` of a case file: LAMMPS commands given as text.
#pragma once

#include <filesystem>

#include "potentials/core/engine.hpp"
#include "structures/core/configuration.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow {

/// As engine_from_block(), for a block of kind lammps.
EngineSpec lammps_from_block(const yaml::Node& block, const Configuration& configuration,
                             const std::filesystem::path& folder);

}  // namespace hopflow
