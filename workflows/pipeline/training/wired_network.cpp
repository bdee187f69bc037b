// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/training/wired_network.hpp"

#include <algorithm>

#include "workflows/pipeline/crossbar/weight_readout.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

json accuracy_through_wires(const TrainedNetwork& network, const ImageSet& images, int count,
                            const NetworkWires& wires) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::MatrixXd weights =
      Eigen::Map<const Matrix>(network.weights.data(), network.inputs, network.neurons).cast<double>().cwiseMax(0);
  // Cells with a wider range than the usual one have weights above 1.
  const double top = std::max(1.0, weights.maxCoeff());
  SynapseReadout readout;
  readout.off_s = wires.off_s;
  readout.on_s = wires.off_s + top * (wires.on_s - wires.off_s);
  readout.wires = {.row_segment_ohm = wires.line_resistance_ohm, .column_segment_ohm = wires.line_resistance_ohm};
  json reads = json::array();
  TrainedNetwork wired = network;
  for (const Eigen::Index tile : {SynapseReadout{}.tile_rows, Eigen::Index{32}}) {
    readout.tile_rows = readout.tile_columns = tile;
    for (const Scheme scheme : {Scheme::grounded, Scheme::floating}) {
      readout.scheme = scheme;
      EffectiveSynapses read = read_synapses(weights / top, readout);
      for (const bool trimmed : {false, true}) {
        if (trimmed) trim_outputs(read.weight, weights / top);
        Eigen::Map<Matrix>(wired.weights.data(), network.inputs, network.neurons) = (top * read.weight).cast<float>();
        const double accuracy = test_network(wired, images, count, 1, {}).accuracy;
        reads.push_back({{"tile", tile},
                         {"scheme", name_of(scheme)},
                         {"trimmed", trimmed},
                         {"accuracy", accuracy},
                         {"accuracy_sampling_error", sampling_error(accuracy, count)},
                         {"median_share", read.median_share},
                         {"least_share", read.least_share},
                         {"read_energy_j", read.read_energy_j},
                         {"residual", read.worst_residual}});
      }
    }
  }
  return {{"line_resistance_ohm", wires.line_resistance_ohm},
          {"on_s", wires.on_s},
          {"off_s", wires.off_s},
          {"reads", std::move(reads)}};
}

}  // namespace hopflow::pipeline
