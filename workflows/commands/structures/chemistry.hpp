// SPDX-License-Identifier: GPL-2.0-or-later
// What a chemist asks of a crystal: octahedra, how they share, where chains run, charges, ring stacking.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "structures/charges/formal_charges.hpp"
#include "structures/framework/polyhedra.hpp"
#include "structures/framework/stacking.hpp"

namespace hopflow {

struct Chemistry {
  std::vector<Polyhedron> polyhedra;
  std::vector<SharedAnions> shared;
  std::vector<FrameworkAxis> axes;
  int dimension = 0;  ///< of the framework: says whether the axes are chains or layers
  FormalCharges charges;
  std::vector<AromaticRing> rings;
  std::vector<RingPair> ring_pairs;
};

/// @param molecules  as find_molecules gives them (none if the crystal holds a covalent network)
Chemistry describe_chemistry(const Crystal& crystal, const std::vector<Molecule>& molecules, int dimension);

/// Keys polyhedra, shared_anions, axes, charges, stacking.
nlohmann::ordered_json chemistry_json(const Crystal& crystal, const Chemistry& chemistry);

/// Lines of the table of hopflow check.
void print_chemistry(const Crystal& crystal, const Chemistry& chemistry);

}  // namespace hopflow
