// SPDX-License-Identifier: GPL-2.0-or-later
// The device model against closed forms and an independent fine integration.
#include <catch2/catch.hpp>

#include <cmath>

#include "structures/core/units.hpp"
#include "tests/pipeline/device/sample_device.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;

namespace {

/// dx/dt with this voltage across the film itself.
double drift_speed(DeviceParameters p, double x, double film_v) {
  p.series_resistance_ohm = 0;
  return device_speed(p, film_v, Compliance::off, Relaxation::off)(x);
}

/// Classical Runge-Kutta in time with fixed small steps: no quadrature in it.
double runge_kutta(const Speed& speed, double x, double seconds, int steps) {
  const auto clipped = [&](double y) { return speed(std::min(1.0, std::max(0.0, y))); };
  const double h = seconds / steps;
  for (int i = 0; i < steps; ++i) {
    const double a = clipped(x), b = clipped(x + h / 2 * a), c = clipped(x + h / 2 * b), d = clipped(x + h * c);
    x = std::min(1.0, std::max(0.0, x + h / 6 * (a + 2 * b + 2 * c + d)));
  }
  return x;
}

}  // namespace

TEST_CASE("no voltage drives no current and moves nothing", "[pipeline][device]") {
  const DeviceParameters p = sample_device();
  for (const double x : {0.0, 0.3, 1.0}) {
    CHECK(operate(p, x, 0, Compliance::on).current_a == 0);
    CHECK(drift_speed(p, x, 0) == 0);
    CHECK(drift_speed(p, x, 0.3) == 0);
    CHECK(advance(device_speed(p, 0, Compliance::off, Relaxation::off), x, 1e9) == x);
  }
}

TEST_CASE("film and series resistance share the voltage and pass the same current", "[pipeline][device]") {
  DeviceParameters p = sample_device();
  p.child_a_per_v2 = 1e-4;
  for (const double v : {-1.5, -0.1, 1e-3, 0.7, 1.5}) {
    for (const double x : {0.0, 0.5, 1.0}) {
      const OperatingPoint at = operate(p, x, v, Compliance::off);
      CHECK(at.current_a == Approx(film_current(p, x, at.device_v)).epsilon(1e-13));
      CHECK(at.device_v + p.series_resistance_ohm * at.current_a == Approx(v).epsilon(1e-13));
      CHECK(at.current_a * v >= 0);  // passive
    }
  }
}

TEST_CASE("the compliance is never exceeded on the positive side and leaves the rest alone", "[pipeline][device]") {
  const DeviceParameters p = sample_device();
  const OperatingPoint limited = operate(p, 1, 1.5, Compliance::on);
  CHECK(limited.limited);
  CHECK(limited.current_a == p.compliance_a);
  CHECK(film_current(p, 1, limited.device_v) == Approx(p.compliance_a).epsilon(1e-13));
  CHECK_FALSE(operate(p, 1, 0.3, Compliance::on).limited);
  const Sweep cycle = sweep(p, 0);
  for (std::size_t i = 0; i < cycle.voltage_v.size(); ++i) {
    if (cycle.voltage_v[i] > 0) CHECK(cycle.current_a[i] <= p.compliance_a);
  }
}

TEST_CASE("the bare film is ohmic at low and quadratic at high voltage", "[pipeline][device]") {
  const DeviceParameters p = sample_device();
  const auto slope = [&](double v) {
    return std::log(film_current(p, 0, v * 1.001) / film_current(p, 0, v)) / std::log(1.001);
  };
  CHECK(slope(1e-5) == Approx(1).margin(1e-3));
  CHECK(slope(1e3) == Approx(2).margin(1e-2));
  CHECK(film_conductance(p, 1) == Approx(p.on_conductance_s + p.off_conductance_s).epsilon(1e-14));
  CHECK(film_conductance(p, 0) == 2 * p.off_conductance_s);
}

TEST_CASE("drift is the Mott-Gurney rate above the threshold, and capped at the attempt frequency",
          "[pipeline][device]") {
  const DeviceParameters p = sample_device();
  const double kt = units::boltzmann * 300;
  const double rate = 1e12 * std::exp(-0.39 / kt) * 2 * std::sinh((1.2 - 0.9) / (2 * kt * 0.7)) / (2000.0 / 4.5);
  CHECK(drift_speed(p, 0.2, 1.2) == Approx(rate).epsilon(1e-12));
  CHECK(drift_speed(p, 0.5, -1.3) ==
        Approx(-1e12 * std::exp(-0.39 / kt) * 2 * std::sinh(0.3 / (2 * kt * 0.7)) / (2000.0 / 4.5)).epsilon(1e-12));
  CHECK(drift_speed(p, 1, -2.5) == Approx(-1e12 / (2000.0 / 4.5)));
  CHECK(std::isfinite(drift_speed(p, 1, -1e6)));
}

