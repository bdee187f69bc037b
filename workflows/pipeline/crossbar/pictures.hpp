// SPDX-License-Identifier: GPL-2.0-or-later
// Pictures read from an array of devices, and how well they can be read.
#pragma once

#include <string>

#include <Eigen/Core>

#include "workflows/pipeline/crossbar/device_array.hpp"

namespace hopflow::pipeline {

/// The letter drawn on m x n pixels, our own glyph of 16 x 16 stretched to the array: 1 is a set cell.
/// @throws Error{bad_input} if `name` isn't N, T or U
Eigen::MatrixXi glyph(const std::string& name, Eigen::Index rows, Eigen::Index columns);

/// Every cell read once.
struct Reading {
  Eigen::MatrixXd current_a;  ///< mxn, out of the selected column
  double power_w = 0;         ///< power of all sources, mean over the reads
  double worst_residual = 0;
};

/// Rows at read_v one after the other. Grounded reads sense a whole row at once, the other schemes one cell at a time.
/// States are held. Every cell follows its own law; in arrays of memristors alone with more than 1024 cells all conduct
/// as at the read voltage, whatever each sees.
Reading read_cells(DeviceArray& array, double read_v, Scheme scheme);

/// How well set and bare cells of a picture can be distinguished, for one read scheme and one line resistance.
struct Readout {
  double margin = 0;  ///< smallest current of a set cell over the largest of a bare one
  int errors = 0;     ///< cells on the wrong side of the reference
  bool readable() const { return margin >= least_margin; }

  static constexpr double least_margin = 1.2;  ///< a sense amplifier's window of 20 %, assumed
};

/// @param reference_a  cells above it read as set
Readout judge(const Eigen::MatrixXd& current_a, const Eigen::MatrixXi& image, double reference_a);

}  // namespace hopflow::pipeline
