// SPDX-License-Identifier: GPL-2.0-or-later
// `engine: {kind: lammps, ...}` of a case file: LAMMPS commands given as text.
#pragma once

#include <filesystem>

#include "potentials/blocks/block_text.hpp"
#include "potentials/core/engine.hpp"
#include "structures/core/configuration.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow {

/// As engine_from_block(), for a block of kind lammps.
EngineSpec lammps_from_block(const yaml::Node& block, const Configuration& configuration,
                             const std::filesystem::path& folder);

/// True if a block gives neither atom types nor commands.
bool lammps_answers_tables(const yaml::Node& block);

/// As print_block(). A library belongs to the machine: it keeps its place, by its full path.
std::string print_lammps_block(const yaml::Node& block, const std::filesystem::path& folder, const std::string& common,
                               const Renamed& renamed);

/// See run_table().
void run_lammps_table(EngineSpec& spec, const std::filesystem::path& library, int ranks);

}  // namespace hopflow
