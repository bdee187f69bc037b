// SPDX-License-Identifier: GPL-2.0-or-later
// One list of symmetry operations applied: crystals, or why it gives none.
#pragma once

#include <vector>

#include "structures/cif/expansion.hpp"

namespace hopflow {

struct Built {
  std::vector<Crystal> crystals;  ///< one, or every arrangement asked for
  CifProblems problems;
  bool stated_z = true;  ///< false if the first gives the stated formula with another Z than the file states
};

/// Sites, disorder and composition under these operations, checked against what the file states.
Built build_crystals(const Stated& stated, const std::vector<Operation>& operations);

}  // namespace hopflow