TEST_CASE("without a threshold the barrier alone moves ions, each hop with its share of the voltage",
          "[pipeline][device]") {
  DeviceParameters p = sample_device();
  p.model = "barrier_only";
  const double kt = units::boltzmann * 300, hops = 2000.0 / 4.5;
  CHECK(drift_speed(p, 0.2, 0.1) ==
        Approx(1e12 * std::exp(-0.39 / kt) * 2 * std::sinh(0.1 / (2 * kt * hops)) / hops).epsilon(1e-12));
  CHECK(drift_speed(p, 0.2, -0.1) == Approx(-drift_speed(p, 0.2, 0.1)).epsilon(1e-14));
  CHECK(drift_speed(p, 0.2, 0) == 0);
}

TEST_CASE("a filament heated by its current hops at its own temperature", "[pipeline][device]") {
  DeviceParameters p = sample_device();
  p.model = "thermal";
  p.thermal_resistance_k_per_w = 0;
  CHECK(drift_speed(p, 0.8, 1.2) == Approx(drift_speed(sample_device(), 0.8, 1.2)).epsilon(1e-13));
  p.thermal_resistance_k_per_w = 6.4e4;
  p.series_resistance_ohm = 0;
  const OperatingPoint at = operate(p, 0.95, 1.2, Compliance::off);
  DeviceParameters hot = sample_device();
  hot.temperature_k = filament_temperature(p, at);
  CHECK(hot.temperature_k == Approx(300 + 6.4e4 * 1.2 * at.current_a).epsilon(1e-14));
  CHECK(hot.temperature_k > 320);
  CHECK(drift_speed(p, 0.95, 1.2) == Approx(drift_speed(hot, 0.95, 1.2)).epsilon(1e-12));
  // Forgetting too happens at the filament's temperature.
  const double drift = device_speed(p, 0.3, Compliance::off, Relaxation::off)(0.95);
  const double both = device_speed(p, 0.3, Compliance::off, Relaxation::on)(0.95);
  const double heated = filament_temperature(p, operate(p, 0.95, 0.3, Compliance::off));
  CHECK(drift - both == Approx(0.95 / retention_time(p, heated)).epsilon(1e-9));
}

TEST_CASE("a cell answers current, slope and its next state", "[pipeline][device]") {
  for (const Model& model : models()) {
    DeviceParameters p = sample_device();
    p.model = model.name;
    const Memristor cell{p};
    for (const double v : {-1.2, -0.1, 0.0, 0.4, 1.3}) {
      CAPTURE(model.name, v);
      CHECK(cell.current(0.6, v) == operate(p, 0.6, v, Compliance::off).current_a);
      CHECK(cell.slope(0.6, v) ==
            Approx((cell.current(0.6, v + 1e-6) - cell.current(0.6, v - 1e-6)) / 2e-6).epsilon(1e-7));
      CHECK(cell.advance(0.6, v, 1e-5) == pulse(p, 0.6, v, 1e-5));
    }
  }
  DeviceParameters unknown = sample_device();
  unknown.model = "thresold";
  CHECK_THROWS_WITH(Memristor{unknown}, Catch::Contains("barrier_only"));
}

TEST_CASE("a lower barrier divides the retention time by its Boltzmann factor", "[pipeline][device]") {
  DeviceParameters p = sample_device();
  const double tau = retention_time(p, 300);
  p.barrier_ev = 0.29;
  CHECK(tau / retention_time(p, 300) == Approx(47.8549).epsilon(1e-5));
  p.barrier_ev = 0.16;
  CHECK(tau / retention_time(p, 300) == Approx(7308.5).epsilon(1e-4));
}

TEST_CASE("retention falls with temperature, switching time with voltage; a larger barrier shortens neither",
          "[pipeline][device]") {
  DeviceParameters p = sample_device(), harder = sample_device();
  harder.barrier_ev = 0.45;
  CHECK(retention_time(p, 310) < retention_time(p, 300));
  CHECK(retention_time(harder, 300) > retention_time(p, 300));
  double before = 1e300;
  for (const double v : {0.92, 1.0, 1.1, 1.25, 1.5}) {
    const double seconds = switching_time(p, v, 0, 0.95).value();
    CHECK(seconds < before);
    CHECK(switching_time(harder, v, 0, 0.95).value() > seconds);
    before = seconds;
  }
  CHECK_FALSE(switching_time(p, 0.75, 0, 0.95).has_value());
}

TEST_CASE("switching at constant voltage takes path over speed where the speed is constant", "[pipeline][device]") {
  DeviceParameters p = sample_device();
  p.series_resistance_ohm = 0;  // the film sees the same voltage in every state
  CHECK(switching_time(p, 1.25, 0, 0.95).value() == Approx(0.95 / drift_speed(p, 0, 1.25)).epsilon(1e-13));
  CHECK(pulse(p, 0.1, 1.25, 2e-8) == Approx(0.1 + 2e-8 * drift_speed(p, 0, 1.25)).epsilon(1e-9));
}

