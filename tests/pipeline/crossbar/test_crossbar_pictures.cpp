// SPDX-License-Identifier: GPL-2.0-or-later
// Pictures written into an array of device models and read back.
#include <catch2/catch.hpp>

#include "structures/core/error.hpp"
#include "tests/pipeline/crossbar/crossbar_devices.hpp"
#include "workflows/pipeline/crossbar/pictures.hpp"
#include "workflows/pipeline/crossbar/stage.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using nlohmann::json;

namespace {

json input(double line_ohm) {
  return {{"material", "PrPyr"},
          {"rows", 16},
          {"columns", 16},
          {"line_resistance_ohm", line_ohm},
          {"device", to_json(flexible_device())},
          {"seed", 1}};
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
    for (const json& row : pattern.at("written"))
      for (const json& pixel : row) set += pixel.get<int>();
    CHECK(set > 20);
    CHECK(set < 150);
  }
}

TEST_CASE("line resistance and floating lines cost margin", "[pipeline][crossbar][images]") {
  const json result = crossbar_stage(input(1)).at("result");
  CHECK(result.at("residual").get<double>() <= 1e-12);
  CHECK(result.at("network_tile").at("schemes").at(0).at("median_share").get<double>() < 0.9);
  for (const json& pattern : result.at("patterns")) {
    const auto margin = [&](const std::string& scheme, double ohm) {
      for (const json& each : pattern.at("margins")) {
        if (each.at("scheme") == scheme && each.at("line_resistance_ohm") == ohm)
          return each.at("margin").get<double>();
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

TEST_CASE("a readout counts cells on the wrong side", "[pipeline][crossbar][images]") {
  Eigen::MatrixXi image(1, 3);
  image << 1, 0, 0;
  Eigen::MatrixXd current(1, 3);
  current << 8, 2, 6;
  const Readout readout = judge(current, image, 5);
  CHECK(readout.errors == 1);
  CHECK(readout.margin == Approx(8.0 / 6));
  CHECK(readout.readable());
  current(2) = 7;
  CHECK_FALSE(judge(current, image, 5).readable());
}

TEST_CASE("at 10 ohm a segment T and U are unreadable with V/2 on the other lines, and readable with them grounded",
          "[pipeline][crossbar][images]") {
  const json result = crossbar_stage(input(1)).at("result");  // written at 1 ohm a segment, read at 10
  for (const json& pattern : result.at("patterns")) {
    for (const json& each : pattern.at("margins")) {
      if (each.at("line_resistance_ohm") != 10) continue;
      CAPTURE(pattern.at("name"), each.dump());
      if (each.at("scheme") == "half" && pattern.at("name") != "N") CHECK_FALSE(each.at("readable").get<bool>());
      if (each.at("scheme") == "grounded") CHECK(each.at("readable").get<bool>());
    }
  }
}

TEST_CASE("the stage tells what half-selected resets do to set cells and how sure a yield is",
          "[pipeline][crossbar][images]") {
  const json result = crossbar_stage(input(0)).at("result");
  for (const json& scheme : result.at("network_tile").at("schemes"))
    CHECK(scheme.at("median_share").get<double>() == Approx(1).epsilon(1e-9));
  CHECK(result.at("half_select").at("voltage_v") == -0.75);
  CHECK(result.at("half_select").at("cells").get<int>() > 0);
  CHECK(result.at("half_select").at("least_share").get<double>() < 0.5);
  CHECK(result.at("yield").at("working") == 55);
  // Wilson's interval of 49 and of 50 in 55, as the reference data states them.
  CHECK(result.at("yield").at("published_49").at("low").get<double>() == Approx(0.78).margin(0.005));
  CHECK(result.at("yield").at("published_49").at("high").get<double>() == Approx(0.95).margin(0.005));
  CHECK(result.at("yield").at("published_50").at("low").get<double>() == Approx(0.80).margin(0.005));
  CHECK(result.at("yield").at("published_50").at("high").get<double>() == Approx(0.96).margin(0.005));
}

TEST_CASE("the array stage is a function, says when there is no device, and names bad keys",
          "[pipeline][crossbar][images]") {
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
