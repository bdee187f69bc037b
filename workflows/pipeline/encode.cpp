// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/encode.hpp"

#include <cmath>
#include <limits>

#include <Random123/philox.h>
#include <fmt/core.h>

#include "structures/error.hpp"

namespace hopflow::pipeline {

std::array<std::uint32_t, 4> random_block(std::uint64_t seed, RandomUse use, std::uint32_t index, std::uint32_t detail,
                                          std::uint32_t block) {
  const r123::Philox4x32::ctr_type counter{{index, detail, block, static_cast<std::uint32_t>(use)}};
  const r123::Philox4x32::key_type key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const auto out = r123::Philox4x32{}(counter, key);
  return {out[0], out[1], out[2], out[3]};
}

double portable_log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // [0.5, 1)
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  // ln m = 2 atanh((m - 1)/(m + 1)); |z| < 0.172, so ten terms reach 1e-17.
  const double z = (m - 1) / (m + 1), z2 = z * z;
  double series = 0;
  for (int k = 21; k >= 3; k -= 2) series = (series + 1.0 / k) * z2;
  return exponent * 0.69314718055994530942 + 2 * (z + z * series);
}

void PoissonEncoder::encode(std::span<const std::uint8_t> image, double intensity, const Presentation& presentation,
                            SpikeTrains& out) {
  events_.clear();
  out.begin.assign(static_cast<std::size_t>(steps_) + 1, 0);
  const double per_value = intensity / 8 * dt_ms_ * 1e-3;
  if (!(per_value > 0) || per_value * 255 >= 1) {
    throw Error{Error::Kind::bad_input, fmt::format("intensity {} asks for a spike in every step of {} ms; lower it", intensity, dt_ms_)};
  }
  std::array<double, 256> inverse_log{};
  for (std::size_t pixel = 0; pixel < image.size(); ++pixel) {
    const std::size_t value = image[pixel];
    if (value == 0) continue;
    double& scale = inverse_log[value];
    if (scale == 0) scale = 1 / portable_log(1 - per_value * static_cast<double>(value));
    std::int64_t step = -1;
    const std::uint32_t detail = static_cast<std::uint32_t>(pixel) | presentation.attempt << 16;
    for (std::uint32_t block = 0; step < steps_; ++block) {
      for (const std::uint32_t number : random_block(presentation.seed, presentation.use, presentation.image, detail, block)) {
        // The longest wait, ln 2^-33 / ln(1 - P) < 2e6 steps at the faintest pixel, fits an integer.
        step += 1 + static_cast<std::int64_t>(portable_log(unit_interval(number)) * scale);
        if (step >= steps_) break;
        ++out.begin[static_cast<std::size_t>(step) + 1];
        events_.push_back(static_cast<std::uint32_t>(step) << 16 | static_cast<std::uint32_t>(pixel));
      }
    }
  }
  for (std::size_t s = 1; s < out.begin.size(); ++s) out.begin[s] += out.begin[s - 1];
  out.pixels.resize(events_.size());
  cursor_.assign(out.begin.begin(), out.begin.end() - 1);
  for (const std::uint32_t event : events_) out.pixels[cursor_[event >> 16]++] = static_cast<std::uint16_t>(event & 0xffff);
}

}  // namespace hopflow::pipeline
