// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/array/map_svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/core.h>

namespace hopflow::pipeline {

namespace {

using Colour = std::array<int, 3>;

/// Cividis (Nunez, Anderton and Renslow 2018), a few stops.
constexpr std::array<Colour, 6> stops{
    {{0, 34, 78}, {53, 69, 108}, {102, 105, 112}, {148, 142, 119}, {200, 184, 102}, {254, 232, 56}}};

std::string colour(double place) {
  const double at = std::clamp(place, 0.0, 1.0) * (stops.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  const auto mix = [&](std::size_t channel) {
    return static_cast<int>(std::lround(stops[low][channel] + (at - static_cast<double>(low)) *
                                                                  (stops[low + 1][channel] - stops[low][channel])));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2));
}

}  // namespace

std::string map_svg(const Eigen::MatrixXd& values, const std::string& title, const std::string& unit,
                    std::optional<double> brightest) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (Eigen::Index k = 0; k < values.size(); ++k) {
    const double size = std::abs(values(k));
    if (!std::isfinite(size)) continue;
    high = std::max(high, size);
    if (size > 0) low = std::min(low, size);
  }
  if (brightest) {
    low = 0;
    high = *brightest;
  }
  low = std::min(low, high);
  const bool logarithmic = low > 0 && high > 50 * low;
  const auto place = [&](double size) {
    if (!(high > low)) return 1.0;
    return logarithmic ? std::log(std::max(size, low) / low) / std::log(high / low) : (size - low) / (high - low);
  };
  const double cell = std::max(2.0, std::floor(480.0 / static_cast<double>(std::max(values.rows(), values.cols()))));
  const double width = cell * static_cast<double>(values.cols()), height = cell * static_cast<double>(values.rows());
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:g}\" height=\"{1:g}\" viewBox=\"0 0 {0:g} {1:g}\" "
      "font-family=\"sans-serif\" font-size=\"13\">\n"
      "<title>{2}</title>\n<text x=\"10\" y=\"20\">{2}</text>\n<g shape-rendering=\"crispEdges\">\n",
      std::max(width, 320.0) + 20, height + 80, title);
  for (Eigen::Index i = 0; i < values.rows(); ++i) {
    for (Eigen::Index j = 0; j < values.cols(); ++j) {
      if (!std::isfinite(values(i, j))) continue;
      out += fmt::format("<rect x=\"{:g}\" y=\"{:g}\" width=\"{:g}\" height=\"{:g}\" fill=\"{}\"/>\n",
                         10 + cell * static_cast<double>(j), 30 + cell * static_cast<double>(i), cell, cell,
                         colour(place(std::abs(values(i, j)))));
    }
  }
  for (int k = 0; k < 50; ++k)
    out += fmt::format("<rect x=\"{:g}\" y=\"{:g}\" width=\"6\" height=\"12\" fill=\"{}\"/>\n", 10.0 + 6 * k,
                       height + 38, colour(k / 49.0));
  out += fmt::format(
      "</g>\n<text x=\"10\" y=\"{0:g}\">{1:.3g}</text>\n<text x=\"310\" y=\"{0:g}\" text-anchor=\"end\">{2:.3g} "
      "{3}{4}</text>\n</svg>\n",
      height + 66, low, high, unit, logarithmic ? ", logarithmic" : "");
  return out;
}

}  // namespace hopflow::pipeline
