// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/models/parameters.hpp"

#include <string>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/core/json_input.hpp"
#include "workflows/pipeline/models/registry.hpp"

namespace hopflow::pipeline {

const std::vector<ParameterRow>& parameter_table() {
  using P = DeviceParameters;
  static constexpr std::string_view engine = "barrier engine";
  static constexpr std::string_view fitted = "fitted, not from the barrier";
  static constexpr std::string_view assumed = "assumed";
  static const std::vector<ParameterRow> table = {
      {"barrier_ev", &P::barrier_ev, 1e-6, 5, engine, "eV"},
      {"attempt_frequency_thz", &P::attempt_frequency_thz, 1e-3, 1e3, engine, "THz"},
      {"hop_length_angstrom", &P::hop_length_angstrom, 0.1, 100, engine, "A"},
      {"temperature_k", &P::temperature_k, 1, 2000, "given", "K"},
      {"on_conductance_s", &P::on_conductance_s, 1e-15, 1e3, fitted, "S"},
      {"off_conductance_s", &P::off_conductance_s, 1e-15, 1e3, fitted, "S"},
      {"set_threshold_v", &P::set_threshold_v, 0, 100, fitted, "V"},
      {"reset_threshold_v", &P::reset_threshold_v, 0, 100, fitted, "V"},
      {"sharing_length_hops", &P::sharing_length_hops, 1e-3, 1e6, fitted, "hops"},
      {"stabilisation_ev", &P::stabilisation_ev, -5, 5, fitted, "eV"},
      {"sweep_read_voltage_v", &P::sweep_read_voltage_v, 1e-6, 10, "fitted nuisance, not from the barrier", "V"},
      {"ratio_sigma_decades", &P::ratio_sigma_decades, 0, 10, fitted, "decades"},
      {"film_thickness_nm", &P::film_thickness_nm, 0.1, 1e6, assumed, "nm"},
      {"child_a_per_v2", &P::child_a_per_v2, 0, 1e3, assumed, "A/V2"},
      {"series_resistance_ohm", &P::series_resistance_ohm, 0, 1e9, assumed, "ohm"},
      {"compliance_a", &P::compliance_a, 1e-15, 1e3, assumed, "A"},
      {"set_threshold_slope_v", &P::set_threshold_slope_v, -100, 100, assumed, "V"},
      {"reset_threshold_slope_v", &P::reset_threshold_slope_v, -100, 100, assumed, "V"},
      {"threshold_smoothing_v", &P::threshold_smoothing_v, 1e-6, 1, assumed, "V"},
      {"thermal_resistance_k_per_w", &P::thermal_resistance_k_per_w, 0, 1e12, assumed, "K/W"},
      {"sweep_step_v", &P::sweep_step_v, 1e-4, 1, assumed, "V"},
      {"sweep_dwell_s", &P::sweep_dwell_s, 1e-12, 1e6, assumed, "s"},
      {"sweep_limit_v", &P::sweep_limit_v, 1e-3, 100, assumed, "V"},
  };
  return table;
}

nlohmann::json to_json(const DeviceParameters& parameters) {
  nlohmann::json json{{"model", parameters.model}};
  for (const ParameterRow& row : parameter_table()) json[std::string{row.key}] = parameters.*row.member;
  return json;
}

DeviceParameters parameters_from_json(const nlohmann::json& json, std::string_view place) {
  const InputReader reader{json, place};
  DeviceParameters parameters;
  parameters.model = reader.text("model");
  if (find_model(parameters.model) == nullptr)
    reader.fail("model", fmt::format("is '{}'; allowed: {}", text::printable(parameters.model),
                                     text::join(model_names(), ", ")));
  std::vector<std::string> keys{"model"};
  for (const ParameterRow& row : parameter_table()) {
    parameters.*row.member = reader.number(row.key, row.low, row.high);
    keys.emplace_back(row.key);
  }
  reader.allow_keys(keys);
  if (parameters.off_conductance_s >= parameters.on_conductance_s) {
    reader.fail("off_conductance_s",
                fmt::format("is {}, not below on_conductance_s ({}); the filament must conduct better than the film",
                            text::shortest(parameters.off_conductance_s), text::shortest(parameters.on_conductance_s)));
  }
  return parameters;
}

}  // namespace hopflow::pipeline
