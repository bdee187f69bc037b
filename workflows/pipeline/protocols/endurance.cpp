// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/protocols/endurance.hpp"

#include <algorithm>
#include <array>

#include "workflows/pipeline/models/device_uncertainty.hpp"

namespace hopflow::pipeline {

std::span<const ProtocolOption<EnduranceOptions>> endurance_options() {
  using O = EnduranceOptions;
  static constexpr std::array<ProtocolOption<O>, 6> rows{{
      {"--cycles", &O::cycles, 1, 1e6, "how many"},
      {"--set-voltage", &O::set_v, 0, 100, "V"},
      {"--reset-voltage", &O::reset_v, -100, 0, "V, negative"},
      {"--set-width", &O::set_s, 1e-15, 1e6, "s"},
      {"--reset-width", &O::reset_s, 1e-15, 1e6, "s"},
      {"--read-voltage", &O::read_v, 1e-6, 10, "V"},
  }};
  return rows;
}

EnduranceRun endurance(const Population& population, std::uint64_t device, const EnduranceOptions& o) {
  require(endurance_options(), o);
  const DrawnDevice drawn = population.device(device);
  EnduranceRun run;
  double x = drawn.stuck ? drawn.stuck_state : 0;
  for (int cycle = 0; cycle < o.cycles; ++cycle) {
    const auto index = static_cast<std::uint64_t>(cycle);
    const DeviceParameters p = population.in_cycle(drawn, device, index);
    const auto step = [&](double voltage, double width, std::uint64_t half) {
      if (!drawn.stuck) x = population.noisy(x, pulse(p, x, voltage, width), device, 2 * index + half);
      return read_conductance(p, x, o.read_v);
    };
    run.on_s.push_back(step(o.set_v, o.set_s, 0));
    run.state_on.push_back(x);
    run.off_s.push_back(step(o.reset_v, o.reset_s, 1));
    run.state_off.push_back(x);
  }
  return run;
}

nlohmann::json endurance_json(const EnduranceRun& run, const EnduranceOptions& o) {
  std::vector<double> ratio;
  for (std::size_t i = 0; i < run.on_s.size(); ++i) ratio.push_back(run.on_s[i] / run.off_s[i]);
  const Percentiles band = percentiles(ratio);
  return {
      {"cycles", o.cycles},
      {"on_s", run.on_s},
      {"off_s", run.off_s},
      {"ratio",
       {{"least", *std::ranges::min_element(ratio)}, {"p05", band.p05}, {"median", band.median}, {"p95", band.p95}}},
      {"note",
       "no wear-out law: a published number of cycles is where the measurement ended, and nothing can be fitted to "
       "it"}};
}

}  // namespace hopflow::pipeline
