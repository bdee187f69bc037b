// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/device/device_export.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/pipeline/circuit/export_circuit.hpp"
#include "workflows/pipeline/core/curves.hpp"
#include "workflows/pipeline/core/update_curve.hpp"
#include "workflows/pipeline/device/export_synapse.hpp"
#include "workflows/pipeline/models/registry.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

std::vector<std::pair<std::string, std::string>> model_files(const json& result) {
  const DeviceParameters p = parameters_from_json(result.at("parameters"), "device: parameters");
  std::vector<std::pair<std::string, std::string>> files;
  if (model_named(p.model).circuit != nullptr) {
    files.emplace_back("memristor.cir", spice_subcircuit(p, "memristor"));
    files.emplace_back("memristor-sweep.cir", spice_sweep(p, "memristor", "memristor.cir"));
    files.emplace_back("memristor.va", verilog_a(p, "memristor"));
  }
  if (const json& synapse = result.at("synapse"); synapse.is_object()) {
    files.emplace_back("aihwkit.json", aihwkit_json(synapse).dump(1) + "\n");
    if (const json neurosim = neurosim_json(p, synapse); !neurosim.is_null())  // which knows conductances only
      files.emplace_back("neurosim.json", neurosim.dump(1) + "\n");
    files.emplace_back("table-weights.csv", csv({"table-weights", {{"weight", "1", table_weights(synapse)}}}));
  }
  return files;
}

std::vector<double> table_weights(const json& synapse) {
  const InterpolatedSteps<double> steps{DeviceCurve::from_json(synapse)};
  std::vector<double> weights{0};
  for (int i = 0; i < 200; ++i) {
    const double w = weights.back();
    weights.push_back(std::clamp(i < 100 ? w + steps.up(w) : w - steps.down(w), 0.0, 1.0));
  }
  return weights;
}

}  // namespace hopflow::pipeline
