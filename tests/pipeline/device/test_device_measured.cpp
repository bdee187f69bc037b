// SPDX-License-Identifier: GPL-2.0-or-later
// Somebody's own curves: read with their units, taken apart into rows, fitted, and told apart from noise.
#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "tests/pipeline/device/sample_device.hpp"
#include "workflows/pipeline/device/stage.hpp"
#include "workflows/pipeline/measured/features.hpp"
#include "workflows/pipeline/measured/measured_fit.hpp"
#include "workflows/pipeline/measured/measured_table.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using nlohmann::json;

namespace {

/// A file that goes with the test.
struct Temporary {
  std::filesystem::path path;
  Temporary(const char* name, const std::string& content) : path{std::filesystem::temp_directory_path() / name} {
    text::write_file(path, content);
  }
  ~Temporary() { std::filesystem::remove(path); }
};

/// Numbers near 0 with a standard deviation of 1, the same every time.
double noise(std::uint64_t k) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) {
    k = k * 6364136223846793005ULL + 1442695040888963407ULL;
    sum += static_cast<double>(k >> 11) / 9007199254740992.0;
  }
  return sum;
}

/// Sweeps of several devices and cycles, their thresholds scattered, currents with 2 % of noise; in mV and uA.
std::string sweeps(const DeviceParameters& p, int devices, int cycles, double device_v, double cycle_v) {
  std::string out = "device,cycle,voltage_mV,current_uA\n";
  std::uint64_t k = 1;
  for (int d = 0; d < devices; ++d)
    for (int c = 0; c < cycles; ++c) {
      DeviceParameters drawn = p;
      drawn.set_threshold_v += device_v * noise(1000 + static_cast<std::uint64_t>(d)) + cycle_v * noise(77 * ++k);
      const Sweep s = sweep(drawn, 0);
      for (std::size_t i = 0; i < s.voltage_v.size(); ++i)
        out += fmt::format("{},{},{},{}\n", d, c, s.voltage_v[i] * 1e3,
                           s.current_a[i] * 1e6 * (1 + 0.02 * noise(++k * 31)));
    }
  return out;
}

}  // namespace

TEST_CASE("columns are found by name and turned into SI units", "[pipeline][measured]") {
  const Temporary file{"hopflow-units.csv", "V (mV);I [uA];T_C;note\n100;2.5;25;1\n-200;-5;26;1\n"};
  const MeasuredTable table = read_measured(file.path, {});
  CHECK(table.at("voltage_v") == std::vector<double>{0.1, -0.2});
  CHECK(table.at("current_a")[0] == Approx(2.5e-6));
  CHECK(table.find("time_s") == nullptr);
  CHECK(table.at("temperature_k")[1] == Approx(299.15));
  CHECK(table.notes.size() == 1);  // 'note' is not used
}

TEST_CASE("a table that can't be read is refused with its line", "[pipeline][measured]") {
  const auto what = [](const std::string& content) {
    const Temporary file{"hopflow-bad.csv", content};
    try {
      read_measured(file.path, {});
    } catch (const Error& error) {
      CHECK(error.kind() == Error::Kind::bad_input);
      return std::string{error.what()};
    }
    return std::string{};
  };
  CHECK(what("voltage_V,current_A\n0,0\n1,x\n").find(":3:") != std::string::npos);
  CHECK(what("voltage_V,current_lb\n0,0\n").find("'lb'") != std::string::npos);
  CHECK(what("0,0\n1,1\n").find("no header") != std::string::npos);
  CHECK(what("voltage_V,current_A\n").find("no rows") != std::string::npos);
}

