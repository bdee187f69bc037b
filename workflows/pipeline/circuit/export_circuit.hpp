// SPDX-License-Identifier: GPL-2.0-or-later
// A device as a circuit element for other simulators.
#pragma once

#include <string>
#include <string_view>

#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

/// An ngspice subcircuit `.subckt NAME te be params: ... x0=0`: the state is the voltage of the node x on 1 F. Every
/// constant is a parameter with its meaning. Loaded by ngspice 39.
/// @throws Error{bad_input} if the model has no circuit form
std::string spice_subcircuit(const DeviceParameters& parameters, std::string_view name);

/// The same equations in Verilog-A; the tests compile it by OpenVAF and sweep it in VACASK.
std::string verilog_a(const DeviceParameters& parameters, std::string_view name);

/// Every constant of the subcircuit as name=value for an instance of it; without the source's compliance, which is not
/// the cell's.
std::string circuit_parameters(const DeviceParameters& parameters);

/// An ngspice deck that holds the device's own sweep, step by step, and writes current, voltage and state.
/// @param circuit  file of the subcircuit, as the deck is to include it
std::string spice_sweep(const DeviceParameters& parameters, std::string_view name, const std::string& circuit);

}  // namespace hopflow::pipeline
