// SPDX-License-Identifier: GPL-2.0-or-later
// The crossbar commands that need a device: program, yield, synapse.
#pragma once

#include "workflows/command_line/command.hpp"
#include "workflows/pipeline/crossbar/device_array.hpp"

namespace hopflow {

void add_crossbar_program(CLI::App& crossbar, Action& action);
void add_crossbar_yield(CLI::App& crossbar, Action& action);
void add_crossbar_synapse(CLI::App& crossbar, Action& action);

/// --row-resistance, --column-resistance, --driver-resistance, --sense-resistance, and --compliance where sources may
/// be limited.
void add_wires(CLI::App& command, pipeline::Wires& wires, bool with_compliance);

}  // namespace hopflow
