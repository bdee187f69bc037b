// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/solver/transfer.hpp"

#include <algorithm>

namespace hopflow::pipeline {

namespace {

/// The array with every source at 0 V and nothing else driving it.
Array silent(Array array) {
  for (auto* ends : {&array.rows, &array.columns}) {
    for (LineEnd& end : *ends) {
      if (end.voltage_v) end.voltage_v = 0;
      end.injected_a = 0;
      end.compliance_a = std::numeric_limits<double>::infinity();
    }
  }
  array.offset_a.resize(0, 0);
  return array;
}

}  // namespace

Transfer transfer(ArraySolver& solver, const Array& array) {
  check(array);
  Array probe = silent(array);
  Transfer t;
  t.matrix_s = Eigen::MatrixXd::Zero(array.conductance_s.cols(), array.conductance_s.rows());
  const auto driven = [](const LineEnd& end) { return end.voltage_v.has_value(); };
  const bool by_column = std::ranges::count_if(array.columns, driven) <= std::ranges::count_if(array.rows, driven);
  std::vector<LineEnd>& ends = by_column ? probe.columns : probe.rows;
  for (std::size_t k = 0; k < ends.size(); ++k) {
    if (!ends[k].voltage_v) continue;
    ends[k].voltage_v = 1;
    const ArraySolution s = solver.solve(probe);
    ends[k].voltage_v = 0;
    t.worst_residual = std::max(t.worst_residual, s.residual);
    if (by_column)
      t.matrix_s.row(static_cast<Eigen::Index>(k)) = -s.row_current_a.transpose();
    else
      t.matrix_s.col(static_cast<Eigen::Index>(k)) = s.column_current_a;
  }
  Array rest = array;
  for (LineEnd& end : rest.rows) {
    if (end.voltage_v) end.voltage_v = 0;
  }
  for (auto* ends_of : {&rest.rows, &rest.columns}) {
    for (LineEnd& end : *ends_of) end.compliance_a = std::numeric_limits<double>::infinity();
  }
  const ArraySolution s = solver.solve(rest);
  t.worst_residual = std::max(t.worst_residual, s.residual);
  t.background_a = s.column_current_a;
  return t;
}

}  // namespace hopflow::pipeline
