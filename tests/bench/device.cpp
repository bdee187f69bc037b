// SPDX-License-Identifier: GPL-2.0-or-later
// Pulses a second on one core, exact and by table, and the seconds of a full fit with its table of rows: for each
// compact model. Prints JSON.
#include <chrono>
#include <cstdio>

#include <fmt/core.h>

#include "workflows/pipeline/calibration/reference_file.hpp"
#include "workflows/pipeline/device/stage.hpp"
#include "workflows/pipeline/models/kinds/pulse_table.hpp"
#include "workflows/pipeline/models/registry.hpp"

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
  nlohmann::json report;
  double checksum = 0;
  for (const Model& model : models()) {
    nlohmann::json result;
    const nlohmann::json input{{"material", "PrPyr"},
                               {"model", model.name},
                               {"barrier_ev", 0.39},
                               {"barrier_sd_ev", 0.05},
                               {"reference", load_reference(words[1])}};
    const double fit_s = seconds([&] { result = device_stage(input).at("result"); });
    const DeviceParameters p = parameters_from_json(result.at("parameters"), "fit");
    // The synapse's own pulses; a model without an update curve gets some that move it about as far.
    double up = 1, down = -1, width = 0.01 / device_speed(p, up, Compliance::off, Relaxation::off)(0.75);
    if (!result.at("synapse").is_null()) {
      const nlohmann::json pulse = result.at("synapse").at("pulse");
      up = pulse.at("up_v");
      down = pulse.at("down_v");
      width = pulse.at("width_s");
    }
    const Memristor cell{p};
    double x = 0.9;
    // As a synapse is used: up and down at random places of its analog range.
    const auto train = [&](int pulses, auto rise, auto fall) {
      return pulses / seconds([&] {
               for (int i = 0; i < pulses; ++i) {
                 x = (i * 2654435761U >> 16 & 1U) != 0 ? rise(x) : fall(x);
                 if (x < 0.6) x = 0.9;
                 checksum += x;
               }
             });
    };
    const double exact = train(
        40000, [&](double at) { return cell.advance(at, up, width); },
        [&](double at) { return cell.advance(at, down, width); });
    const PulseTable rise{cell, up, width}, fall{cell, down, width};
    const double table = train(
        20000000, [&](double at) { return rise.next(at); }, [&](double at) { return fall.next(at); });
    report[std::string{model.name}] = {{"exact_pulses_per_s", exact},
                                       {"table_pulses_per_s", table},
                                       {"full_fit_s", fit_s},
                                       {"table_nodes", rise.nodes()}};
  }
  report["checksum"] = checksum;
  fmt::print("{}\n", report.dump(1));
}
