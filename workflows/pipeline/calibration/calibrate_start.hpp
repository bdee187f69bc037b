// SPDX-License-Identifier: GPL-2.0-or-later
// Where a calibration starts: closed forms for conductances and forgetting, a bracketed root for each number of the
// kinetics.
#pragma once

#include "workflows/pipeline/calibration/calibrate.hpp"

namespace hopflow::pipeline {

inline constexpr double kinetic_ceiling_v = 10;  ///< no threshold is searched above

/// The calibrate rows of a reference by what they fix; pointers into the rows.
struct FitRows {
  using List = std::vector<const nlohmann::json*>;
  List on_resistance, on_current, off_current, set_voltage, reset_voltage, set_pulse, reset_pulse, retention, spread;

  /// @param rows   calibrate rows, completed (complete_rows())
  /// @param notes  takes a sentence for each row the fit can't use
  /// @throws Error{bad_input} naming a row whose value is not of its kind's form
  FitRows(const nlohmann::json& rows, std::vector<std::string>& notes);

  /// The first of them; nullptr without one.
  static const nlohmann::json* first(const List& list) { return list.empty() ? nullptr : list.front(); }
  /// Of the set voltage, measured; nullopt without a row.
  std::optional<double> set_v() const;
};

/// A row's value: the number itself, or the time of {V, s}.
double row_value(const nlohmann::json& row);

/// Meets one row with each parameter, in an order in which every step is a closed form or one bracketed root (TOMS
/// 748). A parameter that no row fixes keeps its assumed value, with a note.
Calibration calibration_start(const FitRows& rows, const CalibrationRequest& request);

}  // namespace hopflow::pipeline
