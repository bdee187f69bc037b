// SPDX-License-Identifier: GPL-2.0-or-later
// Parts of an error bar that no band shows: engine, protocol, cell. Their values were measured on other crystals, which
// the notes name.
#pragma once

#include <string>
#include <vector>

#include "neb/barrier/barrier.hpp"
#include "potentials/core/model_error.hpp"

namespace hopflow {

/// `sampling` of one band where the cations have many arrangements (eV): scatter of one MAPbI3 band about the mean
/// of 36.
inline constexpr double one_sample_ev = 0.10;

/// Puts a part in the place of the one of its name, if that has no value yet.
void put(std::vector<UncertaintyPart>& parts, UncertaintyPart part);

/// `protocol` in a cell that the engine has not relaxed (eV): the network barrier of MAPbI3 while its cell is strained
/// by -1, 0 and 1 % is 0.60, 0.48 and 0.35 eV.
inline constexpr double cell_as_read_ev = 0.12;
UncertaintyPart protocol_in_given_cell();

/// The same on the path of another engine: barriers there, less relaxed ones, are -0.09 and +0.28 eV (learned
/// potentials) and +0.06 and -0.04 eV (PBE-D3 on the path of SevenNet-l3i5, both directions of a (PrPyr)PbI3 hop).
UncertaintyPart protocol_on_kept_path(UncertaintyPart protocol);

/// Whether a cell of this charge (EngineSpec::charge) has no net charge, or an engine that knows none.
bool is_neutral(const std::string& charge);

/// `cell_size` of a vacancy this far from its nearest image (A), falling off with the third power from 9.5 A on: MAPbI3
/// in cells of 96 to 768 atoms, chains of two pyridinium lead iodides in cells of 58 to 800 with cations held.
UncertaintyPart cell_size_part(double distance, bool neutral);

/// Adds `model`, `protocol` and `cell_size` unless they are known, gives a part `sampling` without a value that of one
/// band, and sums all parts up again.
void complete_error_bar(BarrierResult& barrier, const ModelError& model, const UncertaintyPart& protocol,
                        const UncertaintyPart& cell);

/// What is known of the engine of a barrier between two given structures.
struct EngineOfBarrier {
  ModelError error;
  std::string tier;    ///< "analytic" and "test" are surfaces that have no cell and no protocol
  std::string charge;  ///< of the cell, as EngineSpec::charge
};

/// The same for a barrier between two given structures outside a study. Cells smaller than those measured count as the
/// smallest of them; a cell of metals alone is neutral.
/// @param kept_path  the path is another engine's
void complete_error_bar(BarrierResult& barrier, const EngineOfBarrier& engine, bool kept_path = false);

}  // namespace hopflow
