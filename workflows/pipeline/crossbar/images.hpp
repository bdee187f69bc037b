// SPDX-License-Identifier: GPL-2.0-or-later
// Pictures written into an array through the device model, and read back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "workflows/pipeline/crossbar/scheme.hpp"
#include "workflows/pipeline/crossbar/solver.hpp"
#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

/// The letter drawn on m x n pixels, our own glyph of 16 x 16 stretched to the array: 1 is a set cell.
/// @throws Error{bad_input} if `name` isn't N, T or U
Eigen::MatrixXi glyph(const std::string& name, Eigen::Index rows, Eigen::Index columns);

/// How pictures are written: the whole array erased by one negative pulse, then each set cell by one positive pulse with
/// half the voltage on every line that isn't selected.
struct WriteProtocol {
  double set_v = 1.5;
  double erase_v = -1.5;
  double width_s = 1e-2;   ///< not given for the published array; that of its endurance test
};

/// An array of devices with their states.
class DeviceArray {
 public:
  /// All cells bare. Off conductances spread log-normally by the device's ratio_sigma_decades, keyed by (seed, cell).
  DeviceArray(const DeviceParameters& device, Eigen::Index rows, Eigen::Index columns, double line_resistance_ohm, std::uint64_t seed);

  /// Every cell at erase_v at once; voltages are solved again whenever a cell's conductance has
  /// moved by a quarter of the full filament's.
  void erase(const WriteProtocol& protocol);

  /// One set pulse on every cell that is 1 in `image`, row by row.
  void write(const Eigen::MatrixXi& image, const WriteProtocol& protocol);

  /// Current of every cell as it is read: rows at read_v one after the other (mxn, A). Grounded reads sense a whole row at
  /// once, the other schemes one cell at a time. Cells are linear at the read voltage. Any line resistance may be asked.
  Eigen::MatrixXd read(double read_v, Scheme scheme, double line_resistance_ohm);

  const Eigen::MatrixXd& state() const { return state_; }
  double worst_residual() const { return worst_residual_; }

 private:
  void pulse(Array& array, double width_s);
  ArraySolution solve(Array& array);
  std::vector<DeviceParameters> cells_;  ///< row by row
  Eigen::MatrixXd state_;
  Eigen::MatrixXd chord_v_;              ///< voltage at which each cell's conductance was last taken
  double line_resistance_ohm_;
  double worst_residual_ = 0;
  ArraySolver solver_;
};

/// How well set and bare cells of a picture can be told apart.
struct Readout {
  double margin = 0;   ///< smallest current of a set cell over the largest of a bare one
  int errors = 0;      ///< cells on the wrong side of the reference
};

/// @param reference_a  cells above it read as set
Readout judge(const Eigen::MatrixXd& current_a, const Eigen::MatrixXi& image, double reference_a);

}  // namespace hopflow::pipeline
