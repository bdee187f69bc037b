// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/margin.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace hopflow::pipeline {

WorstCase worst_case(DeviceArray& array, double read_v, Scheme scheme) {
  const Eigen::Index column = array.state().cols() - 1;
  WorstCase worst{.set_a = std::numeric_limits<double>::infinity()};
  for (const double others : {0.0, 1.0}) {
    for (const double own : {0.0, 1.0}) {
      array.state().setConstant(others);
      array.state()(0, column) = own;
      Array ends = array.lines();
      address(ends, 0, column, read_v, scheme);
      const ArraySolution s = array.read(ends);
      const double current = s.column_current_a[column];
      if (own == 1)
        worst.set_a = std::min(worst.set_a, current);
      else
        worst.bare_a = std::max(worst.bare_a, current);
      worst.power_w = std::max(worst.power_w, power(ends, s));
      worst.residual = std::max(worst.residual, s.residual);
    }
  }
  std::array<double, 2> alone{};
  for (const std::size_t x : {0, 1})
    alone[x] = in_series(array.series(), array.cell(0, column).held(static_cast<double>(x)), read_v, true).current_a;
  worst.alone = alone[1] / alone[0];
  return worst;
}

}  // namespace hopflow::pipeline
