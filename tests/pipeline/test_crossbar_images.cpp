// SPDX-License-Identifier: GPL-2.0-or-later
// Pictures written into an array of device models and read back.
#include <catch2/catch.hpp>

#include "structures/error.hpp"
#include "workflows/pipeline/crossbar/images.hpp"
#include "workflows/pipeline/models/memristor.hpp"
#include "workflows/pipeline/protocols.hpp"
#include "workflows/pipeline/stage.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using nlohmann::json;

namespace {

DeviceParameters device() {
  DeviceParameters p;
  p.barrier_ev = 0.39;
  p.on_conductance_s = 1 / 383.0;
  p.off_conductance_s = 2e-9;
  p.child_a_per_v2 = 8e-9;
  p.set_threshold_v = 0.9;
  p.reset_threshold_v = 0.5;
  p.sharing_length_hops = 0.7;
  p.stabilisation_ev = 0.29;
  p.ratio_sigma_decades = 0.5;
  return p;
}

json input(double line_ohm) {
  return {{"material", "PrPyr"}, {"rows", 16}, {"columns", 16}, {"line_resistance_ohm", line_ohm}, {"device", to_json(device())}, {"seed", 1}};
}

}  // namespace

TEST_CASE("all pixels of N, T and U are right in an array without line resistance", "[pipeline][crossbar][images]") {
  const json result = crossbar_stage(input(0)).at("result");
  REQUIRE(result.at("patterns").size() == 3);
  for (const json& pattern : result.at("patterns")) {
    CHECK(pattern.at("errors") == 0);
    CHECK(pattern.at("scheme") == "grounded");
    CHECK(pattern.at("margin").get<double>() > 1e3);
    CHECK(pattern.at("not_erased") == 0);
    CHECK(pattern.at("not_set") == 0);
    CHECK(pattern.at("disturbed") == 0);
    int set = 0;
    for (const json& row : pattern.at("written")) for (const json& pixel : row) set += pixel.get<int>();
    CHECK(set > 20);
    CHECK(set < 150);
  }
}

TEST_CASE("line resistance and floating lines cost margin", "[pipeline][crossbar][images]") {
  const json result = crossbar_stage(input(1)).at("result");
  CHECK(result.at("residual").get<double>() <= 1e-12);
  for (const json& pattern : result.at("patterns")) {
    const auto margin = [&](const std::string& scheme, double ohm) {
      for (const json& each : pattern.at("margins")) {
        if (each.at("scheme") == scheme && each.at("line_resistance_ohm") == ohm) return each.at("margin").get<double>();
      }
      FAIL("no margin for " << scheme);
      return 0.0;
    };
    CHECK(margin("grounded", 0) > margin("grounded", 1));
    CHECK(margin("grounded", 1) > margin("grounded", 10));
    CHECK(margin("floating", 1) < 3);
    CHECK(margin("half", 1) < 3);
  }
}

TEST_CASE("half-selected bare cells stay bare while a neighbour is set", "[pipeline][crossbar][images]") {
  DeviceArray array{device(), 4, 4, 0, 1};
  Eigen::MatrixXi image = Eigen::MatrixXi::Zero(4, 4);
  image(1, 2) = 1;
  array.write(image, {});
  CHECK(array.state()(1, 2) == 1);
  CHECK(array.state().sum() == 1);
  array.erase({});
  CHECK(array.state().maxCoeff() < 0.05);
}

TEST_CASE("a single cell with line resistance is set as a device with that series resistance", "[pipeline][crossbar][images]") {
  DeviceParameters p = device();
  p.ratio_sigma_decades = 0;
  WriteProtocol protocol;
  protocol.set_v = 1.1;
  protocol.width_s = 2e-6;  // ends on the way
  DeviceArray array{p, 1, 1, 20, 1};
  array.write(Eigen::MatrixXi::Ones(1, 1), protocol);
  DeviceParameters alone = p;
  alone.series_resistance_ohm += 40;
  const double expected = pulse(alone, 0, 1.1, 2e-6);
  CHECK(expected > 0.3);
  CHECK(expected < 1);
  // The array is solved again only where a cell's conductance matters.
  CHECK(array.state()(0, 0) == Approx(expected).margin(5e-3));
}

TEST_CASE("bare cells differ by the device's spread, keyed by the seed", "[pipeline][crossbar][images]") {
  DeviceArray one{device(), 16, 16, 0, 1}, again{device(), 16, 16, 0, 1}, other{device(), 16, 16, 0, 2};
  const Eigen::ArrayXXd current = one.read(0.05, Scheme::grounded, 0).array();
  CHECK((again.read(0.05, Scheme::grounded, 0).array() == current).all());
  CHECK_FALSE((other.read(0.05, Scheme::grounded, 0).array() == current).all());
  const Eigen::ArrayXXd decades = current.log10();
  const double mean = decades.mean(), sd = std::sqrt((decades - mean).square().mean());
  CHECK(sd == Approx(0.5).margin(4 * 0.5 / std::sqrt(2.0 * 256)));
}

TEST_CASE("a readout counts cells on the wrong side", "[pipeline][crossbar][images]") {
  Eigen::MatrixXi image(1, 3);
  image << 1, 0, 0;
  Eigen::MatrixXd current(1, 3);
  current << 8, 2, 6;
  const Readout readout = judge(current, image, 5);
  CHECK(readout.errors == 1);
  CHECK(readout.margin == Approx(8.0 / 6));
}

TEST_CASE("the array stage is a function, says when there is no device, and names bad keys", "[pipeline][crossbar][images]") {
  json small = input(1);
  small["rows"] = small["columns"] = 8;
  small["patterns"] = {"T"};
  CHECK(crossbar_stage(small).dump() == crossbar_stage(small).dump());
  CHECK(crossbar_stage(small).at("files").contains("crossbar/PrPyr-T.csv"));
  json none = small;
  none["device"] = nullptr;
  CHECK(crossbar_stage(none).at("result").at("patterns").empty());
  CHECK(crossbar_stage(none).at("result").at("notes").at(0).get<std::string>().find("no device") != std::string::npos);
  json bad = small;
  bad["patterns"] = {"X"};
  CHECK_THROWS_WITH(crossbar_stage(bad), Catch::Contains("patterns"));
  bad = small;
  bad["line_resistance_ohm"] = -1;
  CHECK_THROWS_WITH(crossbar_stage(bad), Catch::Contains("'line_resistance_ohm'"));
  bad = small;
  bad["device"]["barrier_ev"] = "x";
  CHECK_THROWS_WITH(crossbar_stage(bad), Catch::Contains("'barrier_ev'"));
}
