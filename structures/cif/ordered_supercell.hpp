// SPDX-License-Identifier: GPL-2.0-or-later
// Disordered sites ordered in a supercell.
#pragma once

#include "structures/cif/expansion.hpp"

namespace hopflow {

/// An ordered supercell near the file's composition.
Crystal supercell_crystal(const Stated& stated, const Expansion& expansion, Crystal start, CifProblems& problems);

}  // namespace hopflow
