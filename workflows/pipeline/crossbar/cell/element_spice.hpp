// SPDX-License-Identifier: GPL-2.0-or-later
// What is in series with an array's memristors, as ngspice lines.
#pragma once

#include <string>

#include "workflows/pipeline/crossbar/cell/series_element.hpp"

namespace hopflow::pipeline {

/// Lines that a deck needs once: what the element is, a diode's model and temperature. "" without an element.
std::string spice_element_header(const SeriesElement& element);

/// Lines of one element from the node next to its memristor to the column's node. `name` makes names of parts and inner
/// nodes unique. A diode is ngspice's own, everything else a resistor or a behavioural source.
std::string spice_element(const SeriesElement& element, bool gate_on, const std::string& name, const std::string& from,
                          const std::string& to);

}  // namespace hopflow::pipeline
