// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/reference/row_device.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/models/conduction.hpp"
#include "workflows/pipeline/reference/row.hpp"

namespace hopflow::pipeline {

namespace {

constexpr std::array<std::string_view, 7> conditions{"temperature_k",        "compliance_a", "film_thickness_nm",
                                                     "sweep_limit_v",        "sweep_step_v", "sweep_dwell_s",
                                                     "series_resistance_ohm"};

const ParameterRow& parameter(std::string_view key) {
  return *std::ranges::find(parameter_table(), key, &ParameterRow::key);
}

}  // namespace

DeviceParameters under_conditions(DeviceParameters p, const nlohmann::json& row) {
  for (const std::string_view key : conditions) {
    const auto stated = condition(row, key);
    if (!stated) continue;
    const ParameterRow& entry = parameter(key);
    if (!(*stated >= entry.low && *stated <= entry.high))
      throw Error{Error::Kind::bad_input,
                  fmt::format("reference: row '{}': {} is {}; give a number from {} to {}",
                              text::printable(row.at("id").get<std::string>()), key, text::shortest(*stated),
                              text::shortest(entry.low), text::shortest(entry.high))};
    p.*entry.member = *stated;
  }
  return p;
}

bool changes_device(const DeviceParameters& p, const nlohmann::json& row) {
  return std::ranges::any_of(conditions, [&](std::string_view key) {
    const auto stated = condition(row, key);
    return stated && *stated != p.*parameter(key).member;
  });
}

double switching_state(const DeviceParameters& p, const nlohmann::json& row) {
  const auto level_s = condition(row, "level_s");
  // Within what a sweep passes, whatever a fit tries on its path.
  return level_s ? std::clamp(state_of_conductance(p, *level_s), 0.05, 0.95) : 0.5;
}

}  // namespace hopflow::pipeline
