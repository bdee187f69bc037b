// SPDX-License-Identifier: GPL-2.0-or-later
// Conditions of a measurement, from the prose that older reference files state them in.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// {"temperature_k", "read_v", "pulse_v", "width_s", "compliance_a", "set_v", "erase_v", "devices", "ratio_above"},
/// those of them that the words state: "363 K, 0.1 V read" -> temperature_k 363, read_v 0.1; "1.25 V x 1.1 mA x 100 ns"
/// -> pulse_v 1.25, width_s 1e-7; "compliance 1 mA"; "+1.5 V sets, -1.5 V resets"; "55 devices"; "ratio > 1e3".
nlohmann::json conditions_of(const std::string& words);

}  // namespace hopflow::pipeline
