// SPDX-License-Identifier: GPL-2.0-or-later
// Pictures written into an array of devices, what that does to the other cells, and what it costs.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/crossbar/device_array.hpp"

namespace hopflow::pipeline {

/// How cells get bare before a picture is written.
enum class Erase {
  whole,  ///< every row at the erase voltage at once: no cell is half selected
  cells,  ///< only cells that have to change, one by one, which half selects those that stay
  none,
};
/// "whole", "cells", "none". @throws Error{usage} listing them
Erase erase_of(const std::string& name);

struct WriteProtocol {
  double set_v = 1.5;
  double erase_v = -1.5;
  double width_s = 1e-2;         ///< not given for the published array; that of its endurance test
  Scheme scheme = Scheme::half;  ///< unselected lines while one cell is written
  Erase erase = Erase::whole;
  int most_pulses = 1;           ///< per cell; above 1 each pulse is followed by a read, and stops when it is right
  double step_v = 0;             ///< added to the pulse's size each time
  double read_v = usual_read_v;  ///< of the verifying read, other lines grounded
};

struct CellState {
  Eigen::Index row, column;
  double before, after;  ///< conductance at the read voltage (S)
};

struct WriteReport {
  int pulses = 0;
  double energy_j = 0;
  double worst_residual = 0;
  std::vector<CellState> failed;     ///< selected for a pulse and still on the wrong side of half the switching path
  std::vector<CellState> disturbed;  ///< not selected and moved by more than a twentieth of their conductance
  std::vector<int> limited_rows;
};

/// Erases, then sets the cells that are 1 in `image`, row by row.
WriteReport write(DeviceArray& array, const Eigen::MatrixXi& image, const WriteProtocol& protocol);

/// One pulse (or verified pulses) of `voltage_v` on every cell that is 1 in `select`, row by row.
WriteReport pulse_cells(DeviceArray& array, const Eigen::MatrixXi& select, double voltage_v,
                        const WriteProtocol& protocol);

/// All rows at erase_v, all columns at 0, once.
WriteReport erase_whole(DeviceArray& array, const WriteProtocol& protocol);

/// [{"row", "column", "before_s", "after_s"}]
nlohmann::json to_json(const std::vector<CellState>& cells);

/// Current above which a read cell counts as set: a tenth of a full filament's with what is in series with it.
double reference_current(const DeviceParameters& device, double read_v, const SeriesElement& series = {});

}  // namespace hopflow::pipeline
