// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/solver/solver.hpp"

#include <algorithm>
#include <cmath>

#include "structures/core/error.hpp"

namespace hopflow::pipeline {

namespace {

/// One line's source, and what it does when its compliance holds it back.
struct Limit {
  LineEnd* end;
  double voltage_v, segment_ohm;
  int index;
  bool row, held = false;

  double into(const ArraySolution& s) const { return row ? s.row_current_a[index] : -s.column_current_a[index]; }
  /// Puts the line on the right side of its limit; whether anything changed.
  bool settle(const ArraySolution& s) {
    if (!held) {
      const double current = into(s);
      if (std::abs(current) <= end->compliance_a * (1 + 1e-12)) return false;
      end->voltage_v.reset();
      end->injected_a = std::copysign(end->compliance_a, current);
      held = true;
      return true;
    }
    // A held source has voltage to spare in the direction of its current; otherwise it isn't held.
    const double needed =
        (row ? s.row_entry_v[index] : s.column_entry_v[index]) + end->injected_a * (segment_ohm + end->resistance_ohm);
    if ((voltage_v - needed) * end->injected_a >= 0) return false;
    end->voltage_v = voltage_v;
    end->injected_a = 0;
    held = false;
    return true;
  }
};

}  // namespace

ArraySolution ArraySolver::solve_linear(const Array& array, Path path, bool from_last) {
  const bool try_lines = path == Path::lines || (path == Path::automatic && !(from_last && lines_failed_));
  if (try_lines && LineSolver::suits(array)) {
    if (auto found = lines_.solve(array, from_last)) {
      lines_failed_ = false;
      return std::move(*found);
    }
    lines_failed_ = true;
  }
  if (path == Path::lines)
    throw Error{Error::Kind::bad_input, "array: it cannot be solved line by line; let hopflow choose the method"};
  return nodal_.solve(array, from_last ? path : Path::factor);
}

ArraySolution ArraySolver::solve_any(const Array& array, Path path, bool from_last) {
  check(array);
  const auto limited = [](const LineEnd& end) { return end.voltage_v && std::isfinite(end.compliance_a); };
  if (std::ranges::none_of(array.rows, limited) && std::ranges::none_of(array.columns, limited))
    return solve_linear(array, path, from_last);
  return within_compliance(array, path, from_last);
}

ArraySolution ArraySolver::within_compliance(Array array, Path path, bool from_last) {
  std::vector<Limit> limits;
  const auto watch = [&](std::vector<LineEnd>& ends, double segment_ohm, bool row) {
    for (std::size_t k = 0; k < ends.size(); ++k) {
      if (ends[k].voltage_v && std::isfinite(ends[k].compliance_a))
        limits.push_back({&ends[k], *ends[k].voltage_v, segment_ohm, static_cast<int>(k), row});
    }
  };
  watch(array.rows, array.row_segment_ohm, true);
  watch(array.columns, array.column_segment_ohm, false);
  // Each round moves lines to the side of their limit that the last answer asks for; late rounds move one line only,
  // which cannot go round in circles.
  const int all_at_once = 20, most = all_at_once + 10 * static_cast<int>(limits.size());
  for (int round = 0;; ++round) {
    ArraySolution s = solve_linear(array, path, from_last);
    bool changed = false;
    for (Limit& limit : limits) {
      changed = limit.settle(s) || changed;
      if (changed && round >= all_at_once) break;
    }
    if (!changed) {
      for (const Limit& limit : limits) {
        if (limit.held) (limit.row ? s.limited_rows : s.limited_columns).push_back(limit.index);
      }
      return s;
    }
    if (round == most)
      throw Error{Error::Kind::bad_input,
                  "array: no set of lines at their compliance agrees with all voltages; raise the compliance"};
  }
}

ArraySolution ArraySolver::solve(const Array& array, Path path) { return solve_any(array, path, false); }

ArraySolution ArraySolver::solve_again(const Array& array, Path path) { return solve_any(array, path, true); }

}  // namespace hopflow::pipeline
