// SPDX-License-Identifier: GPL-2.0-or-later
// Arrays of device models under pulses, populations, and weights read through wires.
#include <catch2/catch.hpp>

#include <algorithm>
#include <tuple>

#include "structures/core/error.hpp"
#include "tests/pipeline/crossbar/crossbar_arrays.hpp"
#include "tests/pipeline/crossbar/crossbar_devices.hpp"
#include "workflows/pipeline/crossbar/pictures.hpp"
#include "workflows/pipeline/crossbar/programming.hpp"
#include "workflows/pipeline/crossbar/solver/transfer.hpp"
#include "workflows/pipeline/crossbar/weight_readout.hpp"
#include "workflows/pipeline/crossbar/yield.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using Eigen::Index;

namespace {

Population alike() { return cell_population(alike_device(), 0, 1); }

Eigen::MatrixXi one_cell(Index rows, Index columns, Index row, Index column) {
  Eigen::MatrixXi image = Eigen::MatrixXi::Zero(rows, columns);
  image(row, column) = 1;
  return image;
}

WriteProtocol without_erase() {
  WriteProtocol protocol;
  protocol.erase = Erase::none;
  return protocol;
}

}  // namespace

TEST_CASE("half-selected bare cells stay bare while a neighbour is set", "[pipeline][crossbar][programming]") {
  DeviceArray array{cell_population(flexible_device(), 0, 1), 4, 4, {}};
  const WriteReport report = write(array, one_cell(4, 4, 1, 2), {});
  CHECK(array.state()(1, 2) == 1);
  CHECK(array.state().sum() == Approx(1));
  CHECK(report.failed.empty());
  CHECK(report.disturbed.empty());
  CHECK(report.pulses == 2);
  CHECK(erase_whole(array, {}).failed.empty());
  CHECK(array.state().maxCoeff() < 0.05);
}

TEST_CASE("a single cell with line resistance is set as a device with that series resistance",
          "[pipeline][crossbar][programming]") {
  WriteProtocol protocol = without_erase();
  protocol.set_v = 1.1;
  protocol.width_s = 2e-6;  // ends on the way
  DeviceArray array{alike(), 1, 1, {.row_segment_ohm = 12, .column_segment_ohm = 3, .driver_ohm = 17, .sense_ohm = 8}};
  write(array, Eigen::MatrixXi::Ones(1, 1), protocol);
  DeviceParameters alone = alike_device();
  alone.series_resistance_ohm += 40;
  const double expected = pulse(alone, 0, 1.1, 2e-6);
  CHECK(expected > 0.3);
  CHECK(expected < 1);
  CHECK(array.state()(0, 0) == Approx(expected).margin(5e-4));
}

TEST_CASE("a pulse on an array is followed closely enough: a hundred times finer errors change no state by 0.001",
          "[pipeline][crossbar][programming]") {
  // Wires share the voltage with cells whose conductance grows by decades while they switch.
  for (const auto& [scheme, volts, width, ohm] :
       {std::tuple{Scheme::floating, 1.5, 1e-7, 5.0}, std::tuple{Scheme::half, 1.5, 1e-8, 20.0},
        std::tuple{Scheme::third, 1.3, 1e-7, 20.0}, std::tuple{Scheme::grounded, 1.5, 1e-7, 50.0}}) {
    Eigen::MatrixXd states[2];
    for (int fine = 0; fine < 2; ++fine) {
      DeviceArray array{alike(), 4, 4, {.row_segment_ohm = ohm, .column_segment_ohm = ohm}};
      for (Index k = 0; k < 16; ++k) array.state()(k / 4, k % 4) = static_cast<double>((7 * k) % 11) / 11;
      array.state()(1, 2) = 0.1;
      if (fine == 1) array.set_step_tolerance(1e-5);
      Array ends = array.lines();
      address(ends, 1, 2, volts, scheme);
      array.pulse(ends, width);
      states[fine] = array.state();
    }
    CAPTURE(volts, width, ohm);
    CHECK((states[0] - states[1]).cwiseAbs().maxCoeff() < 1e-3);
    CHECK(states[0](1, 2) > 0.1);
  }
}

TEST_CASE("spreads and stuck cells that a device file states are those of its arrays",
          "[pipeline][crossbar][programming]") {
  Variability stated;
  stated.stuck_fraction = 0.5;
  stated.device[0] = 0.2;
  DeviceArray array{cell_population(alike_device(), stated, 0, 3), 16, 16, {}};
  int stuck = 0;
  for (Index k = 0; k < 256; ++k) stuck += array.stuck(k / 16, k % 16);
  CHECK(stuck > 90);
  CHECK(stuck < 166);
  CHECK(array.cell(0, 0).parameters().on_conductance_s != array.cell(0, 1).parameters().on_conductance_s);
}

