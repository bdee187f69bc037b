// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/programming.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

namespace {

using Eigen::Index;

constexpr double noticeable = 0.05;  ///< relative change of a conductance

Eigen::MatrixXd conductances(const DeviceArray& array, double read_v) { return array.linear(read_v).conductance_s; }

void add(WriteReport& total, const PulseResult& pulse) {
  ++total.pulses;
  total.energy_j += pulse.energy_j;
  total.worst_residual = std::max(total.worst_residual, pulse.worst_residual);
  std::vector<int> both;
  std::set_union(total.limited_rows.begin(), total.limited_rows.end(), pulse.limited_rows.begin(),
                 pulse.limited_rows.end(), std::back_inserter(both));
  total.limited_rows = std::move(both);
}

void add(WriteReport& total, WriteReport part) {
  const int pulses = total.pulses + part.pulses;
  add(total, PulseResult{part.energy_j, part.worst_residual, std::move(part.limited_rows)});
  total.pulses = pulses;
  total.failed.insert(total.failed.end(), part.failed.begin(), part.failed.end());
}

/// What moved although nobody asked: cells that are 0 in `selected`.
std::vector<CellState> moved(const DeviceArray& array, const Eigen::MatrixXi& selected, const Eigen::MatrixXd& before,
                             double read_v) {
  std::vector<CellState> cells;
  const Eigen::MatrixXd after = conductances(array, read_v);
  for (Index i = 0; i < after.rows(); ++i) {
    for (Index j = 0; j < after.cols(); ++j) {
      if (selected(i, j) == 0 && std::abs(after(i, j) - before(i, j)) > noticeable * before(i, j))
        cells.push_back({i, j, before(i, j), after(i, j)});
    }
  }
  return cells;
}

/// Whether the cell reads as set with all other lines grounded.
bool reads_set(DeviceArray& array, Index row, Index column, double read_v) {
  Array a = array.series().present() ? array.lines() : array.linear(read_v);
  address(a, row, column, read_v, Scheme::grounded);
  const ArraySolution s = array.series().present() ? array.read(a) : array.solver().solve(a);
  return s.column_current_a[column] > reference_current(array.cell(row, column).parameters(), read_v, array.series());
}

}  // namespace

Erase erase_of(const std::string& name) {
  if (name == "whole") return Erase::whole;
  if (name == "cells") return Erase::cells;
  if (name == "none") return Erase::none;
  throw Error{Error::Kind::usage,
              fmt::format("erase: '{}' is not known; allowed: whole, cells, none", text::printable(name))};
}

nlohmann::json to_json(const std::vector<CellState>& cells) {
  nlohmann::json out = nlohmann::json::array();
  for (const CellState& c : cells)
    out.push_back({{"row", c.row}, {"column", c.column}, {"before_s", c.before}, {"after_s", c.after}});
  return out;
}

double reference_current(const DeviceParameters& device, double read_v, const SeriesElement& series) {
  if (!series.present()) return 0.1 * read_v * read_conductance(device, 1, read_v);
  return 0.1 * in_series(series, Memristor{device}.held(1), read_v, true).current_a;
}

WriteReport erase_whole(DeviceArray& array, const WriteProtocol& protocol) {
  WriteReport report;
  const Eigen::MatrixXd before = conductances(array, protocol.read_v);
  Array ends = array.lines();
  for (LineEnd& end : ends.rows) end.voltage_v = protocol.erase_v;
  add(report, array.pulse(ends, protocol.width_s));
  const Eigen::MatrixXd after = conductances(array, protocol.read_v);
  for (Index i = 0; i < after.rows(); ++i) {
    for (Index j = 0; j < after.cols(); ++j) {
      if (array.state()(i, j) > 0.5) report.failed.push_back({i, j, before(i, j), after(i, j)});
    }
  }
  return report;
}

WriteReport pulse_cells(DeviceArray& array, const Eigen::MatrixXi& select, double voltage_v,
                        const WriteProtocol& protocol) {
  WriteReport report;
  const Eigen::MatrixXd before = conductances(array, protocol.read_v);
  const bool setting = voltage_v > 0;
  Array ends = array.lines();
  for (Index i = 0; i < select.rows(); ++i) {
    for (Index j = 0; j < select.cols(); ++j) {
      if (select(i, j) == 0) continue;
      for (int pulse = 0; pulse < protocol.most_pulses; ++pulse) {
        address(ends, i, j, voltage_v + std::copysign(pulse * protocol.step_v, voltage_v), protocol.scheme);
        add(report, array.pulse(ends, protocol.width_s));
        if (protocol.most_pulses > 1 && reads_set(array, i, j, protocol.read_v) == setting) break;
      }
    }
  }
  for (Index i = 0; i < select.rows(); ++i) {
    for (Index j = 0; j < select.cols(); ++j) {
      if (select(i, j) != 0 && (array.state()(i, j) > 0.5) != setting)
        report.failed.push_back({i, j, before(i, j), array.conductance(i, j, protocol.read_v)});
    }
  }
  report.disturbed = moved(array, select, before, protocol.read_v);
  return report;
}

WriteReport write(DeviceArray& array, const Eigen::MatrixXi& image, const WriteProtocol& protocol) {
  WriteReport report;
  if (protocol.erase == Erase::whole) add(report, erase_whole(array, protocol));
  Eigen::MatrixXi bare = Eigen::MatrixXi::Zero(image.rows(), image.cols()), set = image;
  const Eigen::MatrixXd before = conductances(array, protocol.read_v);
  if (protocol.erase == Erase::cells) {
    bare = (image.array() == 0 && array.state().array() > 0.5).cast<int>();
    add(report, pulse_cells(array, bare, protocol.erase_v, protocol));
    set = (image.array() == 1 && array.state().array() < 0.5).cast<int>();
  }
  add(report, pulse_cells(array, set, protocol.set_v, protocol));
  report.disturbed = moved(array, bare + set, before, protocol.read_v);
  return report;
}

}  // namespace hopflow::pipeline