TEST_CASE("splitting a pulse into 1, 10 or 1000 parts changes the state by at most 1e-9", "[pipeline][device]") {
  DeviceParameters sloped = sample_device();
  sloped.set_threshold_slope_v = 0.3;
  for (const DeviceParameters& p : {sample_device(), sloped}) {
    for (const auto& [start, v, width] :
         {std::tuple{0.0, 1.1, 1e-6}, std::tuple{0.05, 1.25, 4e-8}, std::tuple{0.98, -0.9, 1e-3},
          std::tuple{1.0, -1.2, 1e-7}, std::tuple{0.6, -0.7, 1e-2}, std::tuple{0.9, 0.0, 1e4}}) {
      const double whole = pulse(p, start, v, width);
      for (const int parts : {10, 1000}) {
        double x = start;
        for (int i = 0; i < parts; ++i) x = pulse(p, x, v, width / parts);
        CAPTURE(start, v, width, parts);
        CHECK(std::abs(x - whole) <= 1e-9);
      }
      if (v != 0) CHECK(whole != start);
    }
  }
}

TEST_CASE("the quadrature agrees with a fine integration in time", "[pipeline][device]") {
  const DeviceParameters p = sample_device();
  for (const auto& [start, v, width] :
       {std::tuple{0.0, 1.1, 1e-6}, std::tuple{1.0, -0.9, 1e-8}, std::tuple{0.7, -0.9, 1e-5}}) {
    const Speed speed = device_speed(p, v, Compliance::off, Relaxation::off);
    CAPTURE(start, v);
    CHECK(advance(speed, start, width) == Approx(runge_kutta(speed, start, width, 400000)).margin(1e-9));
  }
  const Speed limited = device_speed(p, 0.95, Compliance::on, Relaxation::on);
  CHECK(advance(limited, 0.3, 2e-3) == Approx(runge_kutta(limited, 0.3, 2e-3, 400000)).margin(1e-9));
}

TEST_CASE("without drive the state forgets exponentially", "[pipeline][device]") {
  const DeviceParameters p = sample_device();
  const double tau = retention_time(p, 300);
  CHECK(pulse(p, 0.8, 0, 0.7 * tau) == Approx(0.8 * std::exp(-0.7)).epsilon(1e-10));
}

TEST_CASE("a state of rest is approached, never passed", "[pipeline][device]") {
  const Speed to_half = [](double x) { return 0.5 - x; };
  CHECK(advance(to_half, 0.9, 1.3) == Approx(0.5 + 0.4 * std::exp(-1.3)).margin(1e-12));
  CHECK(advance(to_half, 0.9, 1e9) == Approx(0.5).margin(1e-12));
  CHECK(time_to(to_half, 0.9, 0.6).value() == Approx(std::log(4.0)).epsilon(1e-12));
  CHECK_FALSE(time_to(to_half, 0.9, 0.4).has_value());
  CHECK_FALSE(time_to(to_half, 0.9, 0.95).has_value());
}

TEST_CASE("a barrier's error bar spreads the retention time as the closed form says", "[pipeline][device]") {
  const DeviceParameters p = sample_device();
  std::vector<double> ratio;
  for (const DeviceParameters& drawn : draw_devices(p, {0.05, 1}, 1))
    ratio.push_back(retention_time(drawn, 300) / retention_time(p, 300));
  REQUIRE(ratio.size() >= 2000);
  const Percentiles band = percentiles(ratio);
  const double factor = std::exp(1.6448536 * 0.05 / (units::boltzmann * 300));
  CHECK(band.p95 == Approx(factor).epsilon(0.01));
  CHECK(band.p05 == Approx(1 / factor).epsilon(0.01));
  CHECK(band.median == Approx(1).epsilon(0.01));

  std::vector<double> frequency;
  for (const DeviceParameters& drawn : draw_devices(p, {0, 10}, 1))
    frequency.push_back(std::log10(drawn.attempt_frequency_thz));
  const Percentiles log_band = percentiles(frequency);
  CHECK(log_band.p05 == Approx(-0.9).margin(0.03));
  CHECK(log_band.p95 == Approx(0.9).margin(0.03));
}

TEST_CASE("random numbers are functions of their keys, uniform and normal", "[pipeline][device]") {
  CHECK(uniform_at(1, 2, 3) == uniform_at(1, 2, 3));
  CHECK(uniform_at(1, 2, 3) != uniform_at(1, 2, 4));
  CHECK(uniform_at(1, 2, 3) != uniform_at(1, 3, 3));
  CHECK(uniform_at(1, 2, 3) != uniform_at(2, 2, 3));
  double mean = 0, square = 0;
  constexpr int n = 20000;
  for (int i = 0; i < n; ++i) {
    const double z = normal_at(7, 1, static_cast<std::uint64_t>(i));
    mean += z / n;
    square += z * z / n;
  }
  CHECK(mean == Approx(0).margin(4 / std::sqrt(n)));
  CHECK(square == Approx(1).margin(4 * std::sqrt(2.0 / n)));
}

TEST_CASE("a state one rounding step from its bound arrives there", "[device]") {
  const double beside = std::nextafter(1.0, 0.0);
  CHECK(advance([](double) { return 1.0; }, beside, 1.0) == 1.0);
  CHECK(advance([](double) { return -1.0; }, std::nextafter(0.0, 1.0), 1.0) == 0.0);
}
