// SPDX-License-Identifier: GPL-2.0-or-later
// Protocols, what is concluded from them, and comparisons: against closed forms, simulations and published tables.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "structures/core/error.hpp"
#include "structures/core/units.hpp"
#include "tests/pipeline/device/paper_rows.hpp"
#include "tests/pipeline/device/sample_device.hpp"
#include "workflows/pipeline/calibration/arrhenius.hpp"
#include "workflows/pipeline/calibration/cation_comparison.hpp"
#include "workflows/pipeline/calibration/conflicts.hpp"
#include "workflows/pipeline/calibration/reference_file.hpp"
#include "workflows/pipeline/device/export_synapse.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"
#include "workflows/pipeline/protocols/endurance.hpp"
#include "workflows/pipeline/protocols/impedance.hpp"
#include "workflows/pipeline/protocols/programming_map.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"
#include "workflows/pipeline/protocols/stdp.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using nlohmann::json;

namespace {

std::vector<std::string> ids(const json& conflicts) {
  std::vector<std::string> list;
  for (const json& each : conflicts) list.push_back(each.at("id"));
  return list;
}

}  // namespace

TEST_CASE("1200 s at 363 K and 60 s at 400 K are 1.013 eV", "[pipeline][device][arrhenius]") {
  const std::vector<TimedPoint> points{{363, 1200}, {400, 60}};
  const Arrhenius law = arrhenius(points);
  CHECK(law.activation_ev == Approx(1.013).margin(5e-4));
  CHECK(law.time(363) == Approx(1200));
  CHECK(law.time(300) == Approx(1.1e6).epsilon(0.05));
  CHECK_FALSE(law.half_width_ev.has_value());
}

TEST_CASE("the 95 % interval of three noisy retention times holds the truth in 93 to 97 % of 1000 trials",
          "[pipeline][device][arrhenius]") {
  const double truth = 0.68;
  int covered = 0, by_normal = 0;
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    std::vector<TimedPoint> points;
    for (const double temperature : {363.0, 381.0, 400.0}) {
      const double noise = 0.2 * normal_at(21, 3, 3 * trial + points.size());
      points.push_back({temperature, 1e-6 * std::exp(truth / (units::boltzmann * temperature) + noise)});
    }
    const Arrhenius law = arrhenius(points);
    if (std::abs(law.activation_ev - truth) <= law.half_width_ev.value()) ++covered;
    if (std::abs(law.activation_ev - truth) <= 1.96 * law.sd_ev.value()) ++by_normal;
  }
  CHECK(covered >= 930);
  CHECK(covered <= 970);
  CHECK(by_normal < 800);  // what the small sample's quantile is for: 12.7, not 1.96
}

TEST_CASE("retention points that fix no energy are refused", "[pipeline][device][arrhenius]") {
  const auto of = [](std::vector<TimedPoint> points) { return arrhenius(points); };
  CHECK_THROWS_WITH(of({{363, 1200}}), Catch::Contains("two or more"));
  CHECK_THROWS_WITH(of({{363, 1200}, {0, 60}}), Catch::Contains("0 K"));
  CHECK_THROWS_WITH(of({{363, 1200}, {400, -60}}), Catch::Contains("-60 s"));
  CHECK_THROWS_WITH(of({{363, 1200}, {363, 60}}), Catch::Contains("one temperature"));
}

TEST_CASE("a map tells nothing, gradual and digital apart, and is what its trains do", "[pipeline][device]") {
  const DeviceParameters p = sample_device();
  const MapOptions options{.low_v = -1.5, .high_v = 1.2, .step_v = 0.1, .pulses = 40, .width_s = 1e-6, .start = 0.6};
  const auto map = programming_map(p, options);
  CHECK(map.size() == 27);  // zero volts are left out
  int none = 0, analog = 0, digital = 0;
  for (const MapPoint& point : map) {
    const auto train = pulse_train(p, options.start, point.voltage_v, options.width_s, options.pulses, options.read_v);
    const auto [least, most] = std::ranges::minmax(train);
    CHECK(point.ratio == Approx(most / least).epsilon(1e-6));
    (point.kind == "none" ? none : point.kind == "analog" ? analog : digital) += 1;
    if (std::abs(point.voltage_v) < 0.45) CHECK(point.kind == "none");
  }
  CHECK(none > 5);
  CHECK(analog > 1);
  CHECK(digital > 1);
  const auto window = analog_window(map, -1);
  REQUIRE(window.has_value());
  CHECK(window->low_v < window->high_v);
  CHECK(window->high_v < 0);
  CHECK_THROWS_WITH(programming_map(p, {.width_s = std::nan("")}), Catch::Contains("--width"));
  CHECK_THROWS_WITH(programming_map(p, {.read_v = 0}), Catch::Contains("--read-voltage"));
}

