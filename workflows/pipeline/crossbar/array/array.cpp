// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/array/array.hpp"

#include <cmath>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include "structures/core/error.hpp"

namespace hopflow::pipeline {

using Eigen::Index;

namespace {

[[noreturn]] void refuse(const std::string& what) { throw Error{Error::Kind::bad_input, what}; }

void check_end(const LineEnd& end, const char* kind, std::size_t index) {
  if (end.voltage_v && !std::isfinite(*end.voltage_v)) {
    refuse(fmt::format("array: {} {} is at {} V; give a finite voltage or 'floating'", kind, index, *end.voltage_v));
  }
  if (!(end.resistance_ohm >= 0 && std::isfinite(end.resistance_ohm))) {
    refuse(fmt::format("array: the end of {} {} has {} ohm; it must be a finite number, 0 or more", kind, index,
                       end.resistance_ohm));
  }
  if (!(end.compliance_a > 0))
    refuse(fmt::format("array: the compliance of {} {} is {} A; it must be above 0", kind, index, end.compliance_a));
  if (!std::isfinite(end.injected_a))
    refuse(fmt::format("array: {} A are put into {} {}; give a finite current", end.injected_a, kind, index));
}

}  // namespace

std::string name_of(Path path) {
  switch (path) {
    case Path::automatic: return "automatic";
    case Path::product: return "product";
    case Path::lines: return "lines";
    case Path::update: return "update";
    case Path::stale: return "stale";
    case Path::factor: return "factor";
  }
  return "";
}

double power(const Array& array, const ArraySolution& s) {
  double watts = 0;
  for (std::size_t i = 0; i < array.rows.size(); ++i)
    watts += array.rows[i].voltage_v.value_or(0) * s.row_current_a[static_cast<Index>(i)];
  for (std::size_t j = 0; j < array.columns.size(); ++j)
    watts -= array.columns[j].voltage_v.value_or(0) * s.column_current_a[static_cast<Index>(j)];
  return watts;
}

double memory_needed(Index rows, Index columns) {
  // The array and its answer, and some twenty numbers a cell of the iteration.
  return 25.0 * sizeof(double) * static_cast<double>(rows) * static_cast<double>(columns);
}

double memory_here() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
}

void check(const Array& a) {
  const Index m = a.conductance_s.rows(), n = a.conductance_s.cols();
  if (m < 1 || n < 1) refuse("array: it has no cells; give at least one row and one column");
  if (static_cast<Index>(a.rows.size()) != m || static_cast<Index>(a.columns.size()) != n) {
    refuse(fmt::format("array: {} row and {} column voltages for {} x {} cells; give one per line", a.rows.size(),
                       a.columns.size(), m, n));
  }
  const double needed = memory_needed(m, n);
  if (needed > memory_here()) {
    refuse(fmt::format("array: {} x {} cells would need about {:.3g} GB, this machine has {:.3g} GB; solve it in tiles",
                       m, n, needed * 1e-9, memory_here() * 1e-9));
  }
  if (a.offset_a.size() != 0 && (a.offset_a.rows() != m || a.offset_a.cols() != n || !a.offset_a.allFinite())) {
    refuse(fmt::format("array: the currents at 0 V are {} x {} or not finite; give {} x {} finite numbers",
                       a.offset_a.rows(), a.offset_a.cols(), m, n));
  }
  for (Index j = 0; j < n; ++j) {
    for (Index i = 0; i < m; ++i) {
      if (!(a.conductance_s(i, j) >= 0)) {
        refuse(fmt::format("array: cell ({}, {}) has a conductance of {} S; it must be 0 (open) or more", i, j,
                           a.conductance_s(i, j)));
      }
    }
  }
  for (const auto& [name, ohm] : {std::pair{"row", a.row_segment_ohm}, std::pair{"column", a.column_segment_ohm}}) {
    if (!(ohm >= 0 && std::isfinite(ohm)))
      refuse(fmt::format("array: {} resistance is {} ohm; it must be a finite number, 0 or more", name, ohm));
  }
  for (std::size_t i = 0; i < a.rows.size(); ++i) check_end(a.rows[i], "row", i);
  for (std::size_t j = 0; j < a.columns.size(); ++j) check_end(a.columns[j], "column", j);
}

}  // namespace hopflow::pipeline
