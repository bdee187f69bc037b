// SPDX-License-Identifier: GPL-2.0-or-later
// A network's weights as they are read from tiled arrays: what wires, sneak paths and the read scheme make of them.
#pragma once

#include <Eigen/Core>

#include "workflows/pipeline/crossbar/device_array.hpp"

namespace hopflow::pipeline {

/// How weights become conductances, and how arrays of them are read. Inputs are rows, outputs are columns; a tile's
/// column currents are added to those of the tiles above and below it outside of the arrays.
struct SynapseReadout {
  double on_s = 0, off_s = 0;  ///< conductance of weight 1 and of weight 0 (S)
  Eigen::Index tile_rows = 128, tile_columns = 128;
  Wires wires;
  Scheme scheme = Scheme::grounded;  ///< of rows without a spike; columns are always sensed at 0 V
  double read_v = usual_read_v;
  double read_s = 1e-6;  ///< length of a read pulse, assumed
  bool trim = false;     ///< each output's gain set so that its weights keep their sum
};

struct EffectiveSynapses {
  Eigen::MatrixXd
      conductance_s;       ///< inputs x outputs: change of the output's current per volt when the input spikes alone
  Eigen::MatrixXd weight;  ///< what the network sees, (conductance - off) / (on - off), trimmed if asked
  Eigen::VectorXd background_a;  ///< per output, when no input spikes; taken as known and subtracted
  double median_share = 0;       ///< of the effective over the wire-free conductance, all cells
  double least_share = 0;
  double read_energy_j = 0;  ///< of one spike, mean over inputs
  double idle_power_w = 0;   ///< of all tiles while no input spikes
  double worst_residual = 0;
  int tiles = 0;
};

/// @param weights  inputs x outputs, 0 to 1 of the conductance range
/// grounded: rows without a spike at 0 V, so the array is linear. half, third: those rows at V/2, V/3; a spike adds the
/// rest. floating: one input spikes at a time, all other rows hang on their cells.
/// @throws Error{bad_input} naming the option or weight that is out of its range
EffectiveSynapses read_synapses(const Eigen::MatrixXd& weights, const SynapseReadout& readout);

/// Scales each output of `read` so that its weights have the sum of those wanted; outputs whose weights sum to nothing
/// or less stay.
void trim_outputs(Eigen::MatrixXd& read, const Eigen::MatrixXd& wanted);

}  // namespace hopflow::pipeline
