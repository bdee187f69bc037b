// SPDX-License-Identifier: GPL-2.0-or-later
// An array of devices with their states: pulses on its lines move every cell by the voltage it really sees.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include <Eigen/Core>

#include "workflows/pipeline/crossbar/array/scheme.hpp"
#include "workflows/pipeline/crossbar/cell/in_series.hpp"
#include "workflows/pipeline/crossbar/solver/nonlinear.hpp"
#include "workflows/pipeline/models/variability.hpp"

namespace hopflow::pipeline {

/// Everything around the cells.
struct Wires {
  double row_segment_ohm = 0;
  double column_segment_ohm = 0;
  double driver_ohm = 0;                                          ///< before every row
  double sense_ohm = 0;                                           ///< after every column
  double compliance_a = std::numeric_limits<double>::infinity();  ///< of every source at a row
};

/// Cells whose off conductances spread log-normally by the device's ratio_sigma_decades, a share of which never
/// switches.
Population cell_population(const DeviceParameters& device, double stuck_fraction, std::uint64_t seed);
/// Cells with the spreads a device file states; a stuck fraction above 0 takes the place of the file's.
Population cell_population(const DeviceParameters& device, const Variability& stated, double stuck_fraction,
                           std::uint64_t seed);

/// What one pulse did besides moving states.
struct PulseResult {
  double energy_j = 0;  ///< delivered by all sources
  double worst_residual = 0;
  std::vector<int> limited_rows;  ///< whose source was at its compliance at any time
};

class DeviceArray {
 public:
  /// All cells bare but those stuck set.
  /// @param series  next to each memristor, on its column's side
  DeviceArray(const Population& population, Eigen::Index rows, Eigen::Index columns, const Wires& wires,
              const SeriesElement& series = {});

  /// Holds the voltages of `ends` (rows, columns; its cells are not looked at) for a time. States and line voltages
  /// move together: a midpoint rule over exact motions at held voltages, whose steps are as long as its error estimate
  /// allows. Where no state can change a voltage (ideal lines, all of them driven, nothing in series with the
  /// memristors), states are exact.
  /// @throws Error{engine} if the pulse is not followed within 20 000 steps
  PulseResult pulse(const Array& ends, double width_s);

  /// Largest error estimate of a state in one step, 1e-3 as made; the answer itself is about ten times closer.
  void set_step_tolerance(double tolerance) { step_tolerance_ = tolerance; }

  /// Currents while states are held: a read. Uses of `ends` what pulse() uses.
  ArraySolution read(const Array& ends) { return solve(ends); }
  /// Array of memristors as they conduct at a small voltage, which leaves states alone (chord conductance), with its
  /// wires; what is in series with them is left out.
  Array linear(double read_v) const;
  /// Lines alone, every end at 0 V.
  Array lines() const;

  const Eigen::MatrixXd& state() const { return state_; }
  Eigen::MatrixXd& state() { return state_; }
  const Memristor& cell(Eigen::Index row, Eigen::Index column) const { return cells_[place(row, column)]; }
  bool stuck(Eigen::Index row, Eigen::Index column) const { return stuck_[place(row, column)]; }
  const SeriesElement& series() const { return series_; }
  /// Conductance of a memristor at a voltage (S).
  double conductance(Eigen::Index row, Eigen::Index column, double voltage_v) const;
  Wires& wires() { return wires_; }
  ArraySolver& solver() { return solver_; }

 private:
  std::size_t place(Eigen::Index row, Eigen::Index column) const {
    return static_cast<std::size_t>(row * state_.cols() + column);
  }
  ArraySolution solve(const Array& ends);
  /// Memristor and what is in series with it in row i, column j.
  SeriesPoint point(Eigen::Index row, Eigen::Index column, double voltage_v, bool gate_on) const;
  /// Of the cells' voltages those across the memristors.
  Eigen::MatrixXd memristor_voltages(const Array& ends, const Eigen::MatrixXd& cell_voltage_v) const;
  /// States after so long at these voltages, held.
  Eigen::MatrixXd moved(const Eigen::MatrixXd& from, const Eigen::MatrixXd& voltage_v, double seconds) const;
  std::optional<double> step_allowed(const Eigen::MatrixXd& voltage_v, double left) const;

  std::vector<Memristor> cells_;  ///< row by row
  std::vector<bool> stuck_;
  Eigen::MatrixXd state_;
  Eigen::MatrixXd voltage_;  ///< of the last solution: where the next one starts
  Wires wires_;
  SeriesElement series_;
  ArraySolver solver_;
  double step_tolerance_ = 1e-3;
};

}  // namespace hopflow::pipeline
