// SPDX-License-Identifier: GPL-2.0-or-later
// Devices over time: the quadrature against CVODE, and what must hold for every device whatever its numbers.
#include <catch2/catch.hpp>

#include <cmath>

#include "structures/core/error.hpp"
#include "structures/core/units.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"
#include "workflows/pipeline/models/kinds/pulse_table.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/models/variability.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"
#include "workflows/pipeline/protocols/waveform.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;

namespace {

/// A device with numbers of its own, by its index.
DeviceParameters any_device(std::uint64_t index) {
  std::uint32_t purpose = 100;
  const auto between = [&](double low, double high) { return low + (high - low) * uniform_at(5, purpose++, index); };
  DeviceParameters p;
  p.model = models()[index % models().size()].name;
  p.barrier_ev = between(0.15, 0.6);
  p.attempt_frequency_thz = std::pow(10.0, between(-1, 1));
  p.hop_length_angstrom = between(3.5, 6);
  p.temperature_k = between(250, 400);
  p.on_conductance_s = std::pow(10.0, between(-5, -2));
  p.off_conductance_s = p.on_conductance_s * std::pow(10.0, between(-6, -1));
  p.child_a_per_v2 = p.off_conductance_s * between(0, 4);
  p.series_resistance_ohm = between(0, 200);
  p.set_threshold_v = between(0.2, 1);
  p.reset_threshold_v = between(0.2, 1);
  p.set_threshold_slope_v = between(0, 0.4);
  p.reset_threshold_slope_v = between(0, 1);
  p.sharing_length_hops = between(0.5, 3);
  p.stabilisation_ev = between(0.1, 0.5);
  return p;
}

constexpr std::uint64_t devices = 60;

/// A start, a voltage and a width at which the device is neither at rest nor over at once.
struct Push {
  double start, voltage_v, width_s;
};

Push any_push(const DeviceParameters& p, std::uint64_t index) {
  Push push{0.05 + 0.9 * uniform_at(6, 1, index), 0.3 + 1.2 * uniform_at(6, 2, index), 1e-6};
  if (uniform_at(6, 3, index) < 0.5) push.voltage_v = -push.voltage_v;
  const double speed = std::abs(device_speed(p, push.voltage_v, Compliance::off, Relaxation::on)(push.start));
  push.width_s = speed > 0 ? uniform_at(6, 4, index) / speed : 1;
  return push;
}

}  // namespace

TEST_CASE("a pulse by quadrature is the pulse CVODE integrates at a relative tolerance of 1e-12",
          "[pipeline][device]") {
  int moved = 0;
  for (std::uint64_t i = 0; i < devices; ++i) {
    const DeviceParameters p = any_device(i);
    const Push push = any_push(p, i);
    const double exact = pulse(p, push.start, push.voltage_v, push.width_s);
    const WaveformRun run =
        drive(p, {{0, push.width_s}, {push.voltage_v, push.voltage_v}}, push.start, {.relative_tolerance = 1e-12});
    CAPTURE(i, p.model, push.start, push.voltage_v, push.width_s, exact);
    CHECK(std::abs(run.state.back() - exact) <= 1e-9);
    if (std::abs(exact - push.start) > 0.01) ++moved;
  }
  CHECK(moved > 20);
}

TEST_CASE("a last slow stretch after a fast run is never overlooked", "[pipeline][device]") {
  // From 1e8 per second to 20 within nothing, wherever the panels of the quadrature end.
  constexpr double corner = 0.4591, seconds = 4e-3;
  const Speed speed = [](double x) { return x > corner ? -1e8 : -20.0; };
  for (int k = 0; k < 400; ++k) {
    const double start = 0.46 + 0.0013 * k;
    CAPTURE(start);
    CHECK(advance(speed, start, seconds) == Approx(corner - 20 * (seconds - (start - corner) / 1e8)).margin(1e-9));
  }
  // A device that did this: CVODE says where it ends.
  const DeviceParameters p = any_device(3);
  const double width = 0.1 / std::abs(device_speed(p, -1.2, Compliance::off, Relaxation::on)(0.5));
  const WaveformRun run = drive(p, {{0, width}, {-1.2, -1.2}}, 0.74802784504699993, {.relative_tolerance = 1e-12});
  CHECK(pulse(p, 0.74802784504699993, -1.2, width) == Approx(run.state.back()).margin(1e-9));
  // And one that begins within a hair of where its threshold lets go.
  const WaveformRun late = drive(p, {{0, width}, {-1.2, -1.2}}, 0.5607, {.relative_tolerance = 1e-12});
  CHECK(pulse(p, 0.5607, -1.2, width) == Approx(late.state.back()).margin(1e-9));
}

