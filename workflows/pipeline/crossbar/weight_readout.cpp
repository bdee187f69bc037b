// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/weight_readout.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "workflows/pipeline/crossbar/solver/transfer.hpp"

namespace hopflow::pipeline {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

/// Share of the read voltage on rows without a spike.
double idle_share(Scheme scheme) { return scheme == Scheme::half ? 1.0 / 2 : scheme == Scheme::third ? 1.0 / 3 : 0.0; }

void check(const MatrixXd& weights, const SynapseReadout& r) {
  const auto refuse = [](const std::string& what) { throw Error{Error::Kind::bad_input, what}; };
  if (!(r.off_s >= 0 && r.on_s > r.off_s && std::isfinite(r.on_s)))
    refuse(fmt::format(
        "conductances: {} S for weight 0 and {} S for weight 1; the second must be the larger, none negative", r.off_s,
        r.on_s));
  if (r.tile_rows < 1 || r.tile_columns < 1)
    refuse(fmt::format("tile: {} x {}; give at least 1 x 1", r.tile_rows, r.tile_columns));
  if (!(r.read_v > 0 && r.read_s > 0))
    refuse(fmt::format("read pulse: {} V for {} s; both must be above 0", r.read_v, r.read_s));
  for (Index i = 0; i < weights.rows(); ++i) {
    for (Index j = 0; j < weights.cols(); ++j) {
      if (!(weights(i, j) >= 0 && weights(i, j) <= 1))
        refuse(fmt::format("weight ({}, {}) is {}; allowed: 0 to 1", i, j, weights(i, j)));
    }
  }
}

/// Column currents per volt on each row alone (rows x columns) of one tile.
MatrixXd tile_matrix(ArraySolver& solver, Array& tile, Scheme scheme, double& worst_residual) {
  if (scheme != Scheme::floating) {
    const Transfer t = transfer(solver, tile);
    worst_residual = std::max(worst_residual, t.worst_residual);
    return t.matrix_s.transpose();
  }
  MatrixXd matrix(tile.conductance_s.rows(), tile.conductance_s.cols());
  for (LineEnd& end : tile.rows) end.voltage_v.reset();
  for (Index i = 0; i < matrix.rows(); ++i) {
    tile.rows[static_cast<std::size_t>(i)].voltage_v = 1;
    const ArraySolution s = solver.solve(tile);
    worst_residual = std::max(worst_residual, s.residual);
    matrix.row(i) = s.column_current_a.transpose();
    tile.rows[static_cast<std::size_t>(i)].voltage_v.reset();
  }
  return matrix;
}

}  // namespace

EffectiveSynapses read_synapses(const MatrixXd& weights, const SynapseReadout& r) {
  check(weights, r);
  const Index inputs = weights.rows(), outputs = weights.cols();
  const MatrixXd ideal = (r.off_s + (r.on_s - r.off_s) * weights.array()).matrix();
  const double idle = idle_share(r.scheme);
  EffectiveSynapses e;
  e.conductance_s.resize(inputs, outputs);
  e.background_a = Eigen::VectorXd::Zero(outputs);
  ArraySolver solver;
  for (Index i = 0; i < inputs; i += r.tile_rows) {
    for (Index j = 0; j < outputs; j += r.tile_columns) {
      const Index rows = std::min(r.tile_rows, inputs - i), columns = std::min(r.tile_columns, outputs - j);
      Array tile{ideal.block(i, j, rows, columns), r.wires.row_segment_ohm, r.wires.column_segment_ohm, {}, {}};
      tile.rows.assign(static_cast<std::size_t>(rows), {.voltage_v = 0.0, .resistance_ohm = r.wires.driver_ohm});
      tile.columns.assign(static_cast<std::size_t>(columns), {.voltage_v = 0.0, .resistance_ohm = r.wires.sense_ohm});
      const MatrixXd y = tile_matrix(solver, tile, r.scheme, e.worst_residual);
      e.conductance_s.block(i, j, rows, columns) = y;
      const Eigen::VectorXd at_rest = idle * r.read_v * y.colwise().sum().transpose();
      e.background_a.segment(j, columns) += at_rest;
      ++e.tiles;
    }
  }
  // A row's source sees what leaves at the columns, since nothing else is grounded but rows at the same voltage.
  e.idle_power_w = idle * r.read_v * e.background_a.sum();
  e.read_energy_j =
      (1 - idle * idle) * r.read_v * r.read_v * r.read_s * e.conductance_s.sum() / static_cast<double>(inputs);
  std::vector<double> shares;
  for (Index k = 0; k < ideal.size(); ++k) {
    if (ideal(k) > 0) shares.push_back(e.conductance_s(k) / ideal(k));
  }
  if (!shares.empty()) {
    const auto middle = shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2);
    std::nth_element(shares.begin(), middle, shares.end());
    e.median_share = *middle;
    e.least_share = *std::min_element(shares.begin(), shares.end());
  }
  e.weight = ((e.conductance_s.array() - r.off_s) / (r.on_s - r.off_s)).matrix();
  if (r.trim) trim_outputs(e.weight, weights);
  return e;
}

void trim_outputs(MatrixXd& read, const MatrixXd& wanted) {
  for (Index j = 0; j < read.cols(); ++j) {
    const double now = read.col(j).sum();
    if (now > 0) read.col(j) *= wanted.col(j).sum() / now;
  }
}

}  // namespace hopflow::pipeline