TEST_CASE("resetting a cell with V/2 on the other lines costs its set neighbours; erasing the whole array costs nobody",
          "[pipeline][crossbar][programming]") {
  DeviceArray array{alike(), 3, 3, {}};
  array.state().setOnes();
  WriteProtocol protocol;
  WriteReport report = pulse_cells(array, one_cell(3, 3, 1, 1), -1.5, protocol);
  // Four cells share a line with the one; each sees -0.75 V as a lone device does.
  REQUIRE(report.disturbed.size() == 4);
  for (const CellState& c : report.disturbed) {
    CHECK((c.row == 1) != (c.column == 1));
    CHECK(array.state()(c.row, c.column) == Approx(pulse(alike_device(), 1, -0.75, protocol.width_s)).epsilon(1e-6));
    CHECK(c.after < 0.95 * c.before);
  }
  CHECK(array.state()(0, 0) == 1);
  array.state().setOnes();
  report = write(array, one_cell(3, 3, 0, 0), protocol);
  CHECK(report.disturbed.empty());
  CHECK(report.failed.empty());
  array.state().setOnes();
  protocol.erase = Erase::cells;
  // Cell by cell, the one that stays set is half selected four times.
  report = write(array, one_cell(3, 3, 0, 0), protocol);
  CHECK(report.failed.empty());
  REQUIRE(report.disturbed.size() == 1);
  CHECK(report.disturbed[0].row == 0);
  CHECK(report.disturbed[0].column == 0);
  CHECK(report.disturbed[0].after < 0.5 * report.disturbed[0].before);
}

TEST_CASE("a compliance too small for the sneak currents leaves far cells unswitched, and they are named",
          "[pipeline][crossbar][programming]") {
  DeviceArray array{alike(), 4, 4, {.compliance_a = 1e-3}};
  array.state().setOnes();
  array.state()(2, 1) = 0;
  const WriteReport report = write(array, one_cell(4, 4, 2, 1), without_erase());
  // Its row feeds three set cells, 0.75 V across 393 ohm each: 6 mA would be needed.
  REQUIRE(report.failed.size() == 1);
  CHECK(report.failed[0].row == 2);
  CHECK(report.failed[0].column == 1);
  CHECK(std::find(report.limited_rows.begin(), report.limited_rows.end(), 2) != report.limited_rows.end());
  DeviceArray strong{alike(), 4, 4, {}};
  strong.state() = Eigen::MatrixXd::Ones(4, 4);
  strong.state()(2, 1) = 0;
  CHECK(write(strong, one_cell(4, 4, 2, 1), without_erase()).failed.empty());
}

TEST_CASE("stuck cells stay as they are and are named when a picture asks for something else",
          "[pipeline][crossbar][programming]") {
  DeviceArray array{cell_population(flexible_device(), 0.2, 3), 8, 8, {}};
  int stuck_bare = 0, stuck_set = 0;
  for (Index i = 0; i < 8; ++i) {
    for (Index j = 0; j < 8; ++j) {
      if (array.stuck(i, j)) ++(array.state()(i, j) > 0.5 ? stuck_set : stuck_bare);
    }
  }
  REQUIRE(stuck_bare > 0);
  REQUIRE(stuck_set > 0);
  CHECK(static_cast<int>(erase_whole(array, {}).failed.size()) == stuck_set);
  CHECK(static_cast<int>(write(array, Eigen::MatrixXi::Ones(8, 8), without_erase()).failed.size()) == stuck_bare);
}

TEST_CASE("verified pulses stop when the cell reads as set", "[pipeline][crossbar][programming]") {
  WriteProtocol protocol = without_erase();
  protocol.set_v = 0.9;
  protocol.width_s = 1e-7;
  DeviceArray once{alike(), 2, 2, {}}, verified{alike(), 2, 2, {}};
  CHECK(write(once, one_cell(2, 2, 0, 1), protocol).failed.size() == 1);
  protocol.most_pulses = 100;
  protocol.step_v = 0.05;
  const WriteReport report = write(verified, one_cell(2, 2, 0, 1), protocol);
  CHECK(report.failed.empty());
  CHECK(report.pulses > 1);
  CHECK(report.pulses < 20);
}

TEST_CASE("a pulse on a lone resistor-like cell costs V I t", "[pipeline][crossbar][programming]") {
  DeviceArray array{alike(), 1, 1, {.driver_ohm = 100}};
  array.state().setOnes();
  Array ends = array.lines();
  ends.rows[0].voltage_v = 0.2;
  const double total_ohm = 100 + 10 + 1 / (1 / 383.0 + 2e-9);
  CHECK(array.pulse(ends, 1e-3).energy_j == Approx(0.2 * 0.2 / total_ohm * 1e-3).epsilon(1e-4));
}

TEST_CASE("bare cells differ by the device's spread, keyed by the seed", "[pipeline][crossbar][programming]") {
  DeviceArray one{cell_population(flexible_device(), 0, 1), 16, 16, {}},
      again{cell_population(flexible_device(), 0, 1), 16, 16, {}},
      other{cell_population(flexible_device(), 0, 2), 16, 16, {}};
  const Eigen::ArrayXXd current = read_cells(one, 0.05, Scheme::grounded).current_a.array();
  CHECK((read_cells(again, 0.05, Scheme::grounded).current_a.array() == current).all());
  CHECK_FALSE((read_cells(other, 0.05, Scheme::grounded).current_a.array() == current).all());
  const Eigen::ArrayXXd decades = current.log10();
  const double mean = decades.mean(), sd = std::sqrt((decades - mean).square().mean());
  CHECK(sd == Approx(0.5).margin(4 * 0.5 / std::sqrt(2.0 * 256)));
}

