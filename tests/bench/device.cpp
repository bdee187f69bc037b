// SPDX-License-Identifier: GPL-2.0-or-later
// Pulses a second on one core, exact and by table, and the seconds of a full fit with its table of rows. Prints JSON.
#include <chrono>
#include <cstdio>

#include <fmt/core.h>

#include "workflows/pipeline/models/pulse_table.hpp"
#include "workflows/pipeline/reference.hpp"
#include "workflows/pipeline/stage.hpp"

using namespace hopflow::pipeline;

namespace {

template <class Work>
double seconds(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    fmt::print(stderr, "usage: bench_device REFERENCE.yaml\n");
    return 2;
  }
  nlohmann::json result;
  const nlohmann::json input{{"material", "PrPyr"}, {"barrier_ev", 0.39}, {"barrier_sd_ev", 0.05}, {"reference", load_reference(words[1])}};
  const double fit_s = seconds([&] { result = device_stage(input).at("result"); });
  const DeviceParameters p = parameters_from_json(result.at("parameters"), "fit");
  const nlohmann::json pulse = result.at("synapse").at("pulse");
  const double up = pulse.at("up_v"), down = pulse.at("down_v"), width = pulse.at("width_s");
  const Memristor cell{p};
  double x = 0.9, checksum = 0;
  // As a synapse is used: up and down at random places of its analog range.
  constexpr int exact_pulses = 40000, table_pulses = 20000000;
  const double exact_s = seconds([&] {
    for (int i = 0; i < exact_pulses; ++i) {
      x = cell.advance(x, (i * 2654435761U >> 16 & 1U) != 0 ? up : down, width);
      if (x < 0.6) x = 0.9;
      checksum += x;
    }
  });
  const PulseTable rise{cell, up, width}, fall{cell, down, width};
  const double table_s = seconds([&] {
    for (int i = 0; i < table_pulses; ++i) {
      x = (i * 2654435761U >> 16 & 1U) != 0 ? rise.next(x) : fall.next(x);
      if (x < 0.6) x = 0.9;
      checksum += x;
    }
  });
  fmt::print("{}\n", nlohmann::json{{"exact_pulses_per_s", exact_pulses / exact_s}, {"table_pulses_per_s", table_pulses / table_s},
                                    {"full_fit_s", fit_s}, {"table_nodes", rise.nodes()}, {"checksum", checksum}}.dump(1));
}
