// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/models/kinds/pulse_table.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace hopflow::pipeline {

namespace {

constexpr int least_depth = 5;
constexpr int most_depth = 40;  ///< a kink, where the state meets its end, is followed this far

}  // namespace

PulseTable::PulseTable(const Memristor& device, double voltage_v, double width_s, double tolerance) {
  const auto exact = [&](double x) { return device.advance(x, voltage_v, width_s); };
  const double enough = std::max(tolerance, 1e-9);
  const auto divide = [&](const auto& self, double a, double after_a, double b, double after_b, int depth) -> void {
    const double middle = 0.5 * (a + b), after = exact(middle);
    const double miss = std::abs(after - 0.5 * (after_a + after_b));
    if (depth < least_depth || (miss > enough && depth < most_depth)) {
      self(self, a, after_a, middle, after, depth + 1);
      self(self, middle, after, b, after_b, depth + 1);
      return;
    }
    error_ = std::max(error_, miss);
    before_.push_back(b);
    after_.push_back(after_b);
  };
  before_.push_back(0);
  after_.push_back(exact(0));
  divide(divide, 0, after_.front(), 1, exact(1), 0);
  for (std::size_t i = 0; i + 1 < before_.size(); ++i)
    slope_.push_back((after_[i + 1] - after_[i]) / (before_[i + 1] - before_[i]));
  std::size_t piece = 0;
  for (int c = 0; c <= cells; ++c) {
    const double x = static_cast<double>(c) / cells;
    while (piece + 2 < before_.size() && before_[piece + 1] < x) ++piece;
    first_.push_back(piece);
  }
}

}  // namespace hopflow::pipeline
