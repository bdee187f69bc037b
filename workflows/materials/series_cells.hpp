// SPDX-License-Identifier: GPL-2.0-or-later
// The hop that decides once more in cells of other sizes.
#pragma once

#include <vector>

#include "workflows/materials/material_run.hpp"

namespace hopflow {

/// The material in the further cells of the study, each with one class of hops; cells that come out the same are left
/// out.
/// @throws Error{bad_input}
std::vector<MaterialRun> plan_series(const Study& study, const MaterialRun& material, int hop);

/// Takes both barriers of the cells of a series to an endless cell, and what that changes into the error bars of all
/// hops.
void conclude_series(MaterialRun& material);

/// The material's own cell, then those of its series.
std::vector<const MaterialRun*> cells_of_series(const MaterialRun& material);

/// The hop of the series in one of its cells, nullptr if it wasn't planned there.
const HopRun* run_of_series(const MaterialRun& material, const MaterialRun& cell);

}  // namespace hopflow
