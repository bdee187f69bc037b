// SPDX-License-Identifier: GPL-2.0-or-later
// Whether errors mean what they say: devices whose numbers are known, measured with noise, fitted.
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "tests/pipeline/device/sample_device.hpp"
#include "workflows/pipeline/calibration/calibrate.hpp"

#include "workflows/pipeline/measured/measured_fit.hpp"
#include "workflows/pipeline/models/variability.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using nlohmann::json;

namespace {

/// Uniform and normal numbers, the same every time.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_{seed * 0x9e3779b97f4a7c15ULL + 1} {}
  double uniform(double low, double high) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return low + (high - low) * static_cast<double>(state_ >> 11) / 9007199254740992.0;
  }
  double normal() {
    return std::sqrt(-2 * std::log(uniform(1e-300, 1))) * std::cos(2 * std::acos(-1.0) * uniform(0, 1));
  }

 private:
  std::uint64_t state_;
};

struct Truth {
  DeviceParameters device;
  int devices = 1, cycles = 4;
  double device_v = 0, cycle_v = 0, device_decades = 0, noise = 0.02;
};

Truth drawn_truth(Draw& draw) {
  Truth t{.device = sample_device()};
  DeviceParameters& p = t.device;
  p.sharing_length_hops = 1;
  p.barrier_ev = draw.uniform(0.3, 0.5);
  p.stabilisation_ev = 0.72 - p.barrier_ev + draw.uniform(0, 0.1);
  p.on_conductance_s = std::pow(10, draw.uniform(-4, -2.6));
  p.off_conductance_s = std::pow(10, draw.uniform(-9, -7));
  p.child_a_per_v2 = 2 * p.off_conductance_s / 0.5;
  p.set_threshold_v = draw.uniform(0.6, 0.95);
  p.reset_threshold_v = draw.uniform(0.2, 0.6);
  p.compliance_a = 10;  // not reached: the on state is the full filament
  t.devices = static_cast<int>(draw.uniform(3, 7));
  t.cycles = static_cast<int>(draw.uniform(2, 6));
  t.device_v = draw.uniform(0.01, 0.05);
  t.cycle_v = draw.uniform(0.005, 0.03);
  t.device_decades = draw.uniform(0.02, 0.3);
  return t;
}

/// Sweeps and a retention curve of such devices, as files.
MeasuredFiles measured(const Truth& t, Draw& draw, const std::filesystem::path& folder) {
  std::string sweeps = "device,cycle,voltage_V,current_A\n";
  for (int d = 0; d < t.devices; ++d) {
    DeviceParameters device = t.device;
    const double off = std::pow(10, t.device_decades * draw.normal());
    device.off_conductance_s *= off;
    device.child_a_per_v2 *= off;
    device.on_conductance_s *= std::pow(10, 0.3 * t.device_decades * draw.normal());
    device.set_threshold_v += t.device_v * draw.normal();
    device.reset_threshold_v += t.device_v * draw.normal();
    for (int c = 0; c < t.cycles; ++c) {
      DeviceParameters cycle = device;
      cycle.set_threshold_v += t.cycle_v * draw.normal();
      cycle.reset_threshold_v += t.cycle_v * draw.normal();
      const Sweep s = sweep(cycle, 0);
      for (std::size_t i = 0; i < s.voltage_v.size(); ++i)
        sweeps += fmt::format("{},{},{},{}\n", d, c, s.voltage_v[i], s.current_a[i] * (1 + t.noise * draw.normal()));
    }
  }
  text::write_file(folder / "sweeps.csv", sweeps);
  const double tau_s = retention_time(t.device, 363);
  std::string decay = "time_s,conductance_S,temperature_K\n";
  for (int k = 0; k < 25; ++k) {
    const double seconds = tau_s * k / 20;
    decay += fmt::format("{},{},363\n", seconds,
                         read_conductance(t.device, std::exp(-seconds / tau_s), 1e-3) * (1 + t.noise * draw.normal()));
  }
  text::write_file(folder / "retention.csv", decay);
  return {.sweep = (folder / "sweeps.csv").string(), .pulses = "", .retention = (folder / "retention.csv").string()};
}

}  // namespace

TEST_CASE("the true numbers of noisy devices lie within their 90 % intervals in about nine of ten fits",
          "[pipeline][measured][coverage]") {
  const char* asked = std::getenv("HOPFLOW_COVERAGE_TRIALS");
  const int trials = asked == nullptr ? 40 : std::atoi(asked);
  const auto folder = std::filesystem::temp_directory_path() / "hopflow-coverage";
  std::filesystem::create_directories(folder);
  std::map<std::string, int> within;
  std::map<std::string, double> square;
  int numbers = 0, held = 0;
  for (int trial = 0; trial < trials; ++trial) {
    Draw draw{static_cast<std::uint64_t>(trial + 1)};
    const Truth t = drawn_truth(draw);
    json input{{"barrier_ev", t.device.barrier_ev}, {"attempt_frequency_thz", 1.0}};
    add_measurements(input, measured(t, draw, folder));
    CalibrationRequest request;
    request.film = "measured";
    request.start = DeviceParameters{};
    request.start.barrier_ev = t.device.barrier_ev;
    request.start.compliance_a = 1e3;
    const Calibration fit = calibrate(input.at("reference"), request);
    const std::map<std::string, double> truth{
        {"ln on_conductance_s", std::log(t.device.on_conductance_s)},
        {"ln off_conductance_s of sweep.off", std::log(t.device.off_conductance_s)},
        {"set_threshold_v", t.device.set_threshold_v},
        {"reset_threshold_v", t.device.reset_threshold_v},
        {"stabilisation_ev", t.device.stabilisation_ev}};
    for (const auto& [name, value] : truth) {
      const auto found = std::ranges::find(fit.fitted, name, &FittedNumber::name);
      REQUIRE(found != fit.fitted.end());
      CAPTURE(trial, name, found->value, value, found->sd);
      REQUIRE(std::isfinite(found->sd));
      REQUIRE(found->sd > 0);
      const double off = (found->value - value) / found->sd;
      square[name] += off * off / trials;
      if (asked != nullptr && std::abs(off) > 4)
        fmt::print("trial {}: {} is {} +- {}, truly {}\n", trial, name, found->value, found->sd, value);
      const bool hit = std::abs(off) < 1.645;
      within[name] += hit;
      held += hit;
      ++numbers;
    }
  }
  if (asked != nullptr)
    for (const auto& [name, count] : within)
      fmt::print("{}: {} of {} within, rms {:.2f} standard deviations\n", name, count, trials, std::sqrt(square[name]));
  if (asked != nullptr) fmt::print("all: {:.1f} %\n", 100.0 * held / numbers);
  // Wide enough for the trials: three standard deviations of a binomial of 0.9, and the 85 to 95 % asked for.
  const double room = 3 * std::sqrt(0.09 / numbers);
  CHECK(held >= (0.85 - 0.5 * room) * numbers);
  CHECK(held <= (0.95 + 0.5 * room) * numbers);
  for (const auto& [name, count] : within) {
    CAPTURE(name, count);
    CHECK(count >= (0.85 - 3 * std::sqrt(0.85 * 0.15 / trials)) * trials);
  }
  std::filesystem::remove_all(folder);
}
