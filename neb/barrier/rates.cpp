// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/barrier/rates.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "structures/core/error.hpp"
#include "structures/core/units.hpp"

namespace hopflow {

Rate hopping_rate(double barrier_ev, double barrier_sd_ev, double attempt_thz, double ln_sd, double temperature_k) {
  const auto require = [](bool holds, const char* what, double value) {
    if (!holds) throw Error(Error::Kind::bad_input, fmt::format("rate: {} is {}", what, value));
  };
  require(temperature_k > 0 && std::isfinite(temperature_k), "the temperature (K), which must be positive,",
          temperature_k);
  require(attempt_thz > 0 && std::isfinite(attempt_thz), "the attempt frequency (THz), which must be positive,",
          attempt_thz);
  require(barrier_sd_ev >= 0 && ln_sd >= 0, "an error, which must not be negative,", std::min(barrier_sd_ev, ln_sd));
  require(std::isfinite(barrier_ev), "the barrier (eV)", barrier_ev);
  const double kt = units::boltzmann * temperature_k;
  return {attempt_thz * 1e12 * std::exp(-barrier_ev / kt), std::exp(std::hypot(barrier_sd_ev / kt, ln_sd))};
}

}  // namespace hopflow
