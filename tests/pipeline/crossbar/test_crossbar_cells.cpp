// SPDX-License-Identifier: GPL-2.0-or-later
// Selectors, transistors and diodes in series with memristors, against closed forms.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <string>

#include <fmt/core.h>
#include <boost/math/special_functions/lambert_w.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/units.hpp"
#include "tests/pipeline/crossbar/crossbar_arrays.hpp"
#include "tests/pipeline/crossbar/crossbar_devices.hpp"
#include "workflows/pipeline/crossbar/cell/element_file.hpp"
#include "workflows/pipeline/crossbar/margin.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using Eigen::Index;

namespace {

constexpr auto exponential = SeriesElement::Law::exponential;
constexpr auto threshold = SeriesElement::Law::threshold;
constexpr auto transistor = SeriesElement::Law::transistor;
constexpr auto diode = SeriesElement::Law::diode;

HeldFilm resistor(double ohm) { return {.ohmic_s = 1 / ohm, .child_a_per_v2 = 0, .series_ohm = 0}; }

DeviceArray array_of(Index lines, const Wires& wires, const SeriesElement& series) {
  return {cell_population(alike_device(), 0, 1), lines, lines, wires, series};
}

const SeriesElement selector{.law = exponential, .scale_a = 1e-9, .scale_v = 0.078, .series_ohm = 50};

}  // namespace

TEST_CASE("a transistor that conducts is a resistor in series, one that is cut leaves its leak",
          "[pipeline][crossbar][cells]") {
  const SeriesElement access{.law = transistor, .on_ohm = 700, .off_ohm = 1e10};
  for (const double ohm : {1.0, 383.0, 1e6, 1e11}) {
    for (const double v : {-2.0, 1e-9, 0.3}) {
      const SeriesPoint on = in_series(access, resistor(ohm), v, true),
                        off = in_series(access, resistor(ohm), v, false);
      CHECK(on.current_a == Approx(v / (ohm + 700)).epsilon(1e-13));
      CHECK(on.slope_s == Approx(1 / (ohm + 700)).epsilon(1e-13));
      CHECK(on.memristor_v == Approx(v * ohm / (ohm + 700)).epsilon(1e-13));
      CHECK(off.current_a == Approx(v / (ohm + 1e10)).epsilon(1e-13));
    }
  }
  CHECK(in_series(access, resistor(1), 0, true).current_a == 0);
}

TEST_CASE("a diode and a resistor pass Lambert's W of their voltage", "[pipeline][crossbar][cells]") {
  // Banwell and Jayakumar, Electron. Lett. 36, 291 (2000).
  const double is = 1e-12, n = 1.3, kt = n * units::boltzmann * 300;
  for (const double rs : {0.0, 20.0}) {
    const SeriesElement forward{.law = diode, .saturation_a = is, .ideality = n, .series_ohm = rs, .leak_s = 0};
    for (const double ohm : {100.0, 1e4, 1e9}) {
      for (const double v : {0.05, 0.6, 1.5}) {
        const double r = ohm + rs;
        const double expected = kt / r * boost::math::lambert_w0(is * r / kt * std::exp((v + is * r) / kt)) - is;
        CHECK(in_series(forward, resistor(ohm), v, true).current_a == Approx(expected).epsilon(1e-10));
        SeriesElement reversed = forward;
        reversed.reversed = true;
        CHECK(in_series(reversed, resistor(ohm), -v, true).current_a == Approx(-expected).epsilon(1e-10));
      }
      // It blocks: no more than its saturation current.
      CHECK(in_series(forward, resistor(ohm), -1.5, true).current_a == Approx(-is).epsilon(1e-9));
    }
  }
}

TEST_CASE("the voltages of memristor, selector and its resistance add up to the cell's",
          "[pipeline][crossbar][cells]") {
  const SeriesElement varistor{
      .law = threshold, .on_ohm = 500, .off_ohm = 1e10, .threshold_v = 0.6, .transition_v = 0.02};
  for (const SeriesElement& each : {selector, varistor}) {
    for (const double ohm : {10.0, 383.0, 1e6, 1e9}) {
      for (const double w : {1e-6, 0.2, 0.58, 0.62, 1.1}) {
        const double current = junction(each, w, true).current_a, v = w + current * (ohm + each.series_ohm);
        if (v > 50) continue;
        const SeriesPoint at = in_series(each, resistor(ohm), v, true);
        CAPTURE(ohm, w, v);
        CHECK(at.current_a == Approx(current).epsilon(1e-9));
        CHECK(in_series(each, resistor(ohm), -v, true).current_a == Approx(-current).epsilon(1e-9));
        const double step = 1e-5 * v;
        const double rise = (in_series(each, resistor(ohm), v + step, true).current_a -
                             in_series(each, resistor(ohm), v - step, true).current_a) /
                            (2 * step);
        CHECK(at.slope_s == Approx(rise).epsilon(1e-4));
      }
    }
  }
  // Where the exponential alone would pass 1e300 A, its resistance and the memristor decide.
  const SeriesElement steep{.law = exponential, .scale_a = 1e-9, .scale_v = 0.001, .series_ohm = 0};
  CHECK(in_series(steep, resistor(1000), 100, true).current_a == Approx(0.1).epsilon(1e-3));
}

