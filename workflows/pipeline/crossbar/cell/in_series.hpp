// SPDX-License-Identifier: GPL-2.0-or-later
// A memristor and the element in series with it, at one voltage across both.
#pragma once

#include "workflows/pipeline/crossbar/cell/series_element.hpp"
#include "workflows/pipeline/models/conduction.hpp"

namespace hopflow::pipeline {

/// What flows through both, and how they share the voltage.
struct SeriesPoint {
  double current_a = 0;
  double slope_s = 0;      ///< of the current over the voltage across both
  double memristor_v = 0;  ///< between the outer terminal of the memristor and the node in the middle
};

/// The node in the middle by Newton's method within a bracket, in the logarithm of the memristor's share of the
/// voltage: both currents rise with their voltages, so that there is one root between 0 and the voltage.
/// @param memristor  at its state; a resistor is one without space charge and series resistance
/// @param gate_on  of a transistor; no matter for other elements
SeriesPoint in_series(const SeriesElement& element, const HeldFilm& memristor, double voltage_v, bool gate_on);

}  // namespace hopflow::pipeline
