// SPDX-License-Identifier: GPL-2.0-or-later
// An array of devices with their states: pulses on its lines move every cell by the voltage it really sees.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include <Eigen/Core>

#include "workflows/pipeline/crossbar/array/scheme.hpp"
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

/// What one pulse did besides moving states.
struct PulseResult {
  double energy_j = 0;  ///< delivered by all sources
  double worst_residual = 0;
  std::vector<int> limited_rows;  ///< whose source was at its compliance at any time
};

class DeviceArray {
 public:
  /// All cells bare but those stuck set.
  DeviceArray(const Population& population, Eigen::Index rows, Eigen::Index columns, const Wires& wires);

  /// Holds the voltages of `ends` (rows, columns; its cells are not looked at) for a time. The array is solved again
  /// whenever a cell's conductance has moved by a quarter of the full filament's.
  PulseResult pulse(const Array& ends, double width_s);

  /// Array of cells as they conduct at a small voltage, which leaves states alone (chord conductance), with its wires.
  Array linear(double read_v) const;
  /// Lines alone, every end at 0 V.
  Array lines() const;

  const Eigen::MatrixXd& state() const { return state_; }
  Eigen::MatrixXd& state() { return state_; }
  const Memristor& cell(Eigen::Index row, Eigen::Index column) const { return cells_[place(row, column)]; }
  bool stuck(Eigen::Index row, Eigen::Index column) const { return stuck_[place(row, column)]; }
  /// Conductance of a cell at a voltage (S).
  double conductance(Eigen::Index row, Eigen::Index column, double voltage_v) const;
  Wires& wires() { return wires_; }
  ArraySolver& solver() { return solver_; }

 private:
  std::size_t place(Eigen::Index row, Eigen::Index column) const {
    return static_cast<std::size_t>(row * state_.cols() + column);
  }
  ArraySolution solve(const Array& ends);

  std::vector<Memristor> cells_;  ///< row by row
  std::vector<bool> stuck_;
  Eigen::MatrixXd state_;
  Eigen::MatrixXd voltage_;  ///< of the last solution: where the next one starts
  Wires wires_;
  ArraySolver solver_;
};

}  // namespace hopflow::pipeline
