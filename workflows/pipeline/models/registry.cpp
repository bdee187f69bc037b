// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/models/registry.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

// Each in the file of its name.
Speed threshold_speed(const DeviceParameters&, double, Compliance, Relaxation);
Speed thermal_speed(const DeviceParameters&, double, Compliance, Relaxation);
Speed barrier_only_speed(const DeviceParameters&, double, Compliance, Relaxation);

DeviceParameters barrier_only_circuit(const DeviceParameters&);

namespace {

DeviceParameters as_it_is(const DeviceParameters& p) { return p; }

DeviceParameters without_heat(const DeviceParameters& p) {
  DeviceParameters cold = p;
  cold.thermal_resistance_k_per_w = 0;
  return cold;
}

const Model table[]{
    {"threshold",
     "hops lowered by the voltage above a fitted threshold",
     {"set_threshold_v", "sharing_length_hops", "reset_threshold_v", "stabilisation_ev"},
     threshold_speed,
     without_heat},
    {"thermal",
     "the same in a filament heated by its own current",
     {"set_threshold_v", "sharing_length_hops", "reset_threshold_v", "stabilisation_ev"},
     thermal_speed,
     as_it_is},
    {"barrier_only",
     "hops across the whole film and nothing fitted to its kinetics",
     {},
     barrier_only_speed,
     barrier_only_circuit},
};

}  // namespace

std::span<const Model> models() { return table; }

const Model* find_model(std::string_view name) {
  const auto* at = std::ranges::find(table, name, &Model::name);
  return at == std::end(table) ? nullptr : at;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Model& model : table) names.emplace_back(model.name);
  return names;
}

const Model& model_named(std::string_view name) {
  if (const Model* model = find_model(name)) return *model;
  throw Error{Error::Kind::bad_input, fmt::format("model: '{}' is not known; allowed: {}",
                                                  text::printable(std::string{name}), text::join(model_names(), ", "))};
}

}  // namespace hopflow::pipeline
