// SPDX-License-Identifier: GPL-2.0-or-later
// How many devices of a population work, and how sure a count of some of them is.
#pragma once

#include "workflows/pipeline/core/statistics.hpp"
#include "workflows/pipeline/models/variability.hpp"

namespace hopflow::pipeline {

struct YieldOptions {
  int devices = 55;          ///< measured at once
  double least_ratio = 1e3;  ///< of set to bare conductance, to count as working
  double read_v = 0.1;
};

struct Yield {
  int working = 0;  ///< of `devices`, the first of the population
  double fraction = 0;
  Interval interval{};  ///< Wilson, 95 %
  double expected = 0;  ///< share of 100 000 devices of the population that work
  double expected_without_stuck = 0;
  double median_ratio = 0, ratio_p05 = 0, ratio_p95 = 0;  ///< of the devices that aren't stuck, among the 100 000
};

/// A device works if it isn't stuck and its set-to-bare ratio at the read voltage is above the least.
/// @throws Error{bad_input} naming the option that is out of its range
Yield yield_of(const Population& population, const YieldOptions& options);

}  // namespace hopflow::pipeline
