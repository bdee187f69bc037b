// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/protocols/endurance.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "workflows/pipeline/core/json_input.hpp"
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

double WearLaw::ratio_at(double n) const { return ratio * std::exp(-std::pow(n / cycles, exponent)); }

double WearLaw::cycles_until(double least_ratio) const {
  const double decay = std::log(ratio / least_ratio);
  return decay > 0 ? cycles * std::pow(decay, 1 / exponent) : 0;
}

double WearLaw::cycles_until_sd_ln(double least_ratio) const {
  const double decay = std::log(ratio / least_ratio);
  if (!(decay > 0)) return 0;
  const std::array<double, 3> slope{1 / (exponent * decay), 1, -std::log(decay) / exponent};
  double variance = 0;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) variance += slope[i] * covariance[i][j] * slope[j];
  return std::sqrt(std::max(variance, 0.0));
}

nlohmann::json to_json(const WearLaw& law) {
  return {{"ratio", law.ratio},
          {"cycles", law.cycles},
          {"exponent", law.exponent},
          {"last_cycles", law.last_cycles},
          {"covariance", law.covariance}};
}

WearLaw wear_law_from_json(const nlohmann::json& json, std::string_view place) {
  const InputReader reader{json, place};
  reader.allow_keys({"ratio", "cycles", "exponent", "last_cycles", "covariance"});
  WearLaw law{.ratio = reader.number("ratio", 1, 1e30),
              .cycles = reader.number("cycles", 1e-6, 1e30),
              .exponent = reader.number_or("exponent", 1e-3, 100, 1),
              .last_cycles = reader.number_or("last_cycles", 0, 1e30, 0)};
  if (reader.find("covariance") == nullptr) return law;
  const nlohmann::json& rows = reader.array("covariance");
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      if (rows.size() != 3 || !rows[i].is_array() || rows[i].size() != 3 || !rows[i][j].is_number())
        reader.fail("covariance", "is no 3 x 3 matrix of numbers");
      law.covariance[i][j] = rows[i][j].get<double>();
    }
  }
  return law;
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
