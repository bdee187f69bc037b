// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/spiking/cells.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"

namespace hopflow::pipeline {

namespace {

constexpr int most_devices = 254;
constexpr int quantile_bits = 12;

/// Purposes of the numbers that make a device, within RandomUse::devices.
enum Property : std::uint32_t { up_size, down_size, range, shape };

double normal_number(std::uint64_t seed, int device, Property property) {
  const auto numbers = random_block(seed, RandomUse::devices, static_cast<std::uint32_t>(device), property, 0);
  return normal_quantile(unit_interval(numbers[0]));
}

std::vector<double> reshaped(std::vector<double> steps, double factor, double exponent) {
  const double mean = std::accumulate(steps.begin(), steps.end(), 0.0) / static_cast<double>(steps.size());
  for (double& step : steps) step = mean > 0 ? factor * mean * std::pow(step / mean, exponent) : 0;
  return steps;
}

void check_range(const char* name, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw Error{Error::Kind::bad_input, fmt::format("{}: {} is out of range; {} to {} are allowed", name,
                                                  text::shortest(value), text::shortest(low), text::shortest(high))};
}

}  // namespace

CellEffects usual_spread() {
  CellEffects cells;
  cells.devices = 16;
  cells.step_sd = 0.3;
  cells.range_sd = 0.1;
  cells.shape_sd = 0.2;
  return cells;
}

void CellEffects::check() const {
  check_range("devices", devices, 1, most_devices);
  check_range("measured devices", static_cast<double>(measured.size()), 0, most_devices);
  check_range("step_sd", step_sd, 0, 2);
  check_range("range_sd", range_sd, 0, 1);
  check_range("shape_sd", shape_sd, 0, 2);
  check_range("stuck_low", stuck_low, 0, 1);
  check_range("stuck_high", stuck_high, 0, 1 - stuck_low);
  check_range("write_noise", write_noise, 0, 10);
  if (!(write_probability > 0 && write_probability <= 1)) {
    throw Error{Error::Kind::bad_input,
                fmt::format("write_probability: {} is not in (0, 1]", text::shortest(write_probability))};
  }
}

template <class Real>
CellWriter<Real>::CellWriter(const DeviceCurve& curve, const CellEffects& effects, std::uint64_t seed)
    : effects_{effects},
      seed_{seed},
      probability_{effects.write_probability},
      noise_{static_cast<Real>(effects.write_noise)} {
  effects.check();
  const auto add = [this](const DeviceCurve& own, double range) {
    devices_.push_back({InterpolatedSteps<Real>{own}, static_cast<Real>(range), static_cast<Real>(1 / range)});
  };
  if (!effects.measured.empty()) {
    for (const DeviceCurve& own : effects.measured) add(own, 1);
  } else if (effects.devices == 1) {
    add(curve, 1);
  } else {
    for (int d = 0; d < effects.devices; ++d) {
      const double exponent = std::max(0.0, 1 + effects.shape_sd * normal_number(effects.seed, d, Property::shape));
      DeviceCurve own = curve;
      own.up =
          reshaped(curve.up, std::exp(effects.step_sd * normal_number(effects.seed, d, Property::up_size)), exponent);
      own.down = reshaped(curve.down, std::exp(effects.step_sd * normal_number(effects.seed, d, Property::down_size)),
                          exponent);
      add(own, std::max(0.05, 1 + effects.range_sd * normal_number(effects.seed, d, Property::range)));
    }
  }
  if (effects.write_noise > 0) {
    const int count = 1 << quantile_bits;
    double square = 0;
    for (int k = 0; k < count; ++k) {
      const double z = normal_quantile((k + 0.5) / count);
      square += z * z / count;
      quantiles_.push_back(static_cast<Real>(z));
    }
    // Equally likely values miss a little of the tails' variance.
    for (Real& z : quantiles_) z = static_cast<Real>(static_cast<double>(z) / std::sqrt(square));
  }
}

template <class Real>
void CellWriter<Real>::place(std::span<Real> weights, int inputs, int neurons, int stride) {
  if (!effects_.cells_differ()) return;
  const auto kinds = static_cast<std::uint32_t>(devices_.size());
  device_of_.assign(weights.size(), 0);
  if (effects_.stuck_low + effects_.stuck_high > 0)
    devices_.push_back({InterpolatedSteps<Real>{DeviceCurve::linear_bounds(0, 0)}, 1, 1});
  for (int i = 0; i < inputs; ++i) {
    for (int j = 0; j < neurons; ++j) {
      const auto cell = static_cast<std::size_t>(i) * static_cast<std::size_t>(stride) + static_cast<std::size_t>(j);
      const auto numbers = random_block(effects_.seed, RandomUse::cells, static_cast<std::uint32_t>(i),
                                        static_cast<std::uint32_t>(j), 0);
      const auto device = static_cast<std::uint32_t>(unit_interval(numbers[0]) * kinds);
      const Real top = devices_[device].range;
      const double fate = unit_interval(numbers[1]);
      if (fate < effects_.stuck_low + effects_.stuck_high) {
        device_of_[cell] = static_cast<std::uint8_t>(kinds);
        stuck_.push_back({cell, fate < effects_.stuck_low ? Real{0} : std::min(top, Real{1})});
      } else {
        device_of_[cell] = static_cast<std::uint8_t>(device);
        weights[cell] = std::min(weights[cell], top);
      }
    }
  }
  restore_stuck(weights);
}

template <class Real>
void CellWriter<Real>::restore_stuck(std::span<Real> weights) const {
  for (const Stuck& stuck : stuck_) weights[stuck.cell] = stuck.weight;
}

template <class Real>
bool CellWriter<Real>::sends() noexcept {
  const auto lane = static_cast<std::size_t>(sends_asked_ & 3);
  if (lane == 0) {
    const std::uint64_t block = sends_asked_ >> 2;
    send_numbers_ = random_block(seed_, RandomUse::writes, static_cast<std::uint32_t>(block),
                                 static_cast<std::uint32_t>(block >> 32), 0);
  }
  ++sends_asked_;
  return unit_interval(send_numbers_[lane]) < probability_;
}

template <class Real>
Real CellWriter<Real>::normal() noexcept {
  // Two numbers of 12 bits from each word, eight from a block.
  const auto lane = static_cast<std::size_t>(normals_asked_ & 7);
  if (lane == 0) {
    const std::uint64_t block = normals_asked_ >> 3;
    normal_numbers_ = random_block(seed_, RandomUse::write_noise, static_cast<std::uint32_t>(block),
                                   static_cast<std::uint32_t>(block >> 32), 0);
  }
  ++normals_asked_;
  return quantiles_[normal_numbers_[lane >> 1] >> ((lane & 1) * 16) & ((1u << quantile_bits) - 1)];
}

template class CellWriter<float>;
template class CellWriter<double>;

}  // namespace hopflow::pipeline
