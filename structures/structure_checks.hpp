// SPDX-License-Identifier: GPL-2.0-or-later
// What no real crystal has: atoms on top of each other, contacts shorter than any known, bare carbon skeletons.
#pragma once

#include <string>
#include <vector>

#include "structures/crystal.hpp"

namespace hopflow {

/// Pairs of atoms nearer than chemistry allows, one sentence each with both labels and both distances (at most ten,
/// then "and N more"). Limits: coincident 0.5 A; bonded pairs 0.65 x the sum of covalent radii; not bonded I-H 2.3,
/// I-C 3.0, Br-H 2.1, Cl-H 1.9, Br-C 2.9, Cl-C 2.8 A; H-H of different molecules 1.4 A.
std::vector<std::string> contact_problems(const Crystal& crystal);

/// Things to know that are no reason to refuse: organic molecules without hydrogen, lone hydrogen atoms.
std::vector<std::string> chemistry_warnings(const Crystal& crystal);

}  // namespace hopflow
