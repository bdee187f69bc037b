// SPDX-License-Identifier: GPL-2.0-or-later
// Handwriting without a download: digits drawn as strokes, shifted, slanted and scaled by seeded random numbers.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "workflows/pipeline/spiking/encode.hpp"
#include "workflows/pipeline/training/mnist.hpp"

namespace hopflow::pipeline::testing {

struct Point {
  double x, y;
};

/// Each digit's pen path in the unit square, y downwards.
inline const std::array<std::vector<Point>, 10>& glyphs() {
  static const std::array<std::vector<Point>, 10> paths{{
      {{0.5, 0}, {0.85, 0.2}, {0.9, 0.5}, {0.85, 0.8}, {0.5, 1}, {0.15, 0.8}, {0.1, 0.5}, {0.15, 0.2}, {0.5, 0}},
      {{0.3, 0.2}, {0.5, 0}, {0.5, 1}},
      {{0.1, 0.2}, {0.5, 0}, {0.85, 0.2}, {0.8, 0.45}, {0.1, 1}, {0.9, 1}},
      {{0.1, 0.1}, {0.6, 0}, {0.85, 0.2}, {0.4, 0.48}, {0.9, 0.7}, {0.6, 1}, {0.1, 0.9}},
      {{0.6, 0}, {0.1, 0.65}, {0.95, 0.65}, {0.7, 0.65}, {0.7, 0.3}, {0.7, 1}},
      {{0.9, 0}, {0.2, 0}, {0.15, 0.45}, {0.6, 0.4}, {0.9, 0.7}, {0.6, 1}, {0.1, 0.9}},
      {{0.7, 0}, {0.3, 0.3}, {0.1, 0.7}, {0.4, 1}, {0.8, 0.9}, {0.85, 0.65}, {0.5, 0.5}, {0.15, 0.65}},
      {{0.1, 0}, {0.9, 0}, {0.5, 0.5}, {0.35, 1}},
      {{0.5, 0.47}, {0.2, 0.25}, {0.5, 0}, {0.8, 0.25}, {0.5, 0.47}, {0.15, 0.75}, {0.5, 1}, {0.85, 0.75}, {0.5, 0.47}},
      {{0.85, 0.3}, {0.5, 0.5}, {0.15, 0.3}, {0.5, 0}, {0.85, 0.3}, {0.7, 1}},
  }};
  return paths;
}

inline double distance(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double t = length == 0 ? 0 : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/// `count` images, digits 0 to 9 in turn.
inline ImageSet stroke_digits(int count, std::uint64_t seed) {
  ImageSet set;
  set.count = count;
  for (int i = 0; i < count; ++i) {
    const int digit = i % 10;
    const auto first = random_block(seed, RandomUse::weights, static_cast<std::uint32_t>(i), 77, 0);
    const auto second = random_block(seed, RandomUse::weights, static_cast<std::uint32_t>(i), 77, 1);
    const auto between = [](std::uint32_t number, double low, double high) {
      return low + (high - low) * unit_interval(number);
    };
    const double shift_x = between(first[0], -1.5, 1.5), shift_y = between(first[1], -1.5, 1.5),
                 slant = between(first[2], -0.15, 0.15);
    const double width = between(first[3], 11, 15), height = between(second[0], 16, 20),
                 pen = between(second[1], 1.0, 1.7);
    std::vector<Point> path;
    for (const Point p : glyphs()[static_cast<std::size_t>(digit)]) {
      path.push_back({14 + shift_x + width * (p.x - 0.5 + slant * (0.5 - p.y)), 14 + shift_y + height * (p.y - 0.5)});
    }
    for (int y = 0; y < 28; ++y) {
      for (int x = 0; x < 28; ++x) {
        double nearest = 1e9;
        for (std::size_t k = 0; k + 1 < path.size(); ++k)
          nearest = std::min(nearest, distance({x + 0.5, y + 0.5}, path[k], path[k + 1]));
        set.pixels.push_back(static_cast<std::uint8_t>(255 * std::clamp(pen + 0.5 - nearest, 0.0, 1.0)));
      }
    }
    set.labels.push_back(static_cast<std::uint8_t>(digit));
  }
  return set;
}

inline Mnist stroke_mnist(int train, int test) {
  Mnist mnist;
  mnist.train = stroke_digits(train, 1001);
  mnist.test = stroke_digits(test, 2002);
  return mnist;
}

}  // namespace hopflow::pipeline::testing