TEST_CASE("two spikes add up across the device where they overlap", "[pipeline][device]") {
  const StdpOptions o{.spike_v = 0.6, .tail_v = 0.5, .width_s = 1e-6, .tail_s = 2e-5};
  const auto largest = [&](double distance) {
    double v = 0;
    for (const double each : spike_pair(o, distance).voltage_v) v = std::abs(each) > std::abs(v) ? each : v;
    return v;
  };
  // Post begins 5 us after pre: pre's tail has run for 4 us of its 20.
  CHECK(largest(5e-6) == Approx(0.6 + 0.5 * 0.8));
  CHECK(largest(-5e-6) == Approx(-(0.6 + 0.5 * 0.8)));
  CHECK(std::abs(largest(4e-5)) == Approx(0.6));
}

TEST_CASE("pre before post potentiates, post before pre depresses, and far apart nothing happens",
          "[pipeline][device]") {
  const DeviceParameters p = sample_device();
  const auto curve = stdp(p, {});
  CHECK(hebbian(curve));
  CHECK(curve.front().distance_s < 0);
  CHECK(curve.back().distance_s > 0);
  CHECK(curve.back().after_s == Approx(curve.back().before_s).epsilon(1e-4));
  DeviceParameters deaf = p;
  deaf.set_threshold_v = deaf.reset_threshold_v = 5;
  CHECK_FALSE(hebbian(stdp(deaf, {})));
  DeviceParameters one_sided = p;
  one_sided.reset_threshold_v = 5;
  CHECK_FALSE(hebbian(stdp(one_sided, {})));
}

TEST_CASE("cycles repeat exactly without noise, differ with it, and a stuck device never switches",
          "[pipeline][device]") {
  const EnduranceOptions o{.cycles = 20};
  const EnduranceRun quiet = endurance(Population{sample_device(), {}, 1}, 0, o);
  CHECK(std::ranges::min(quiet.on_s) == std::ranges::max(quiet.on_s));
  CHECK(quiet.on_s.front() / quiet.off_s.front() > 1e4);
  Variability noisy;
  noisy.cycle_set_v = 0.05;
  noisy.cycle_step = 0.2;
  const EnduranceOptions brief{.set_v = 0.98, .reset_v = -0.9, .set_s = 2e-7, .reset_s = 1e-7, .cycles = 20};
  const EnduranceRun one = endurance(Population{sample_device(), noisy, 1}, 0, brief),
                     same = endurance(Population{sample_device(), noisy, 1}, 0, brief);
  CHECK(one.on_s == same.on_s);
  CHECK(std::ranges::max(one.on_s) > 1.05 * std::ranges::min(one.on_s));
  CHECK(endurance(Population{sample_device(), noisy, 1}, 1, brief).on_s != one.on_s);
  Variability stuck;
  stuck.stuck_fraction = 1;
  const EnduranceRun dead = endurance(Population{sample_device(), stuck, 1}, 0, o);
  CHECK(dead.on_s == dead.off_s);
}

TEST_CASE("impedance has the resistance at its low and the plates at its high end", "[pipeline][device]") {
  const DeviceParameters p = sample_device();
  const auto off = impedance(p, 0, {.low_hz = 1e-6, .high_hz = 1e9});
  CHECK(off.front().ohm.real() == Approx(10 + 1 / (2 * 2e-9)).epsilon(1e-3));  // ions are blocked
  const double plates = 8.8541878128e-12 * 30 * 1e-8 / 200e-9;
  const auto fast = impedance(p, 0, {.low_hz = 1e6, .high_hz = 1e7});
  CHECK(fast.front().capacitance_f == Approx(plates).epsilon(1e-3));
  for (const ImpedancePoint& point : off) CHECK(point.ohm.real() > 0);
  for (std::size_t i = 1; i < off.size(); ++i) CHECK(std::abs(off[i].ohm) < std::abs(off[i - 1].ohm));
  CHECK(impedance(p, 1, {}).front().ohm.real() == Approx(10 + 1 / film_conductance(p, 1)).epsilon(1e-6));
  DeviceParameters lower = p;
  lower.barrier_ev = 0.29;
  CHECK(ion_frequency(lower, {}) / ion_frequency(p, {}) == Approx(47.8549).epsilon(1e-5));
  // 1e18 vacancies per cm3: sigma = n q^2 a^2 nu exp(-Ea/kT) / (2 kT), by hand.
  const double kt = units::boltzmann * 300, q = 1.602176634e-19,
               sigma = 1e24 * q * (4.5e-10 * 4.5e-10 * 1e12 * std::exp(-0.39 / kt) / 2) / kt;
  const double debye = std::sqrt(30 * 8.8541878128e-12 * kt / (q * 1e24));
  CHECK(ion_frequency(p, {}) == Approx(sigma / 200e-9 / (units::pi * 30 * 8.8541878128e-12 / debye)).epsilon(1e-9));
  CHECK_THROWS_WITH(impedance(p, 0, {.low_hz = 0}), Catch::Contains("--low"));
}

