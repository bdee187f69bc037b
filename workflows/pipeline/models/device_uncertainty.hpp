// SPDX-License-Identifier: GPL-2.0-or-later
// What the error bar of a barrier and the band of its attempt frequency make of a prediction.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

/// How well the barrier's numbers are known.
struct BarrierSpread {
  double barrier_sd_ev = 0;             ///< one standard deviation of a normal distribution
  double attempt_frequency_factor = 1;  ///< nu is log-uniform between nu / factor and nu * factor
};

struct Percentiles {
  double p05 = 0;
  double median = 0;
  double p95 = 0;
};

inline constexpr int monte_carlo_draws = 4000;

/// A uniform number strictly between 0 and 1, a function of its key alone (Philox 4x32, 10 rounds).
double uniform_at(std::uint64_t seed, std::uint32_t purpose, std::uint64_t index);

/// A standard normal number, a function of its key alone (Box-Muller).
double normal_at(std::uint64_t seed, std::uint32_t purpose, std::uint64_t index);

/// The standard normal number below which a fraction u of all lie, 0 < u < 1; bisection to 1e-14.
double normal_quantile(double u);

/// The same device with barrier (stratified) and attempt frequency (free) drawn again; everything fitted is held.
std::vector<DeviceParameters> draw_devices(const DeviceParameters& parameters, const BarrierSpread& spread,
                                           std::uint64_t seed);

/// Percentiles by linear interpolation between order statistics. @param values  at least one
Percentiles percentiles(std::vector<double> values);

}  // namespace hopflow::pipeline
