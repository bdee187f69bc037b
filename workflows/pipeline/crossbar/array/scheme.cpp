// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/array/scheme.hpp"

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

Scheme scheme_of(const std::string& name) {
  for (const Scheme scheme : {Scheme::grounded, Scheme::half, Scheme::third, Scheme::floating}) {
    if (name == name_of(scheme)) return scheme;
  }
  throw Error{Error::Kind::usage, fmt::format("scheme: '{}' is not known; allowed: grounded, half, third, floating",
                                              text::printable(name))};
}

std::string name_of(Scheme scheme) {
  switch (scheme) {
    case Scheme::grounded: return "grounded";
    case Scheme::half: return "half";
    case Scheme::third: return "third";
    case Scheme::floating: return "floating";
  }
  return "";
}

void address(Array& array, Eigen::Index row, Eigen::Index column, double voltage_v, Scheme scheme) {
  std::optional<double> other_rows = 0.0, other_columns = 0.0;
  if (scheme == Scheme::half) other_rows = other_columns = voltage_v / 2;
  if (scheme == Scheme::third) {
    other_rows = voltage_v / 3;
    other_columns = 2 * voltage_v / 3;
  }
  if (scheme == Scheme::floating) other_rows = other_columns = std::nullopt;
  array.rows.resize(static_cast<std::size_t>(array.conductance_s.rows()));
  array.columns.resize(static_cast<std::size_t>(array.conductance_s.cols()));
  for (LineEnd& end : array.rows) {
    end.voltage_v = other_rows;
    end.gate_on = false;
  }
  for (LineEnd& end : array.columns) end.voltage_v = other_columns;
  array.rows[static_cast<std::size_t>(row)].voltage_v = voltage_v;
  array.rows[static_cast<std::size_t>(row)].gate_on = true;
  array.columns[static_cast<std::size_t>(column)].voltage_v = 0.0;
}

}  // namespace hopflow::pipeline
