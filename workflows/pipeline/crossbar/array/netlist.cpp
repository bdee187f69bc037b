// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/array/netlist.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/crossbar/cell/element_spice.hpp"

namespace hopflow::pipeline {

using Eigen::Index;

std::string spice_netlist(const Array& a, const ArraySolution* solved, const SeriesElement& series) {
  check(a);
  const Index m = a.conductance_s.rows(), n = a.conductance_s.cols();
  if (m > largest_netlist || n > largest_netlist) {
    throw Error{
        Error::Kind::bad_input,
        fmt::format(
            "netlist: {} x {} lines; at most {} of a kind are written, since a circuit simulator takes minutes beyond",
            m, n, largest_netlist)};
  }
  std::string out = "* crossbar array: rows r, columns c\n" + spice_element_header(series), prints;
  // A resistor of 0 ohm is a source of 0 V.
  const auto resistor = [&](const std::string& name, const std::string& from, const std::string& to, double ohm) {
    if (ohm == 0)
      out += fmt::format("V{} {} {} 0\n", name, from, to);
    else if (std::isfinite(ohm))
      out += fmt::format("R{} {} {} {}\n", name, from, to, text::shortest(ohm));
  };
  const auto row = [](Index i, Index j) { return fmt::format("r{}_{}", i, j); };
  const auto column = [](Index i, Index j) { return fmt::format("c{}_{}", i, j); };
  const auto cell = [&](Index i, Index j, bool gate_on) {
    const double s = a.conductance_s(i, j);
    if (s == 0) return;  // open
    const std::string inner = series.present() ? fmt::format("m{}_{}", i, j) : column(i, j);
    resistor(fmt::format("x{}_{}", i, j), row(i, j), inner, 1 / s);
    out += spice_element(series, gate_on, fmt::format("{}_{}", i, j), inner, column(i, j));
  };
  const auto limited = [&](Index i) {
    return solved != nullptr &&
           std::ranges::find(solved->limited_rows, static_cast<int>(i)) != solved->limited_rows.end();
  };
  for (Index i = 0; i < m; ++i) {
    const LineEnd& end = a.rows[static_cast<std::size_t>(i)];
    if (end.voltage_v && std::isfinite(end.compliance_a) && !limited(i))
      out +=
          fmt::format("* row {}: its source stays below its compliance of {} A\n", i, text::shortest(end.compliance_a));
    if (end.voltage_v && limited(i)) {
      out += fmt::format("* row {}: its source of {} V is at its compliance and stands as a current\n", i,
                         text::shortest(*end.voltage_v));
      out += fmt::format("Ir{} 0 rs{} {}\n", i, i,
                         text::shortest(std::copysign(end.compliance_a, solved->row_current_a[i])));
      resistor(fmt::format("rd{}", i), fmt::format("rs{}", i), row(i, 0), a.row_segment_ohm + end.resistance_ohm);
    } else if (end.voltage_v) {
      out += fmt::format("Vr{} rs{} 0 {}\n", i, i, text::shortest(*end.voltage_v));
      resistor(fmt::format("rd{}", i), fmt::format("rs{}", i), row(i, 0), a.row_segment_ohm + end.resistance_ohm);
    } else if (end.injected_a != 0) {
      out += fmt::format("Ir{} 0 {} {}\n", i, row(i, 0), text::shortest(end.injected_a));
    }
    for (Index j = 0; j < n; ++j) {
      if (j > 0) resistor(fmt::format("r{}_{}", i, j), row(i, j - 1), row(i, j), a.row_segment_ohm);
      cell(i, j, end.gate_on);
      if (a.offset_a.size() > 0 && a.offset_a(i, j) != 0)
        out += fmt::format("Ix{}_{} {} {} {}\n", i, j, row(i, j), column(i, j), text::shortest(a.offset_a(i, j)));
    }
  }
  for (Index j = 0; j < n; ++j) {
    const LineEnd& end = a.columns[static_cast<std::size_t>(j)];
    for (Index i = 1; i < m; ++i)
      resistor(fmt::format("c{}_{}", i, j), column(i - 1, j), column(i, j), a.column_segment_ohm);
    if (end.voltage_v) {
      resistor(fmt::format("cd{}", j), column(m - 1, j), fmt::format("cs{}", j),
               a.column_segment_ohm + end.resistance_ohm);
      out += fmt::format("Vc{} cs{} 0 {}\n", j, j, text::shortest(*end.voltage_v));
      prints += fmt::format("print i(vc{})\n", j);
    } else if (end.injected_a != 0) {
      out += fmt::format("Ic{} 0 {} {}\n", j, column(m - 1, j), text::shortest(end.injected_a));
    }
  }
  // Lines that float between elements which block are known less well.
  return out + ".options " +
         (series.present() ? "reltol=1e-8 abstol=1e-14 vntol=1e-8 gmin=1e-18 itl1=1000"
                           : "reltol=1e-12 abstol=1e-18 vntol=1e-15 gmin=1e-25") +
         "\n.control\nset numdgt=16\nop\n" + prints + ".endc\n.end\n";
}

}  // namespace hopflow::pipeline
