// SPDX-License-Identifier: GPL-2.0-or-later
// A cell stretched along its vectors, molecules moved but not deformed.
#pragma once

#include <vector>

#include "structures/chemistry/molecules.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// The same atoms in a cell whose vectors a, b, c are `stretch` times as long: single atoms and the centres of
/// molecules keep their fractional coordinates, atoms of a molecule their distances.
/// @param molecules  finite_molecules() of the configuration
Configuration strained(const Configuration& configuration, const std::vector<Molecule>& molecules,
                       const Eigen::Vector3d& stretch);

}  // namespace hopflow