TEST_CASE("a filament that moves under bias shows in the impedance at the rate it moves", "[pipeline][device]") {
  DeviceParameters p = sample_device();
  p.series_resistance_ohm = 0;
  // Held in the middle of a reset by its own threshold: df/dx is the rate of return.
  const double x = 0.7, v = -(p.reset_threshold_v + p.reset_threshold_slope_v * (1 - x));
  const auto curve = impedance(p, x, {.low_hz = 1e-3, .high_hz = 1e12, .per_decade = 4, .bias_v = v});
  CHECK(std::abs(curve.front().ohm - curve.back().ohm) > 0.1 * std::abs(curve.front().ohm));
}

TEST_CASE("labels of nonlinearity are NeuroSim's", "[pipeline][device]") {
  const auto curve = [](double a) {
    std::vector<double> g;
    for (int i = 0; i <= 50; ++i) g.push_back(1e-6 + 1e-4 * std::expm1(-i / 50.0 / a) / std::expm1(-1 / a));
    return g;
  };
  // Its table: label 0.01, 1.00 and 9.00.
  CHECK(nonlinearity_label(curve(126.268958)) == Approx(0.01).epsilon(0.01));
  CHECK(nonlinearity_label(curve(1.251653)) == Approx(1.00).epsilon(0.002));
  CHECK(nonlinearity_label(curve(0.022810)) == Approx(9.00).epsilon(0.002));
  CHECK(nonlinearity_label(curve(-1.251653)) == Approx(-1.00).epsilon(0.002));
  CHECK(nonlinearity_label(std::vector<double>{1, 2, 3, 4, 5}) == Approx(0).margin(1e-4));
}

TEST_CASE("the paper's contradictions are found from its rows, and not where there are none", "[pipeline][device]") {
  CHECK(ids(paper_conflicts(paper())) ==
        std::vector<std::string>{"retention", "barrier", "on_off", "kinetics", "capacitance", "yield"});
  json rows = paper();
  for (json& row : rows) {
    if (row.at("id") == "ea.retention") row["value"] = 1.013;
    if (row.at("id") == "iv.ratio.prpyr") row["value"] = 2e5;
    if (row.at("id") == "eis.chf") row["value"] = 1.3e-11;
    if (row.at("id") == "neb.prpyr") row["value"] = 1.0;
    if (row.at("id") == "xb.yield") row["value"] = 49 / 55.0;
    if (row.at("id") == "fast.set") row["value"]["V"] = 2.5;
  }
  CHECK(paper_conflicts(rows).empty());
  CHECK(paper_conflicts(json::array()).empty());
  // By hand: 0.25 V over log10(3 s / 100 ns) = 7.48 decades; 2 kT ln 10 at 300 K.
  for (const json& each : paper_conflicts(paper())) {
    const std::string text = each.at("text");
    if (each.at("id") == "kinetics")
      CHECK((text.find("33 mV") != std::string::npos && text.find("119 mV") != std::string::npos));
    if (each.at("id") == "capacitance") CHECK(text.find("1129") != std::string::npos);
    if (each.at("id") == "on_off") CHECK(text.find("2.8e+05") != std::string::npos);
  }
}

TEST_CASE("the order of two films is as sure as the error bars of their barriers let it be", "[pipeline][device]") {
  const auto result = [](double barrier, double sd) {
    DeviceParameters p = sample_device();
    p.barrier_ev = barrier;
    return json{{"parameters", to_json(p)},
                {"spread", {{"barrier_sd_ev", sd}, {"attempt_frequency_factor", 1}}},
                {"synapse", nullptr}};
  };
  const auto order = [&](double sd) {
    const json table = cation_comparison(
        {{"PrPyr", result(0.39, sd)}, {"none", {{"parameters", nullptr}}}, {"MAPbI3", result(0.29, sd)}}, 1);
    REQUIRE(table.at("orders").size() == 1);
    CHECK(table.at("orders")[0].at("larger") == "PrPyr");
    CHECK(table.at("materials").size() == 2);
    CHECK(table.at("orders")[0].at("barrier") == table.at("orders")[0].at("tau_s"));
    return table.at("orders")[0].at("barrier").get<double>();
  };
  // Phi(0.1 / (sd sqrt 2))
  for (const double sd : {0.02, 0.05, 0.10}) CHECK(order(sd) == Approx(0.5 * std::erfc(-0.1 / sd / 2)).margin(0.01));
  CHECK(cation_comparison({}, 1).is_null());
  const json table = cation_comparison({{"PrPyr", result(0.39, 0.05)}, {"MAPbI3", result(0.29, 0.05)}}, 1);
  const double ratio = table.at("materials")[0].at("tau_s").at("median").get<double>() /
                       table.at("materials")[1].at("tau_s").at("median").get<double>();
  CHECK(ratio == Approx(47.85).epsilon(0.02));
  for (const json& each : table.at("properties")) {
    const std::string from = each.at("from");
    CHECK((from == "barrier" || from == "fitted" || from == "not explained"));
  }
}
