// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/device_array.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

namespace {

using Eigen::Index;

constexpr double largest_move = 0.1;      ///< of a state in one step
constexpr double negligible_move = 1e-9;  ///< of a state in a whole pulse
constexpr double shortest_step = 1e-13;   ///< of a pulse's width
constexpr int most_steps = 20000;

}  // namespace

Population cell_population(const DeviceParameters& device, const Variability& stated, double stuck_fraction,
                           std::uint64_t seed) {
  Variability spread = stated;
  if (stuck_fraction > 0) spread.stuck_fraction = stuck_fraction;
  return {device, spread, seed};
}

Population cell_population(const DeviceParameters& device, double stuck_fraction, std::uint64_t seed) {
  Variability spread;
  spread.device[1] = device.ratio_sigma_decades;
  spread.stuck_fraction = stuck_fraction;
  return {device, spread, seed};
}

DeviceArray::DeviceArray(const Population& population, Index rows, Index columns, const Wires& wires,
                         const SeriesElement& series)
    : state_{Eigen::MatrixXd::Zero(rows, columns)},
      voltage_{Eigen::MatrixXd::Zero(rows, columns)},
      wires_{wires},
      series_{series} {
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
  const CellLaw alone = [&](Index i, Index j, double v) {
    return CellPoint{cell(i, j).current(state_(i, j), v), cell(i, j).slope(state_(i, j), v)};
  };
  const CellLaw with_series = [&](Index i, Index j, double v) {
    const SeriesPoint at = point(i, j, v, ends.rows[static_cast<std::size_t>(i)].gate_on);
    return CellPoint{at.current_a, at.slope_s};
  };
  const CellLaw& law = series_.present() ? with_series : alone;
  ArraySolution s = solve_nonlinear(solver_, ends, law, voltage_).solution;
  voltage_ = s.cell_voltage_v;
  return s;
}

SeriesPoint DeviceArray::point(Index row, Index column, double voltage_v, bool gate_on) const {
  return in_series(series_, cell(row, column).held(state_(row, column)), voltage_v, gate_on);
}

Eigen::MatrixXd DeviceArray::memristor_voltages(const Array& ends, const Eigen::MatrixXd& cell_voltage_v) const {
  if (!series_.present()) return cell_voltage_v;
  Eigen::MatrixXd across = cell_voltage_v;
  for (Index i = 0; i < across.rows(); ++i) {
    for (Index j = 0; j < across.cols(); ++j)
      across(i, j) = point(i, j, cell_voltage_v(i, j), ends.rows[static_cast<std::size_t>(i)].gate_on).memristor_v;
  }
  return across;
}

Eigen::MatrixXd DeviceArray::moved(const Eigen::MatrixXd& from, const Eigen::MatrixXd& voltage_v,
                                   double seconds) const {
  Eigen::MatrixXd to = from;
  for (Index i = 0; i < from.rows(); ++i) {
    for (Index j = 0; j < from.cols(); ++j) {
      if (stuck(i, j)) continue;
      const Speed speed = device_speed(cell(i, j).parameters(), voltage_v(i, j), Compliance::off, Relaxation::off);
      if (std::abs(speed(from(i, j))) * seconds < 1e-18) continue;
      to(i, j) = advance(speed, from(i, j), seconds);
    }
  }
  return to;
}

/// The longest step within which no cell moves further than it may at its present voltage; nullopt: nothing moves.
std::optional<double> DeviceArray::step_allowed(const Eigen::MatrixXd& voltage_v, double left) const {
  bool moving = false;
  double step = left;
  for (Index i = 0; i < state_.rows(); ++i) {
    for (Index j = 0; j < state_.cols(); ++j) {
      if (stuck(i, j)) continue;
      const double x = state_(i, j);
      const Speed speed = device_speed(cell(i, j).parameters(), voltage_v(i, j), Compliance::off, Relaxation::off);
      const double here = speed(x);
      if ((here > 0 && x >= 1) || (here < 0 && x <= 0) || std::abs(here) * left < negligible_move) continue;
      moving = true;
      const double stop = std::clamp(x + std::copysign(largest_move, here), 0.0, 1.0);
      if (const auto seconds = time_to(speed, x, stop)) step = std::min(step, *seconds);
    }
  }
  return moving ? std::optional{step} : std::nullopt;
}

PulseResult DeviceArray::pulse(const Array& ends, double width_s) {
  PulseResult result;
  std::set<int> limited;
  const auto note = [&](const ArraySolution& s) {
    result.worst_residual = std::max(result.worst_residual, s.residual);
    limited.insert(s.limited_rows.begin(), s.limited_rows.end());
    return power(ends, s);
  };
  double left = width_s, wished = width_s;
  ArraySolution start = solve(ends);
  double watts = note(start);
  Eigen::MatrixXd at_start = memristor_voltages(ends, start.cell_voltage_v);
  for (int steps = 0; left > 0; ++steps) {
    if (steps > most_steps)
      throw Error{
          Error::Kind::engine,
          fmt::format("array: a pulse of {} s could not be integrated in {} steps ({} s are left); use a shorter pulse",
                      text::shortest(width_s), most_steps, text::shortest(left))};
    const auto allowed = step_allowed(at_start, left);
    if (!allowed) {
      result.energy_j += left * watts;
      break;
    }
    const Eigen::MatrixXd before = state_;
    double step = std::clamp(std::min(wished, *allowed), std::min(left, width_s * shortest_step), left);
    double middle_watts = watts, error = 0;
    for (;;) {
      // Two answers: with the voltages at the start held, and with those in the middle of the step. Their difference
      // is the error of the first; the second, an order better, is kept.
      const Eigen::MatrixXd held = moved(before, at_start, step);
      state_ = moved(before, at_start, step / 2);
      const ArraySolution middle = solve(ends);
      middle_watts = note(middle);
      state_ = moved(before, memristor_voltages(ends, middle.cell_voltage_v), step);
      error = (state_ - held).cwiseAbs().maxCoeff();
      if (error <= step_tolerance_ || step <= width_s * shortest_step) break;
      step = std::max(step * std::clamp(0.9 * std::sqrt(step_tolerance_ / error), 0.1, 0.5), width_s * shortest_step);
    }
    start = solve(ends);
    const double end_watts = note(start);
    at_start = memristor_voltages(ends, start.cell_voltage_v);
    result.energy_j += step * (watts + 4 * middle_watts + end_watts) / 6;
    watts = end_watts;
    left -= step;
    if (left < width_s * 1e-15) left = 0;
    wished = step * (error > 0 ? std::clamp(0.9 * std::sqrt(step_tolerance_ / error), 0.3, 4.0) : 4.0);
  }
  result.limited_rows.assign(limited.begin(), limited.end());
  return result;
}

}  // namespace hopflow::pipeline