TEST_CASE("a stretch between two points of a quadrature is passed in its own time", "[pipeline][device]") {
  // Down a slope the voltage above the threshold has a peak. Let it clear the threshold by a hair there: the device
  // drifts through a thousandth of its range and only forgets before and after.
  for (const std::string_view model : {"threshold", "thermal"}) {
    DeviceParameters p = any_device(0);
    p.model = model;
    p.barrier_ev = 0.3;
    p.stabilisation_ev = 0.3;
    p.on_conductance_s = 5e-3;
    p.off_conductance_s = 5e-7;
    p.series_resistance_ohm = 200;
    p.reset_threshold_slope_v = 0.5;
    p.thermal_resistance_k_per_w = 0;  // the forgetting too has a closed form
    constexpr double v = -1;
    const auto above = [&](double x) {
      return std::abs(operate(p, x, v, Compliance::off).device_v) - p.reset_threshold_slope_v * (1 - x);
    };
    double peak = 0.01;
    for (int i = 1; i < 99000; ++i)
      if (above(i * 1e-5) > above(peak)) peak = i * 1e-5;
    REQUIRE(peak > 0.1);
    REQUIRE(peak < 0.9);
    p.reset_threshold_v = above(peak) + p.threshold_smoothing_v - 2e-5;
    const auto edge = [&](double moving, double still) {
      for (int i = 0; i < 60; ++i) {
        const double middle = 0.5 * (moving + still);
        (above(middle) - p.reset_threshold_v > -p.threshold_smoothing_v ? moving : still) = middle;
      }
      return moving;
    };
    const double low = edge(peak, 0.05), high = edge(peak, 0.95), tau = retention_time(p, p.temperature_k);
    const Speed speed = device_speed(p, v, Compliance::off, Relaxation::on);
    double inside = 0;
    constexpr int steps = 200000;
    for (int i = 0; i < steps; ++i) inside -= (high - low) / steps / speed(low + (i + 0.5) * (high - low) / steps);
    CAPTURE(model, peak, high - low, inside, tau);
    CHECK(high - low < 0.01);
    CHECK(inside < 0.5 * tau * std::log(high / low));  // seen, it makes a difference
    for (int k = 0; k < 50; ++k) {
      const double start = 0.95 - 1e-3 * k;
      CHECK(time_to(speed, start, 0.05).value() ==
            Approx(tau * std::log(start / high) + inside + tau * std::log(low / 0.05)).epsilon(1e-9));
    }
  }
}

TEST_CASE("a waveform of steps is its pulses, one after the other", "[pipeline][device]") {
  DeviceParameters p = any_device(0);
  p.set_threshold_v = p.reset_threshold_v = 0.5;
  const double quick = 0.2 / device_speed(p, 0.9, Compliance::off, Relaxation::on)(0.4);
  const Waveform steps{{0, quick, quick, 2 * quick, 2 * quick, 3 * quick}, {0.9, 0.9, 0, 0, 0.8, 0.8}};
  double x = pulse(p, 0.4, 0.9, quick);
  x = pulse(p, x, 0, quick);
  x = pulse(p, x, 0.8, quick);
  CHECK(drive(p, steps, 0.4, {.relative_tolerance = 1e-12}).state.back() == Approx(x).margin(1e-9));
  CHECK(drive(p, steps, 0.4, {.samples = 3}).time_s.size() == 6 + 3 * 3);
}

