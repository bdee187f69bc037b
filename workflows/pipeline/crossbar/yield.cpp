// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/yield.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

namespace {

constexpr int crowd = 100000;

}  // namespace

Yield yield_of(const Population& population, const YieldOptions& options) {
  const auto refuse = [](const std::string& what) { throw Error{Error::Kind::bad_input, what}; };
  if (options.devices < 1 || options.devices > crowd)
    refuse(fmt::format("devices: {} is out of range; give 1 to {}", options.devices, crowd));
  if (!(options.least_ratio > 1))
    refuse(fmt::format("ratio: {} is out of range; give a number above 1", options.least_ratio));
  Yield y;
  std::vector<double> ratios;
  int working = 0, working_if_free = 0;
  for (int k = 0; k < crowd; ++k) {
    const DrawnDevice cell = population.device(static_cast<std::uint64_t>(k));
    const double ratio =
        read_conductance(cell.parameters, 1, options.read_v) / read_conductance(cell.parameters, 0, options.read_v);
    const bool good = ratio > options.least_ratio;
    working_if_free += good;
    if (cell.stuck) continue;
    ratios.push_back(ratio);
    working += good;
    if (good && k < options.devices) ++y.working;
  }
  y.fraction = static_cast<double>(y.working) / options.devices;
  y.interval = wilson(y.working, options.devices);
  y.expected = static_cast<double>(working) / crowd;
  y.expected_without_stuck = static_cast<double>(working_if_free) / crowd;
  std::sort(ratios.begin(), ratios.end());
  const auto quantile = [&](double q) {
    return ratios.empty() ? 0.0 : ratios[static_cast<std::size_t>(q * static_cast<double>(ratios.size() - 1))];
  };
  y.median_ratio = quantile(0.5);
  y.ratio_p05 = quantile(0.05);
  y.ratio_p95 = quantile(0.95);
  return y;
}

}  // namespace hopflow::pipeline
