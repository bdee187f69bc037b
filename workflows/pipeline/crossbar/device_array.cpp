// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/device_array.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace hopflow::pipeline {

namespace {

using Eigen::Index;

constexpr double largest_change =
    0.25;  ///< of a cell's conductance between two solutions of the array, in units of Gon
constexpr double negligible_move = 1e-9;  ///< of a state in a whole pulse
constexpr int most_moves = 4000;

/// The state at which a moving cell has changed the array enough to be solved again.
double next_stop(const DeviceParameters& p, double x, bool rising) {
  const double conductance = film_conductance(p, x), change = largest_change * p.on_conductance_s;
  if (rising)
    return conductance + change >= film_conductance(p, 1) ? 1.0 : state_of_conductance(p, conductance + change);
  return state_of_conductance(p, conductance - change);
}

struct Move {
  Index row, column;
  Speed speed;
};

}  // namespace

Population cell_population(const DeviceParameters& device, double stuck_fraction, std::uint64_t seed) {
  Variability spread;
  spread.device[1] = device.ratio_sigma_decades;
  spread.stuck_fraction = stuck_fraction;
  return {device, spread, seed};
}

DeviceArray::DeviceArray(const Population& population, Index rows, Index columns, const Wires& wires)
    : state_{Eigen::MatrixXd::Zero(rows, columns)}, voltage_{Eigen::MatrixXd::Zero(rows, columns)}, wires_{wires} {
  for (Index k = 0; k < rows * columns; ++k) {
    const DrawnDevice drawn = population.device(static_cast<std::uint64_t>(k));
    cells_.emplace_back(drawn.parameters);
    stuck_.push_back(drawn.stuck);
    if (drawn.stuck) state_(k / columns, k % columns) = drawn.stuck_state;
  }
}

double DeviceArray::conductance(Index row, Index column, double voltage_v) const {
  return cell(row, column).current(state_(row, column), voltage_v) / voltage_v;
}

Array DeviceArray::lines() const {
  Array a{
      Eigen::MatrixXd::Zero(state_.rows(), state_.cols()), wires_.row_segment_ohm, wires_.column_segment_ohm, {}, {}};
  a.rows.assign(static_cast<std::size_t>(state_.rows()),
                {.voltage_v = 0.0, .resistance_ohm = wires_.driver_ohm, .compliance_a = wires_.compliance_a});
  a.columns.assign(static_cast<std::size_t>(state_.cols()), {.voltage_v = 0.0, .resistance_ohm = wires_.sense_ohm});
  return a;
}

Array DeviceArray::linear(double read_v) const {
  Array a = lines();
  for (Index i = 0; i < state_.rows(); ++i) {
    for (Index j = 0; j < state_.cols(); ++j) a.conductance_s(i, j) = conductance(i, j, read_v);
  }
  return a;
}

ArraySolution DeviceArray::solve(const Array& ends) {
  const CellLaw law = [&](Index i, Index j, double v) {
    return CellPoint{cell(i, j).current(state_(i, j), v), cell(i, j).slope(state_(i, j), v)};
  };
  ArraySolution s = solve_nonlinear(solver_, ends, law, voltage_).solution;
  voltage_ = s.cell_voltage_v;
  return s;
}

PulseResult DeviceArray::pulse(const Array& ends, double width_s) {
  PulseResult result;
  std::set<int> limited;
  double left = width_s, last_power = 0, last_step = 0;
  for (int round = 0;; ++round) {
    const ArraySolution s = solve(ends);
    result.worst_residual = std::max(result.worst_residual, s.residual);
    limited.insert(s.limited_rows.begin(), s.limited_rows.end());
    // Trapezium between solutions.
    const double watts = power(ends, s);
    result.energy_j += last_step * (last_power + watts) / 2;
    if (left <= 0) break;
    double step = left;
    std::vector<Move> moving;
    for (Index i = 0; i < state_.rows(); ++i) {
      for (Index j = 0; j < state_.cols(); ++j) {
        if (stuck(i, j)) continue;
        const DeviceParameters& p = cell(i, j).parameters();
        const double x = state_(i, j);
        Speed speed = device_speed(p, s.cell_voltage_v(i, j), Compliance::off, Relaxation::off);
        const double here = speed(x);
        if ((here > 0 && x >= 1) || (here < 0 && x <= 0) || std::abs(here) * left < negligible_move) continue;
        const auto seconds = round < most_moves ? time_to(speed, x, next_stop(p, x, here > 0)) : std::nullopt;
        if (seconds) step = std::min(step, std::max(*seconds, width_s * 1e-12));
        moving.push_back({i, j, std::move(speed)});
      }
    }
    if (moving.empty()) {
      result.energy_j += left * watts;
      break;
    }
    for (const Move& m : moving) state_(m.row, m.column) = advance(m.speed, state_(m.row, m.column), step);
    left -= step;
    last_step = step;
    last_power = watts;
  }
  result.limited_rows.assign(limited.begin(), limited.end());
  return result;
}

}  // namespace hopflow::pipeline
