// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/spiking/encode.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include <Random123/philox.h>
#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "workflows/pipeline/core/vector_widths.hpp"

namespace hopflow::pipeline {

std::array<std::uint32_t, 4> random_block(std::uint64_t seed, RandomUse use, std::uint32_t index, std::uint32_t detail,
                                          std::uint32_t block) {
  const r123::Philox4x32::ctr_type counter{{index, detail, block, static_cast<std::uint32_t>(use)}};
  const r123::Philox4x32::key_type key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const auto out = r123::Philox4x32{}(counter, key);
  return {out[0], out[1], out[2], out[3]};
}

namespace {

/// Branchless, so that a loop over it may be made of vectors.
HOPFLOW_INLINE double log_of(double x) {
  constexpr std::uint64_t mantissa = (std::uint64_t{1} << 52) - 1, half = std::uint64_t{1022} << 52,
                          two_52 = std::uint64_t{1075} << 52;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  double m = std::bit_cast<double>((bits & mantissa) | half);  // [0.5, 1)
  double exponent = std::bit_cast<double>(bits >> 52 | two_52) - (0x1p52 + 1022);
  const bool small = m < 0.70710678118654752;
  m = small ? m * 2 : m;
  exponent = small ? exponent - 1 : exponent;
  // ln m = 2 atanh((m - 1)/(m + 1)); |z| < 0.172, so ten terms reach 1e-17.
  const double z = (m - 1) / (m + 1), z2 = z * z;
  double series = 0;
  for (int k = 21; k >= 3; k -= 2) series = (series + 1.0 / k) * z2;
  return exponent * 0.69314718055994530942 + 2 * (z + z * series);
}

/// Blocks (detail[b], block[b]) of a stream, as random_block() gives them, as logarithms of numbers on (0, 1): the
/// Philox rounds of Salmon et al., SC'11, over many counters at once.
/// @param logs  4 a block
HOPFLOW_WIDTHS void random_logs(std::uint64_t seed, RandomUse use, std::uint32_t index, const std::uint32_t* detail,
                                const std::uint32_t* block, int blocks, double* logs) {
  constexpr int group = 16;
  for (int first = 0; first < blocks; first += group) {
    std::uint32_t c0[group], c1[group], c2[group], c3[group];
    const int count = std::min(group, blocks - first);
    for (int b = 0; b < group; ++b) {
      const int from = first + std::min(b, count - 1);
      c0[b] = index;
      c1[b] = detail[from];
      c2[b] = block[from];
      c3[b] = static_cast<std::uint32_t>(use);
    }
    auto k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
      for (int b = 0; b < group; ++b) {
        const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c0[b], p1 = std::uint64_t{0xCD9E8D57} * c2[b];
        c0[b] = static_cast<std::uint32_t>(p1 >> 32) ^ c1[b] ^ k0;
        c1[b] = static_cast<std::uint32_t>(p1);
        c2[b] = static_cast<std::uint32_t>(p0 >> 32) ^ c3[b] ^ k1;
        c3[b] = static_cast<std::uint32_t>(p0);
      }
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    double out[4 * group];
    for (int b = 0; b < group; ++b) {
      out[4 * b] = unit_interval(c0[b]);
      out[4 * b + 1] = unit_interval(c1[b]);
      out[4 * b + 2] = unit_interval(c2[b]);
      out[4 * b + 3] = unit_interval(c3[b]);
    }
    for (int n = 0; n < 4 * group; ++n) out[n] = log_of(out[n]);
    std::copy_n(out, 4 * count, logs + 4 * first);
  }
}

}  // namespace

double portable_log(double x) { return log_of(x); }

void PoissonEncoder::encode(std::span<const std::uint8_t> image, double intensity, const Presentation& presentation,
                            SpikeTrains& out) {
  const double per_value = intensity / 8 * dt_ms_ * 1e-3;
  if (!(per_value > 0) || per_value * 255 >= 1) {
    throw Error{Error::Kind::bad_input,
                fmt::format("intensity {} asks for a spike in every step of {} ms; lower it", intensity, dt_ms_)};
  }
  // Enough blocks of random numbers for nearly every train: four waits each.
  std::array<int, 256> blocks_for{};
  std::array<double, 256> inverse_log{};
  details_.clear();
  blocks_.clear();
  for (std::size_t pixel = 0; pixel < image.size(); ++pixel) {
    const std::size_t value = image[pixel];
    if (value == 0) continue;
    if (blocks_for[value] == 0) {
      const double probability = per_value * static_cast<double>(value), spikes = probability * steps_;
      inverse_log[value] = 1 / log_of(1 - probability);
      blocks_for[value] = 1 + static_cast<int>((spikes + 2 * std::sqrt(spikes)) / 4);
    }
    for (int block = 0; block < blocks_for[value]; ++block) {
      details_.push_back(static_cast<std::uint32_t>(pixel) | presentation.attempt << 16);
      blocks_.push_back(static_cast<std::uint32_t>(block));
    }
  }
  logs_.resize(4 * blocks_.size());
  random_logs(presentation.seed, presentation.use, presentation.image, details_.data(), blocks_.data(),
              static_cast<int>(blocks_.size()), logs_.data());
  events_.clear();
  out.begin.assign(static_cast<std::size_t>(steps_) + 1, 0);
  const double* ready = logs_.data();
  for (std::size_t pixel = 0; pixel < image.size(); ++pixel) {
    const std::size_t value = image[pixel];
    if (value == 0) continue;
    const double scale = inverse_log[value];
    std::int64_t step = -1;
    // The longest wait, ln 2^-33 / ln(1 - P) < 2e6 steps at the faintest pixel, fits an integer. False: the train is
    // over.
    const auto spikes_after = [&](double log) {
      step += 1 + static_cast<std::int64_t>(log * scale);
      if (step >= steps_) return false;
      ++out.begin[static_cast<std::size_t>(step) + 1];
      events_.push_back(static_cast<std::uint32_t>(step) << 16 | static_cast<std::uint32_t>(pixel));
      return true;
    };
    const auto prepared = std::span{ready, 4 * static_cast<std::size_t>(blocks_for[value])};
    ready += prepared.size();
    bool goes_on = true;
    for (std::size_t n = 0; n < prepared.size() && goes_on; ++n) goes_on = spikes_after(prepared[n]);
    const std::uint32_t detail = static_cast<std::uint32_t>(pixel) | presentation.attempt << 16;
    for (auto block = static_cast<std::uint32_t>(blocks_for[value]); goes_on; ++block) {
      const auto numbers = random_block(presentation.seed, presentation.use, presentation.image, detail, block);
      for (std::size_t n = 0; n < numbers.size() && goes_on; ++n)
        goes_on = spikes_after(log_of(unit_interval(numbers[n])));
    }
  }
  for (std::size_t s = 1; s < out.begin.size(); ++s) out.begin[s] += out.begin[s - 1];
  out.pixels.resize(events_.size());
  cursor_.assign(out.begin.begin(), out.begin.end() - 1);
  for (const std::uint32_t event : events_)
    out.pixels[cursor_[event >> 16]++] = static_cast<std::uint16_t>(event & 0xffff);
}

}  // namespace hopflow::pipeline
