// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of an error bar that no band shows: engine, protocol, cell, sampling.
#pragma once

#include "potentials/core/model_error.hpp"
#include "workflows/materials/material_run.hpp"

namespace hopflow {

/// The error of the engine that makes a material's paths: what the study states, else the force-field table or the
/// engine block, else what is known of the tier.
ModelError model_error(const Study& study, const MaterialRun& material);

/// The same of an engine that looks at converged paths again. @param refinement  index into Study::refine
ModelError model_error(const Study& study, const MaterialRun& material, std::size_t refinement);

/// Adds what a band cannot know of itself to the error bars of a hop and of its refinements, and sums them up again:
/// `model`, `protocol` (held cations, cell as read), `cell_size` unless a series measured it, `sampling` where one of
/// many arrangements was run. What was not measured gets a value from measurements on other crystals; the part's note
/// names the source.
void complete_error_bars(const Study& study, const MaterialRun& material, HopRun& hop);

}  // namespace hopflow
