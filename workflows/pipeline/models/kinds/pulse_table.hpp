// SPDX-License-Identifier: GPL-2.0-or-later
// What one kind of pulse does to every state, worked out once: for arrays and trains of millions of pulses.
#pragma once

#include <vector>

#include "workflows/pipeline/models/memristor.hpp"

namespace hopflow::pipeline {

/// The state after one pulse as a function of the state before, linear between nodes. Nodes are added where a straight
/// line misses the exact answer by more than the tolerance, so that error() bounds what was checked at every midpoint.
class PulseTable {
 public:
  /// @param tolerance  of a state, at least 1e-9
  PulseTable(const Memristor& device, double voltage_v, double width_s, double tolerance = 1e-6);

  double next(double x) const {
    std::size_t i = first_[static_cast<std::size_t>(x * cells)];
    while (x > before_[i + 1] && i + 2 < before_.size()) ++i;
    return after_[i] + (x - before_[i]) * slope_[i];
  }

  std::size_t nodes() const { return before_.size(); }
  double error() const { return error_; }  ///< largest miss at a midpoint of the last division

 private:
  static constexpr int cells = 1024;
  std::vector<double> before_, after_, slope_;
  std::vector<std::size_t> first_;
  double error_ = 0;
};

}  // namespace hopflow::pipeline