TEST_CASE("a state driven past its end stays there and comes back", "[pipeline][device]") {
  DeviceParameters p = any_device(0);
  p.set_threshold_slope_v = p.reset_threshold_slope_v = p.series_resistance_ohm = 0;  // nothing slows it on its way
  const double quick = 5 / device_speed(p, 1.3, Compliance::off, Relaxation::on)(0.5);
  const WaveformRun up = drive(p, {{0, quick}, {1.3, 1.3}}, 0.5);
  CHECK(up.state.back() == Approx(1).margin(1e-7));
  const double slow = 0.1 / std::abs(device_speed(p, -1.3, Compliance::off, Relaxation::on)(1));
  const WaveformRun both = drive(p, {{0, quick, quick, quick + slow}, {1.3, 1.3, -1.3, -1.3}}, 0.5);
  CHECK(both.state.back() == Approx(pulse(p, 1, -1.3, slow)).margin(1e-6));
}

TEST_CASE("waveforms that make no sense are refused with what is wrong", "[pipeline][device]") {
  const DeviceParameters p = any_device(0);
  CHECK_THROWS_WITH(drive(p, {{0, 1}, {1}}, 0), Catch::Contains("2 times for 1 voltages"));
  CHECK_THROWS_WITH(drive(p, {{0}, {1}}, 0), Catch::Contains("two corners"));
  CHECK_THROWS_WITH(drive(p, {{0, -1}, {1, 1}}, 0), Catch::Contains("corner 2"));
  CHECK_THROWS_WITH(drive(p, {{0, std::nan("")}, {1, 1}}, 0), Catch::Contains("corner 2"));
  CHECK_THROWS_WITH(drive(p, {{0, 1}, {1, 1}}, 2), Catch::Contains("start state"));
}

TEST_CASE("splitting any pulse into 10 or 1000 parts changes the state by at most 1e-9", "[pipeline][device]") {
  for (std::uint64_t i = 0; i < devices; ++i) {
    const DeviceParameters p = any_device(i);
    const Push push = any_push(p, i);
    const double whole = pulse(p, push.start, push.voltage_v, push.width_s);
    for (const int parts : {10, i % 6 == 0 ? 1000 : 100}) {
      double x = push.start;
      for (int n = 0; n < parts; ++n) x = pulse(p, x, push.voltage_v, push.width_s / parts);
      CAPTURE(i, p.model, push.start, push.voltage_v, push.width_s, parts);
      CHECK(std::abs(x - whole) <= 1e-9);
    }
  }
}

TEST_CASE("every device is passive, silent at zero volts, monotone, and keeps its state without relaxation",
          "[pipeline][device]") {
  for (std::uint64_t i = 0; i < devices; ++i) {
    const DeviceParameters p = any_device(i);
    CAPTURE(i, p.model);
    const Memristor cell{p};
    for (const double x : {0.0, 0.37, 1.0}) {
      CHECK(cell.current(x, 0) == 0);
      CHECK(cell.advance(x, 0, 1e6, Relaxation::off) == x);
      double before = 0;
      for (const double v : {0.01, 0.2, 0.7, 1.5, 3.0}) {
        CHECK(cell.current(x, v) > before);
        CHECK(cell.current(x, -v) == -cell.current(x, v));
        before = cell.current(x, v);
        const OperatingPoint limited = operate(p, x, v, Compliance::on);
        CHECK(limited.current_a <= p.compliance_a);
        CHECK(limited.current_a * limited.device_v >= 0);
      }
    }
    CHECK(retention_time(p, 310) < retention_time(p, 300));
    DeviceParameters higher = p;
    higher.barrier_ev += 0.02;
    CHECK(retention_time(higher, 300) > retention_time(p, 300));
    double before = std::numeric_limits<double>::infinity();
    for (const double v : {0.3, 0.6, 0.9, 1.2, 2.0}) {
      const double seconds = switching_time(p, v, 0.1, 0.9).value_or(std::numeric_limits<double>::infinity());
      CHECK(seconds <= before);
      CHECK(switching_time(higher, v, 0.1, 0.9).value_or(std::numeric_limits<double>::infinity()) >= seconds);
      before = seconds;
    }
  }
}