TEST_CASE("Wilson's interval is that of his paper's formula", "[pipeline][crossbar][yield]") {
  // Newcombe, Stat. Med. 17, 857 (1998), table I: 81/263 and 15/148 and 0/20 and 1/29, method 3.
  for (const auto& [good, count, low, high] : {std::tuple{81, 263, 0.2553, 0.3662},
                                               {15, 148, 0.0624, 0.1605},
                                               {0, 20, 0.0, 0.1611},
                                               {1, 29, 0.0061, 0.1718}}) {
    const Interval interval = wilson(good, count);
    CHECK(interval.low == Approx(low).margin(5e-5));
    CHECK(interval.high == Approx(high).margin(5e-5));
  }
}

TEST_CASE("the yield of a population is its spread's less its stuck devices'", "[pipeline][crossbar][yield]") {
  DeviceParameters p = flexible_device();
  p.series_resistance_ohm = 0;
  p.child_a_per_v2 = 0;
  // log10 of the ratio is normal: Gon / (2 Goff) and 0.5 decades.
  const double mean = std::log10(p.on_conductance_s / (2 * p.off_conductance_s));
  YieldOptions options;
  options.least_ratio = 1e5;
  const double expected = 0.5 * std::erfc((5 - mean) / 0.5 / std::sqrt(2.0));
  const Yield free = yield_of(cell_population(p, 0, 4), options), stuck = yield_of(cell_population(p, 0.1, 4), options);
  CHECK(free.expected == Approx(expected).margin(4 * std::sqrt(expected * (1 - expected) / 1e5)));
  CHECK(stuck.expected == Approx(0.9 * free.expected).margin(0.004));
  CHECK(stuck.expected_without_stuck == free.expected);
  CHECK(stuck.interval.low < stuck.fraction);
  CHECK(stuck.interval.high > stuck.fraction);
  CHECK_THROWS_WITH(yield_of(cell_population(p, 0, 1), {.devices = 0}), Catch::Contains("devices"));
  CHECK_THROWS_WITH(cell_population(p, 2, 1), Catch::Contains("stuck_fraction"));
}

TEST_CASE("without wires a network's weights are read as they are, tiled or not", "[pipeline][crossbar][synapse]") {
  Eigen::MatrixXd w(20, 7);
  for (Index k = 0; k < w.size(); ++k) w(k) = uniform_at(3, 1, static_cast<std::uint64_t>(k));
  SynapseReadout readout;
  readout.on_s = 1e-3;
  readout.off_s = 1e-5;
  for (const Scheme scheme : {Scheme::grounded, Scheme::half, Scheme::floating}) {
    for (const Index tile : {6, 128}) {
      readout.scheme = scheme;
      readout.tile_rows = readout.tile_columns = tile;
      const EffectiveSynapses e = read_synapses(w, readout);
      CHECK(e.tiles == (tile == 6 ? 8 : 1));
      CHECK((e.weight - w).cwiseAbs().maxCoeff() <= 1e-13);
      CHECK(e.median_share == Approx(1).epsilon(1e-12));
      CHECK((e.idle_power_w > 0) == (scheme == Scheme::half));
    }
  }
}

TEST_CASE("wires take more from a network the larger its tiles, and trimming keeps each output's sum",
          "[pipeline][crossbar][synapse]") {
  Eigen::MatrixXd w(40, 24);
  for (Index k = 0; k < w.size(); ++k) w(k) = uniform_at(4, 1, static_cast<std::uint64_t>(k));
  SynapseReadout readout;
  readout.on_s = 1 / 383.0;
  readout.off_s = readout.on_s / 100;
  readout.wires = {.row_segment_ohm = 1, .column_segment_ohm = 1};
  readout.tile_rows = readout.tile_columns = 8;
  const EffectiveSynapses small = read_synapses(w, readout);
  readout.tile_rows = readout.tile_columns = 64;
  const EffectiveSynapses large = read_synapses(w, readout);
  CHECK(small.median_share < 1);
  CHECK(large.median_share < small.median_share);
  CHECK(large.worst_residual <= 1e-12);
  // One input alone, solved as an array.
  Array array{(readout.off_s + (readout.on_s - readout.off_s) * w.array()).matrix(), 1, 1,
              std::vector<LineEnd>(40, LineEnd{}), std::vector<LineEnd>(24, LineEnd{})};
  array.rows[11] = {0.05};
  check_close(0.05 * large.conductance_s.row(11).transpose(), ArraySolver{}.solve(array).column_current_a, 1e-10);
  readout.trim = true;
  const EffectiveSynapses trimmed = read_synapses(w, readout);
  for (Index j = 0; j < 24; ++j) CHECK(trimmed.weight.col(j).sum() == Approx(w.col(j).sum()).epsilon(1e-12));
  w(3, 3) = 1.5;
  CHECK_THROWS_WITH(read_synapses(w, readout), Catch::Contains("weight (3, 3)"));
}
