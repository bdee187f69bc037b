// SPDX-License-Identifier: GPL-2.0-or-later
// What no real crystal has: atoms on top of each other, contacts shorter than any known, bare carbon skeletons.
#pragma once

#include <string>
#include <vector>

#include "structures/core/crystal.hpp"

namespace hopflow {

/// Two atoms too near to each other, in one sentence with both labels and both distances.
struct ContactProblem {
  std::string text;
  int i, j;         ///< atoms; -1 for "and N more"
  bool impossible;  ///< false: published structures have such, mostly by hydrogens that X-rays hardly see
};

/// Pairs of atoms nearer than chemistry allows, impossible ones first (at most ten of a kind, then "and N more").
/// Impossible: below 0.5 A; other than hydrogen below 0.65 x the sum of covalent radii; in different molecules I-H
/// below 1.89, I-C 3.0, Br-H 1.72, Cl-H 1.56, Br-C 2.9, Cl-C 2.8, H-H 1.2 A. Doubtful: hydrogen bonded nearer than 0.65
/// x that sum; of different molecules I-H below 2.3, Br-H 2.1, Cl-H 1.9, H-H 1.4 A.
std::vector<ContactProblem> contact_problems(const Crystal& crystal);

/// Shortest credible distance (A) of atoms that do not bond to each other; 0 for pairs that have none of their own.
double contact_limit(int atomic_number_a, int atomic_number_b);

/// Things to know that are no reason to refuse: organic molecules without hydrogen, lone hydrogen atoms.
std::vector<std::string> chemistry_warnings(const Crystal& crystal);

}  // namespace hopflow