TEST_CASE("an error bar of 0.05 eV spreads the retention at 300 K from 0.0415 to 24.1 times its middle",
          "[pipeline][device]") {
  const DeviceParameters p = any_device(0);
  std::vector<double> ratio;
  for (const DeviceParameters& drawn : draw_devices(p, {0.05, 1}, 3))
    ratio.push_back(retention_time(drawn, 300) / retention_time(p, 300));
  const Percentiles band = percentiles(ratio);
  CHECK(band.p05 == Approx(0.0415).epsilon(0.01));
  CHECK(band.p95 == Approx(24.1).epsilon(0.01));
}

TEST_CASE("the energy of a pulse is the integral of its power", "[pipeline][device]") {
  DeviceParameters p = any_device(0);
  p.series_resistance_ohm = 0;
  p.set_threshold_slope_v = 0;
  p.stabilisation_ev = 2;  // nothing is forgotten meanwhile
  // Film voltage and speed are constant: x = x0 + s t, and the current is exponential in time.
  const double v = 1.2, speed = device_speed(p, v, Compliance::off, Relaxation::off)(0.2), seconds = 0.5 / speed;
  const double lambda = std::log(p.on_conductance_s / p.off_conductance_s);
  const double moving =
      v * v * p.off_conductance_s * ((std::exp(lambda * 0.7) - std::exp(lambda * 0.2)) / (lambda * speed) + seconds) +
      p.child_a_per_v2 * v * v * v * seconds;
  const PulseEnergy energy = pulse_energy(p, 0.2, v, seconds);
  CHECK(energy.after == Approx(0.7).epsilon(1e-9));
  CHECK(energy.integral_j == Approx(moving).epsilon(1e-6));
  CHECK(energy.final_current_j == Approx(v * Memristor{p}.current(0.7, v) * seconds).epsilon(1e-6));
  // Once switched, every second costs the same.
  const double full = 0.8 / speed, more = pulse_energy(p, 0.2, v, 2 * full).integral_j -
                                          pulse_energy(p, 0.2, v, full * 1.000001).integral_j;
  CHECK(more == Approx(v * Memristor{p}.current(1, v) * full * 0.999999).epsilon(1e-5));
  CHECK(pulse_energy(p, 0.2, 0, 1).integral_j == 0);
}

TEST_CASE("a pulse table answers as the exact pulse does, within its tolerance", "[pipeline][device]") {
  for (const std::uint64_t i : {0, 1, 2, 3}) {
    const Memristor cell{any_device(i)};
    for (const double v : {1.2, -1.2}) {
      const double speed = std::abs(device_speed(cell.parameters(), v, Compliance::off, Relaxation::on)(0.5));
      const double width = speed > 0 ? 0.1 / speed : 1e-6;
      const PulseTable table{cell, v, width, 1e-6};
      CAPTURE(i, v, width, table.nodes());
      CHECK(table.error() <= 1e-6);
      double worst = 0;
      for (int k = 0; k <= 500; ++k)
        worst = std::max(worst, std::abs(table.next(k / 500.0) - cell.advance(k / 500.0, v, width)));
      CHECK(worst <= 1e-5);
    }
  }
}