TEST_CASE("an array with linear elements is one of larger resistances", "[pipeline][crossbar][cells]") {
  const SeriesElement access{.law = transistor, .on_ohm = 700};
  DeviceArray array = array_of(6, {.row_segment_ohm = 3, .column_segment_ohm = 5}, access);
  for (Index k = 0; k < 36; ++k) array.state()(k / 6, k % 6) = static_cast<double>((5 * k) % 7) / 7;
  Array ends = array.lines();
  for (Index i = 0; i < 6; ++i) ends.rows[static_cast<std::size_t>(i)].voltage_v = 0.01 * static_cast<double>(i);
  DeviceParameters longer = alike_device();
  longer.series_resistance_ohm += 700;
  DeviceArray plain{cell_population(longer, 0, 1), 6, 6, {.row_segment_ohm = 3, .column_segment_ohm = 5}};
  plain.state() = array.state();
  check_close(array.read(ends).column_current_a, plain.read(ends).column_current_a, 1e-11);
}

TEST_CASE("transistors that are cut end sneak paths: a bare cell in a set array reads as if alone",
          "[pipeline][crossbar][cells]") {
  const SeriesElement access{.law = transistor, .on_ohm = 1, .off_ohm = 1e15};
  DeviceArray array = array_of(16, {}, access);
  for (const Scheme scheme : {Scheme::half, Scheme::third, Scheme::floating}) {
    const WorstCase worst = worst_case(array, 0.1, scheme);
    CHECK(worst.margin() == Approx(worst.alone).epsilon(1e-3));
  }
}

TEST_CASE("selectors keep a large array readable that sneak paths make unreadable", "[pipeline][crossbar][cells]") {
  const Wires wires{.row_segment_ohm = 1, .column_segment_ohm = 1};
  DeviceArray bare = array_of(48, wires, {}), with_selectors = array_of(48, wires, selector);
  for (const Scheme scheme : {Scheme::half, Scheme::floating}) {
    CHECK(worst_case(bare, 0.8, scheme).margin() < 1);
    const WorstCase worst = worst_case(with_selectors, 0.8, scheme);
    CHECK(worst.margin() > 2);
    CHECK(worst.residual < 1e-11);
  }
}

TEST_CASE("pulses on cells with something in series are followed closely enough", "[pipeline][crossbar][cells]") {
  const SeriesElement junction_diode{.law = diode, .saturation_a = 1e-12, .ideality = 1.2, .series_ohm = 20};
  for (const SeriesElement& each : {selector, junction_diode}) {
    Eigen::MatrixXd states[2];
    for (const int fine : {0, 1}) {
      DeviceArray array = array_of(4, {.row_segment_ohm = 20, .column_segment_ohm = 20}, each);
      for (Index k = 0; k < 16; ++k) array.state()(k / 4, k % 4) = static_cast<double>((7 * k) % 11) / 11;
      if (fine == 1) array.set_step_tolerance(1e-5);
      Array ends = array.lines();
      address(ends, 1, 2, 2.4, Scheme::half);
      array.pulse(ends, 1e-8);
      states[fine] = array.state();
    }
    CHECK((states[0] - states[1]).cwiseAbs().maxCoeff() < 1e-3);
    CHECK(states[1](1, 2) > 0.7);
  }
}

TEST_CASE("a forward diode keeps the reset away from its memristor", "[pipeline][crossbar][cells]") {
  const SeriesElement forward{.law = diode, .saturation_a = 1e-12};
  DeviceArray array = array_of(2, {}, forward);
  array.state().setOnes();
  Array ends = array.lines();
  for (LineEnd& end : ends.rows) end.voltage_v = -1.5;
  array.pulse(ends, 1e-2);
  CHECK(array.state().minCoeff() > 0.999);
}

TEST_CASE("an element comes back from JSON; what is wrong in one is named", "[pipeline][crossbar][cells]") {
  const nlohmann::json json = to_json(selector);
  const auto file = std::filesystem::temp_directory_path() / fmt::format("hopflow-cell-{}.yaml", getpid());
  const auto read = [&](const std::string& text) {
    text::write_file(file, text);
    return read_series_element(file);
  };
  const SeriesElement back = read(json.dump());
  CHECK(to_json(back) == json);
  CHECK(back.series_ohm == selector.series_ohm);
  const auto refused = [&](const char* text, const char* part) {
    CHECK_THROWS_WITH(read(text), Catch::Contains(part));
  };
  refused(R"({"cell": "2R"})", "1R, 1S1R, 1T1R, 1D1R");
  refused(R"({"cell": "1S1R"})", "exponential, threshold");
  refused(R"({"cell": "1D1R"})", "saturation_a");
  refused(R"({"cell": "1T1R", "on_ohm": 1e4, "off_ohm": 100})", "not above on_ohm");
  refused(R"({"cell": "1T1R", "on_ohm": 1e4, "scale_v": 1})", "scale_v");
  std::filesystem::remove(file);
}
