// SPDX-License-Identifier: GPL-2.0-or-later
// Images become spikes: one independent Poisson train per pixel, from counter-based random numbers.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace hopflow::pipeline {

/// What a random number is for; part of its counter, so that no two uses share a stream.
enum class RandomUse : std::uint32_t {
  weights = 1,
  train_spikes = 2,
  label_spikes = 3,
  test_spikes = 4,
  writes = 5,
  write_noise = 6,
  devices = 7,
  cells = 8
};

/// Four 32-bit random numbers (Philox 4x32-10) that depend on the arguments alone.
/// @param index, detail  e.g. image and pixel
/// @param block  position in the stream
std::array<std::uint32_t, 4> random_block(std::uint64_t seed, RandomUse use, std::uint32_t index, std::uint32_t detail,
                                          std::uint32_t block);

/// A random number as a double in (0, 1): the middle of its 2^-32 bin.
inline double unit_interval(std::uint32_t number) { return (static_cast<double>(number) + 0.5) * 0x1p-32; }

/// Natural logarithm by IEEE additions, multiplications and one division, within 2 units of the last place: the bits do
/// not depend on the C library's choice among processor variants.
/// @param x  normal and positive
double portable_log(double x);

/// Spikes of one presentation, sorted by step, then by pixel.
struct SpikeTrains {
  std::vector<std::uint32_t> begin;  ///< steps + 1: step s holds pixels[begin[s]] .. pixels[begin[s + 1] - 1]
  std::vector<std::uint16_t> pixels;

  int steps() const noexcept { return static_cast<int>(begin.size()) - 1; }
  std::span<const std::uint16_t> at(int step) const {
    return {pixels.data() + begin[static_cast<std::size_t>(step)],
            pixels.data() + begin[static_cast<std::size_t>(step) + 1]};
  }
};

/// Which presentation of which image.
struct Presentation {
  std::uint64_t seed = 0;
  RandomUse use = RandomUse::train_spikes;
  std::uint32_t image = 0;    ///< index in its data set, plus passes x count
  std::uint32_t attempt = 0;  ///< how often it was shown before without enough answer
};

/// Makes the Poisson trains of images.
class PoissonEncoder {
 public:
  /// @param steps  steps of the presentation
  /// @param dt_ms  step (ms)
  PoissonEncoder(int steps, double dt_ms) : steps_{steps}, dt_ms_{dt_ms} {}

  /// In every step a pixel of value p spikes with probability p/8 x intensity Hz x dt, independently (Diehl & Cook
  /// 2015, sec. 2.4: 255 -> 63.75 Hz at intensity 2). Instead of one draw per pixel and step, the number of silent
  /// steps before the next spike is drawn, k = floor(ln u / ln(1 - P)), u uniform on (0, 1): P(k) = (1 - P)^k P, the
  /// waiting time of independent draws, so the trains have the same distribution.
  /// @throws Error{bad_input} if a probability reaches 1
  void encode(std::span<const std::uint8_t> image, double intensity, const Presentation& presentation,
              SpikeTrains& out);

 private:
  int steps_;
  double dt_ms_;
  std::vector<std::uint32_t> details_, blocks_;  ///< which blocks of random numbers the trains are made from
  std::vector<double> logs_;                     ///< logarithms of their numbers
  std::vector<std::uint32_t> events_;            ///< step << 16 | pixel, in pixel order
  std::vector<std::uint32_t> cursor_;            ///< where a step's next pixel goes
};

}  // namespace hopflow::pipeline
