// SPDX-License-Identifier: GPL-2.0-or-later
// A device set and reset over and over, with the noise of its cycles; and the law by which measured devices wear out.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
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

/// On/off ratio against cycles: W(N) = W0 exp(-(N / Nc)^b), Kohlrausch's stretched exponential, whose exponent is that
/// of Weibull's distribution (J. Appl. Mech. 18, 293 (1951)), by which cycles to failure are described. An empirical
/// law: nothing in it comes from a barrier, and beyond the cycles it was fitted to it is an extrapolation.
struct WearLaw {
  double ratio = 0;                                   ///< W0
  double cycles = 0;                                  ///< Nc
  double exponent = 1;                                ///< b
  double last_cycles = 0;                             ///< where the measurement ended
  std::array<std::array<double, 3>, 3> covariance{};  ///< of ln W0, ln Nc, ln b

  double ratio_at(double cycles) const;
  double cycles_until(double least_ratio) const;        ///< 0 for a ratio that is never reached
  double cycles_until_sd_ln(double least_ratio) const;  ///< standard error of its logarithm
};

/// {"ratio", "cycles", "exponent", "last_cycles", "covariance"}, and back.
nlohmann::json to_json(const WearLaw& law);
/// @throws Error{bad_input} naming place and key
WearLaw wear_law_from_json(const nlohmann::json& json, std::string_view place);

/// {"cycles", "on_s": [], "off_s": [], "ratio": {"least", "median"}, "note"}
nlohmann::json endurance_json(const EnduranceRun& run, const EnduranceOptions& options);

}  // namespace hopflow::pipeline
