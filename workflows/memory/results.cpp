// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/memory/results.hpp"

#include <fstream>
#include <sstream>

#include "structures/core/text.hpp"

namespace hopflow::memory {

std::string program_hash() {
  std::ifstream in{"/proc/self/exe", std::ios::binary};
  std::ostringstream content;
  content << in.rdbuf();
  return in ? hash128_hex(content.str()) : std::string{};
}

std::string study_hash(const Study& study) {
  Study core = study;
  const Study fallback;
  core.reference = fallback.reference;
  core.fit_device = fallback.fit_device;
  core.measured_material = fallback.measured_material;
  core.device_model = fallback.device_model;
  core.sweep_dwell_s = fallback.sweep_dwell_s;
  core.barrier_model_error_ev = fallback.barrier_model_error_ev;
  core.crossbar_rows = fallback.crossbar_rows;
  core.crossbar_columns = fallback.crossbar_columns;
  core.line_resistance_ohm = fallback.line_resistance_ohm;
  core.snn_preset = fallback.snn_preset;
  core.snn_write_probability = fallback.snn_write_probability;
  core.snn_neurons = fallback.snn_neurons;
  core.snn_train = fallback.snn_train;
  core.snn_test = fallback.snn_test;
  core.snn_seeds = fallback.snn_seeds;
  core.snn_draws = fallback.snn_draws;
  const std::string program = program_hash();
  if (program.empty()) return {};
  ByteWriter out;
  out.put(std::string_view{program}).put(std::string_view{print_study(core)});
  for (const auto& [name, path] : study_files(core))
    out.put(std::string_view{name}).put(std::string_view{text::read_file(path)});
  return hash128_hex(out.take());
}

}  // namespace hopflow::memory
