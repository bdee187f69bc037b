// SPDX-License-Identifier: GPL-2.0-or-later
// A law of wear from measured cycles.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/measured/measured_table.hpp"
#include "workflows/pipeline/protocols/endurance.hpp"

namespace hopflow::pipeline {

/// What a table of cycles says.
struct WearFit {
  std::optional<WearLaw> law;              ///< none: no device's ratio falls beyond its scatter
  double last_cycles = 0, last_ratio = 0;  ///< of the device cycled least; its ratio over the last tenth of its points
  nlohmann::json summary;                  ///< {"law", "sd_ln", "device_sd_ln", "scatter_decades", "devices": [...]}
  std::vector<std::string> notes;
};

/// Least squares in ln(on/off ratio) for each device (column device), by Ceres; errors from the residuals' scatter,
/// widened by Student's t so that 1.645 of them hold 90 %. Of several devices the means of ln W0, ln Nc, ln b with the
/// covariance of these means. Columns: cycle, and ratio (or window), or on and off in one unit (A, S or ohm).
/// @throws Error{bad_input} naming the file for a missing column, cycles below 1 or ratios of 0 and less
WearFit fit_wear(const MeasuredTable& table);

}  // namespace hopflow::pipeline
