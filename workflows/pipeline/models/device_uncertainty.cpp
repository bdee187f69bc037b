// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/models/device_uncertainty.hpp"

#include <algorithm>
#include <cmath>

#include <Random123/philox.h>

#include "structures/core/units.hpp"

namespace hopflow::pipeline {

namespace {

constexpr std::uint32_t barrier_purpose = 1;
constexpr std::uint32_t frequency_purpose = 2;

struct Pair {
  double first;
  double second;
};

double unit_interval(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32 | low) >> 11;  // 53 bits
  return (static_cast<double>(bits) + 0.5) * 0x1p-53;
}

Pair uniforms(std::uint64_t seed, std::uint32_t purpose, std::uint64_t index) {
  const r123::Philox4x32 generator;
  const r123::Philox4x32::ctr_type counter{
      {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), purpose, 0}};
  const r123::Philox4x32::key_type key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const auto bits = generator(counter, key);
  return {unit_interval(bits[0], bits[1]), unit_interval(bits[2], bits[3])};
}

}  // namespace

double normal_quantile(double u) {
  double low = -9, high = 9;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < u ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double uniform_at(std::uint64_t seed, std::uint32_t purpose, std::uint64_t index) {
  return uniforms(seed, purpose, index).first;
}

double normal_at(std::uint64_t seed, std::uint32_t purpose, std::uint64_t index) {
  const Pair u = uniforms(seed, purpose, index);
  return std::sqrt(-2 * std::log(u.first)) * std::cos(2 * units::pi * u.second);
}

std::vector<DeviceParameters> draw_devices(const DeviceParameters& parameters, const BarrierSpread& spread,
                                           std::uint64_t seed) {
  std::vector<DeviceParameters> devices(monte_carlo_draws, parameters);
  const double width = std::log(spread.attempt_frequency_factor);
  const auto count = static_cast<double>(devices.size());
  for (std::size_t i = 0; i < devices.size(); ++i) {
    // One barrier from each of n equally likely slices: percentiles settle far sooner than with free draws.
    const double u = (static_cast<double>(i) + uniform_at(seed, barrier_purpose, i)) / count;
    devices[i].barrier_ev += spread.barrier_sd_ev * normal_quantile(u);
    devices[i].attempt_frequency_thz *= std::exp(width * (2 * uniform_at(seed, frequency_purpose, i) - 1));
  }
  return devices;
}

Percentiles percentiles(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double fraction) {
    const double place = fraction * static_cast<double>(values.size() - 1);
    const std::size_t below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    const double weight = place - static_cast<double>(below);
    return weight == 0 ? values[below] : values[below] + weight * (values[above] - values[below]);
  };
  return {at(0.05), at(0.5), at(0.95)};
}

}  // namespace hopflow::pipeline