TEST_CASE("a population has the spreads, the correlations and the share of stuck devices it was given",
          "[pipeline][device]") {
  Variability v;
  v.device << 0.1, 0.5, 0.05, 0.04, 0.02;
  v.correlation(0, 1) = v.correlation(1, 0) = 0.6;
  v.correlation(2, 3) = v.correlation(3, 2) = -0.5;
  v.stuck_fraction = 0.1;
  DeviceParameters mean = any_device(0);
  mean.off_conductance_s = 1e-9 * mean.on_conductance_s;
  const Population population{mean, v, 9};
  constexpr int n = 20000;
  Eigen::Matrix<double, varied_count, 1> sum = Eigen::Matrix<double, varied_count, 1>::Zero();
  Eigen::Matrix<double, varied_count, varied_count> products =
      Eigen::Matrix<double, varied_count, varied_count>::Zero();
  int stuck = 0;
  for (int i = 0; i < n; ++i) {
    const DrawnDevice d = population.device(static_cast<std::uint64_t>(i));
    Eigen::Matrix<double, varied_count, 1> shift;
    shift << std::log10(d.parameters.on_conductance_s / mean.on_conductance_s),
        std::log10(d.parameters.off_conductance_s / mean.off_conductance_s),
        d.parameters.set_threshold_v - mean.set_threshold_v, d.parameters.reset_threshold_v - mean.reset_threshold_v,
        d.parameters.barrier_ev - mean.barrier_ev;
    sum += shift;
    products += shift * shift.transpose();
    stuck += d.stuck ? 1 : 0;
  }
  for (Eigen::Index i = 0; i < varied_count; ++i) {
    CHECK(sum[i] / n == Approx(0).margin(4 * v.device[i] / std::sqrt(n)));
    CHECK(std::sqrt(products(i, i) / n) == Approx(v.device[i]).epsilon(0.03));
  }
  CHECK(products(0, 1) / n / (0.1 * 0.5) == Approx(0.6).margin(0.03));
  CHECK(products(2, 3) / n / (0.05 * 0.04) == Approx(-0.5).margin(0.03));
  CHECK(products(0, 4) / n / (0.1 * 0.02) == Approx(0).margin(0.03));
  CHECK(stuck == Approx(0.1 * n).margin(4 * std::sqrt(0.09 * n)));
  // A function of the key alone.
  CHECK(population.device(7).parameters.barrier_ev == Population(mean, v, 9).device(7).parameters.barrier_ev);
  CHECK(population.device(7).parameters.barrier_ev != population.device(8).parameters.barrier_ev);
  CHECK(population.device(7).parameters.barrier_ev != Population(mean, v, 10).device(7).parameters.barrier_ev);
}

TEST_CASE("noise of cycles keeps the mean step and differs by device and cycle", "[pipeline][device]") {
  Variability v;
  v.cycle_step = 0.3;
  v.cycle_set_v = 0.05;
  const Population population{any_device(0), v, 1};
  double mean = 0, log_square = 0;
  constexpr int n = 20000;
  for (int i = 0; i < n; ++i) {
    const double step = (population.noisy(0.5, 0.501, 3, static_cast<std::uint64_t>(i)) - 0.5) / 0.001;
    mean += step / n;
    log_square += std::log(step) * std::log(step) / n;
  }
  CHECK(mean == Approx(1).margin(4 * 0.31 / std::sqrt(n)));
  CHECK(std::sqrt(log_square - 0.045 * 0.045) == Approx(0.3).epsilon(0.03));
  CHECK(population.noisy(0.5, 0.6, 1, 2) != population.noisy(0.5, 0.6, 2, 1));
  CHECK(population.noisy(0.5, 1.0, 1, 2) <= 1);
  const DrawnDevice d = population.device(4);
  CHECK(population.in_cycle(d, 4, 1).set_threshold_v != population.in_cycle(d, 4, 2).set_threshold_v);
  CHECK(population.in_cycle(d, 4, 1).set_threshold_v == population.in_cycle(d, 4, 1).set_threshold_v);
}

TEST_CASE("a variability that no population has is refused", "[pipeline][device]") {
  Variability impossible;
  impossible.correlation(0, 1) = impossible.correlation(1, 0) = 0.9;
  impossible.correlation(1, 2) = impossible.correlation(2, 1) = 0.9;
  impossible.correlation(0, 2) = impossible.correlation(2, 0) = -0.9;
  CHECK_THROWS_WITH(Population(any_device(0), impossible, 1), Catch::Contains("eigenvalue"));
  Variability negative;
  negative.cycle_step = -1;
  CHECK_THROWS_WITH(Population(any_device(0), negative, 1), Catch::Contains("negative"));
  Variability given;
  given.device << 0.1, 0.2, 0.3, 0.4, 0.5;
  given.correlation(3, 1) = given.correlation(1, 3) = 0.25;
  given.stuck_fraction = 0.1;
  CHECK(to_json(variability_from_json(to_json(given), "x")).dump() == to_json(given).dump());
  CHECK_THROWS_WITH(variability_from_json({{"stuck_fracton", 0.1}}, "device.json"),
                    Catch::Contains("did you mean 'stuck_fraction'"));
}
