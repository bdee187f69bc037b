// SPDX-License-Identifier: GPL-2.0-or-later
// A device set and reset over and over, with the noise of its cycles. No wear: nothing published says how a device
// ends.
#pragma once

#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/models/variability.hpp"
#include "workflows/pipeline/protocols/protocol_options.hpp"

namespace hopflow::pipeline {

struct EnduranceOptions {
  double set_v = 1.2, reset_v = -1.5;
  double set_s = 1e-2, reset_s = 1e-2;
  double read_v = 0.1;
  int cycles = 2000;
};

std::span<const ProtocolOption<EnduranceOptions>> endurance_options();

struct EnduranceRun {
  std::vector<double> on_s, off_s;  ///< read after each set and each reset (S)
  std::vector<double> state_on, state_off;
};

/// @param device  which one of the population
/// @throws Error{bad_input} naming the option that is out of its range
EnduranceRun endurance(const Population& population, std::uint64_t device, const EnduranceOptions& options);

/// {"cycles", "on_s": [], "off_s": [], "ratio": {"least", "median"}, "note"}
nlohmann::json endurance_json(const EnduranceRun& run, const EnduranceOptions& options);

}  // namespace hopflow::pipeline
