// SPDX-License-Identifier: GPL-2.0-or-later
// A device as a circuit element for other people's simulators.
#pragma once

#include <string>
#include <string_view>

#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

/// An ngspice subcircuit `.subckt NAME te be params: ... x0=0`: the state is the voltage of the node x on 1 F. Every
/// constant is a parameter with its meaning. Loaded by ngspice 39.
/// @throws Error{bad_input} if the model has no circuit form
std::string spice_subcircuit(const DeviceParameters& parameters, std::string_view name);

/// The same equations in Verilog-A; says in its head that no simulator of this project's has executed it.
std::string verilog_a(const DeviceParameters& parameters, std::string_view name);

}  // namespace hopflow::pipeline
