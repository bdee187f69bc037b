// SPDX-License-Identifier: GPL-2.0-or-later
// Spike trains: their statistics against the Poisson process, and which numbers they may depend on.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include "structures/core/error.hpp"
#include "workflows/pipeline/spiking/encode.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;

namespace {

SpikeTrains trains(const std::vector<std::uint8_t>& image, double intensity, std::uint32_t number,
                   std::uint32_t attempt = 0, int steps = 700) {
  PoissonEncoder encoder{steps, 0.5};
  SpikeTrains out;
  encoder.encode(image, intensity, {.seed = 5, .use = RandomUse::train_spikes, .image = number, .attempt = attempt},
                 out);
  return out;
}

std::vector<int> steps_of(const SpikeTrains& spikes, std::uint16_t pixel) {
  std::vector<int> steps;
  for (int s = 0; s < spikes.steps(); ++s)
    for (const std::uint16_t p : spikes.at(s))
      if (p == pixel) steps.push_back(s);
  return steps;
}

}  // namespace

TEST_CASE("random blocks are Philox 4x32-10", "[pipeline][snn]") {
  // Known answer of the Random123 distribution (kat_vectors, philox4x32 10) for an all-zero counter and key.
  CHECK(random_block(0, RandomUse{0}, 0, 0, 0) ==
        std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
}

TEST_CASE("the portable logarithm agrees with the C library's", "[pipeline][snn]") {
  double worst = 0;
  for (double x = 1e-10; x < 3; x *= 1.0007) {
    const double expected = std::log(x);
    worst = std::max(worst, std::abs(portable_log(x) - expected) / std::max(std::abs(expected), 1e-3));
  }
  CHECK(worst < 1e-15);
  CHECK(portable_log(1.0) == 0.0);
}

TEST_CASE("a white pixel fires at 63.75 Hz at intensity 2, in proportion to value and intensity, a black one never",
          "[pipeline][snn]") {
  const std::vector<std::uint8_t> image{255, 0, 64, 1};
  std::array<double, 4> brightness{};
  double brighter = 0;
  const int shows = 2000;
  for (std::uint32_t i = 0; i < shows; ++i) {
    const SpikeTrains spikes = trains(image, 2, i);
    for (const std::uint16_t pixel : spikes.pixels) ++brightness[pixel];
    brighter += static_cast<double>(steps_of(trains(image, 3, i), 0).size());
  }
  const double seconds = 0.35 * shows;
  const auto within = [&](double count, double hz) {
    return std::abs(count - hz * seconds) < 5 * std::sqrt(hz * seconds);
  };
  CHECK(within(brightness[0], 63.75));
  CHECK(brightness[1] == 0);
  CHECK(within(brightness[2], 16));
  CHECK(within(brightness[3], 0.25));
  CHECK(within(brighter, 63.75 * 1.5));
}

TEST_CASE("waiting times are those of one independent draw a step", "[pipeline][snn]") {
  // At intensity 8 a white pixel has P = 0.1275: runs of k silent steps have P (1 - P)^k.
  const double p = 255 * 0.5e-3;
  std::array<int, 8> runs{};
  int total = 0, first_step = 0;
  const int shows = 4000;
  for (std::uint32_t i = 0; i < shows; ++i) {
    const std::vector<int> steps = steps_of(trains({255}, 8, i, 0, 200), 0);
    if (!steps.empty() && steps.front() == 0) ++first_step;
    // A run that starts before step 150 nearly always ends inside the window, so its length isn't cut.
    for (std::size_t k = 0; k + 1 < steps.size() && steps[k] < 100; ++k) {
      const int silent = steps[k + 1] - steps[k] - 1;
      ++total;
      if (silent < 8) ++runs[static_cast<std::size_t>(silent)];
    }
  }
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const double expected = total * p * std::pow(1 - p, static_cast<double>(k));
    INFO("runs of " << k << " silent steps: " << runs[k] << ", expected " << expected);
    CHECK(std::abs(runs[k] - expected) < 5 * std::sqrt(expected));
  }
  CHECK(std::abs(first_step - shows * p) < 5 * std::sqrt(shows * p));
}

TEST_CASE("a pixel's spikes depend on seed, use, image, attempt and pixel alone", "[pipeline][snn]") {
  const std::vector<std::uint8_t> one{0, 0, 200, 0}, many{255, 30, 200, 90};
  const SpikeTrains alone = trains(one, 2, 3), together = trains(many, 2, 3);
  CHECK(steps_of(alone, 2) == steps_of(together, 2));
  CHECK(trains(many, 2, 3).pixels == together.pixels);
  const std::vector<std::uint8_t> twins{200, 200, 200, 200};
  std::set<std::vector<int>> different;
  for (std::uint16_t pixel = 0; pixel < 4; ++pixel)
    for (std::uint32_t image = 0; image < 3; ++image)
      for (std::uint32_t attempt = 0; attempt < 3; ++attempt)
        different.insert(steps_of(trains(twins, 2, image, attempt), pixel));
  CHECK(different.size() == 36);
  for (int s = 0; s < together.steps(); ++s) CHECK(std::is_sorted(together.at(s).begin(), together.at(s).end()));
}

TEST_CASE("an intensity that fills every step is refused", "[pipeline][snn]") {
  CHECK_THROWS_AS(trains({255}, 63, 0), Error);
  CHECK_NOTHROW(trains({255}, 62, 0));
}