TEST_CASE("a device is found again in its own noisy sweeps, with the spread of devices and of cycles apart",
          "[pipeline][measured]") {
  DeviceParameters truth = sample_device();
  truth.sharing_length_hops = 1;
  const Temporary file{"hopflow-sweeps.csv", sweeps(truth, 6, 4, 0.05, 0.01)};
  // Without a retention time the barrier alone would let the filament go within a sweep.
  const Temporary lasting{"hopflow-lasting.csv",
                          fmt::format("temperature_K,time_s\n363,{}\n", retention_time(truth, 363))};
  json input{{"material", "mine"},
             {"barrier_ev", 0.39},
             {"attempt_frequency_thz", 1.0},
             {"geometry", {{"sweep_dwell_s", truth.sweep_dwell_s}}}};
  const MeasuredFiles files{.sweep = file.path.string(), .pulses = "", .retention = lasting.path.string()};
  add_measurements(input, files);
  const json result = device_stage(input).at("result");
  const json& p = result.at("parameters");
  CHECK(p.at("compliance_a").get<double>() == Approx(1e-3).epsilon(0.1));
  CHECK(p.at("off_conductance_s").get<double>() == Approx(truth.off_conductance_s).epsilon(0.1));
  // A sweep shows the on state that its compliance leaves, so thresholds are compared by what they do.
  const Sweep expected = sweep(truth, 0);
  CHECK(result.at("iv").at("set_v").get<double>() == Approx(expected.set_v.value()).margin(0.05));
  CHECK(result.at("iv").at("reset_v").get<double>() == Approx(expected.reset_v.value()).margin(0.05));
  const json& set = result.at("measured_curves").at("features").at("sweep.set");
  CHECK(set.at("count") == 24);
  CHECK(set.at("sd_devices").get<double>() > 0.025);
  CHECK(set.at("sd_devices").get<double>() < 0.09);
  CHECK(set.at("sd_cycles").get<double>() < 0.025);
  CHECK(result.at("variability").at("device").at("set_v").get<double>() == set.at("sd_devices").get<double>());
  CHECK(result.at("measured_curves").at("sweep").at("rms_decades").get<double>() < 0.5);
  CHECK(p.at("stabilisation_ev").get<double>() == Approx(truth.stabilisation_ev).margin(1e-3));
}

TEST_CASE("a retention time is found again in a decaying conductance", "[pipeline][measured]") {
  const DeviceParameters p = sample_device();
  const double tau = 500;
  std::string out = "time_s,conductance_S,temperature_K\n";
  for (int k = 0; k <= 20; ++k) {
    const double x = std::exp(-k * 30 / tau);
    out += fmt::format("{},{},350\n", k * 30, read_conductance(p, x, 1e-3));
  }
  const Temporary file{"hopflow-retention.csv", out};
  const Features found = retention_features(read_measured(file.path, {}), "mine", p, 0);
  REQUIRE(found.rows.size() == 1);
  CHECK(found.rows[0].at("value").get<double>() == Approx(tau).epsilon(1e-6));
  CHECK(found.rows[0].at("protocol").at("temperature_k") == 350);
}

TEST_CASE("measured pulse trains become a synapse, steps and noise as they were put in", "[pipeline][measured]") {
  // Soft bounds: each pulse takes 2 % of what is left, with noise of 0.002 of the range.
  std::string out = "conductance_S,voltage_V,width_s\n";
  double w = 0;
  std::uint64_t k = 5;
  for (int pulse = 0; pulse < 300; ++pulse) {
    w += 0.02 * (1 - w);
    out += fmt::format("{},1.2,1e-7\n", 1e-5 + 1e-4 * (w + 0.002 * noise(++k)));
  }
  for (int pulse = 0; pulse < 300; ++pulse) {
    w -= 0.03 * w;
    out += fmt::format("{},-1.1,1e-7\n", 1e-5 + 1e-4 * (w + 0.002 * noise(++k)));
  }
  const Temporary file{"hopflow-pulses.csv", out};
  std::vector<std::string> notes;
  const json synapse = pulse_synapse(read_measured(file.path, {}), notes);
  CHECK(synapse.at("up").at(16).get<double>() == Approx(0.01).epsilon(0.15));
  CHECK(synapse.at("down").at(16).get<double>() == Approx(0.015).epsilon(0.15));
  // The difference of two readings scatters by sqrt(2) of one.
  CHECK(synapse.at("noise").at("up_sd").get<double>() == Approx(0.002 * std::sqrt(2.0)).epsilon(0.25));
  CHECK(synapse.at("pulse").at("up_v") == 1.2);
}

TEST_CASE("two trains without a header, in units of their own, become a synapse without energies",
          "[pipeline][measured]") {
  std::string out;
  for (int k = 0; k < 200; ++k) out += fmt::format("{},{}\n", -0.85 + 0.009 * k, 0.85 - 0.009 * k);
  const Temporary file{"hopflow-trains.csv", out};
  std::vector<std::string> notes;
  const MeasuredTable table = read_measured(file.path, {"up", "down"});
  const json synapse = pulse_synapse(table, notes);
  CHECK(synapse.at("points") == 398);
  CHECK_FALSE(synapse.contains("g_min_s"));
  CHECK(synapse.at("up").at(16).get<double>() == Approx(0.009 / 1.882).epsilon(0.01));
  REQUIRE(notes.size() == 1);
}
