// SPDX-License-Identifier: GPL-2.0-or-later
// The crossbar commands that need a device: program, margin, yield, synapse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "workflows/command_line/command.hpp"
#include "workflows/pipeline/crossbar/device_array.hpp"

namespace hopflow {

/// A device file: its parameters and, where it states one, how devices and cycles differ.
struct ArrayDevice {
  pipeline::DeviceParameters parameters;
  std::optional<pipeline::Variability> variability;

  /// The file's spreads; without them the spread of on/off ratios alone.
  pipeline::Population population(double stuck, std::uint64_t seed) const;
};
/// @throws Error{bad_input} for a file without 'parameters'
ArrayDevice read_array_device(const std::string& path);

void add_crossbar_program(CLI::App& crossbar, Action& action);
void add_crossbar_margin(CLI::App& crossbar, Action& action);
void add_crossbar_yield(CLI::App& crossbar, Action& action);
void add_crossbar_synapse(CLI::App& crossbar, Action& action);

/// --cell: what is in series with each memristor.
void add_cell(CLI::App& command, std::string& cell);
/// "1R", or a file as read_series_element() takes it. @throws Error{bad_input} for anything else
pipeline::SeriesElement read_cell(const std::string& cell);

/// --row-resistance, --column-resistance, --driver-resistance, --sense-resistance, and --compliance where sources may
/// be limited.
void add_wires(CLI::App& command, pipeline::Wires& wires, bool with_compliance);

}  // namespace hopflow
