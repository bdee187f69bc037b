// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/driver/network_input.hpp"

#include <algorithm>
#include <cmath>

#include "workflows/materials/transport_json.hpp"
#include "workflows/pipeline/core/statistics.hpp"
#include "workflows/pipeline/models/memristor.hpp"
#include "workflows/pipeline/spiking/cells.hpp"

namespace hopflow {

nlohmann::json network_input(const StudyRun& run, const MaterialRun& material, long seed,
                             const nlohmann::json& data_hashes) {
  const Study& study = run.study;
  nlohmann::json input{{"material", material.entry.name},
                       {"preset", study.snn_preset},
                       {"neurons", study.snn_neurons},
                       {"train", study.snn_train},
                       {"test", study.snn_test},
                       {"label", std::min(study.snn_train, 6000)},
                       {"seed", seed},
                       {"synapse", nullptr},
                       {"data_sha256", data_hashes}};
  if (study.snn_preset == "dc2015") return input;
  const nlohmann::json& device = material.device.at("result");
  input["synapse"] = device.at("synapse");
  input["cells"] = {{"write_probability", study.snn_write_probability}};
  const pipeline::DeviceParameters parameters =
      pipeline::parameters_from_json(device.at("parameters"), material.entry.name);
  input["forgetting"] = {{"tau_s", pipeline::retention_time(parameters, study.temperature_k)}};
  if (seed == study.seed && study.line_resistance_ohm > 0)
    input["wires"] = {{"line_resistance_ohm", study.line_resistance_ohm}};
  return input;
}

nlohmann::json drawn_network_input(const StudyRun& run, const MaterialRun& material, int row, int column,
                                   const nlohmann::json& data_hashes) {
  const Study& study = run.study;
  nlohmann::json input = network_input(run, material, study.seed + column, data_hashes);
  input.erase("wires");
  const pipeline::CellEffects unequal = pipeline::usual_spread();
  const int letter = pipeline::LatinSquare{study.snn_draws}.letter(row, column);
  input["cells"] = {{"devices", unequal.devices},   {"step_sd", unequal.step_sd},
                    {"range_sd", unequal.range_sd}, {"shape_sd", unequal.shape_sd},
                    {"seed", study.seed + letter},  {"write_probability", study.snn_write_probability}};
  const Transport transport = transport_of(material);
  input["draw"] = {{"device", material.device.at("result").at("parameters")},
                   {"barrier_sd_ev", transport.uncertainty_ev},
                   {"attempt_frequency_factor", attempt_frequency(study, material, transport.deciding_hop).factor},
                   {"index", row},
                   {"count", study.snn_draws},
                   {"seed", study.seed}};
  return input;
}

}  // namespace hopflow
