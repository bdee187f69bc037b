// SPDX-License-Identifier: GPL-2.0-or-later
// The devices of a study side by side: what their barriers say about their order, and how surely.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// @param devices  materials with their device_stage() results; those without parameters are left out
/// @return null for fewer than one device, else
///   "materials" [{"name", "barrier_ev", "barrier_sd_ev", "tau_s" {p05, median, p95} at 300 K, "switching_s" {...}
///   at 1.25 V,
///                 "update" {"up_v", "down_v", "largest_up", "largest_down"} | null}]
///   "orders"    [{"larger", "smaller", "barrier", "tau_s"}]: probabilities that the first material's barrier and
///   retention
///               are above the second's, for every pair, the first being the one with the larger barrier
///   "properties" [{"property", "from": "barrier|fitted|not explained", "sentence"}]
nlohmann::json cation_comparison(const std::vector<std::pair<std::string, nlohmann::json>>& devices,
                                 std::uint64_t seed);

}  // namespace hopflow::pipeline
