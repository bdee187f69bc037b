// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <cmath>

#include "workflows/results/comparison.hpp"

using namespace hopflow;
using Json = nlohmann::ordered_json;

namespace {

Json material(const std::string& name, Json barrier, double error, const std::string& mobile = "inorganic") {
  return {{"name", name},
          {"model_error_ev", 0.0},
          {"protocol", {{"mobile", mobile}, {"orientations", 1}}},
          {"network", {{"barrier_ev", std::move(barrier)}, {"uncertainty_ev", error}, {"percolating", true}}}};
}

}  // namespace

TEST_CASE("barriers of one protocol are separated beyond their error, and only there", "[workflows][comparison]") {
  const Json far = compare_barriers(material("A", 0.45, 0.03), material("B", 0.30, 0.04));
  CHECK(far.at("verdict") == "separated");
  CHECK(far.at("higher") == "A");
  CHECK(far.at("difference_ev").get<double>() == Approx(0.15));
  CHECK(far.at("error_ev").get<double>() == Approx(0.05));
  const Json near = compare_barriers(material("A", 0.34, 0.03), material("B", 0.30, 0.04));
  CHECK(near.at("verdict") == "not separated");
  CHECK(near.at("higher").is_null());
  CHECK_THAT(near.at("reason").get<std::string>(), Catch::Contains("0.040 eV is not beyond its error of 0.050 eV"));
  Json model = material("B", 0.30, 0.04);
  model["model_error_ev"] = 0.2;
  CHECK(compare_barriers(material("A", 0.45, 0.03), model).at("verdict") == "not separated");
}

TEST_CASE("barriers found in different ways are not separated, however far apart", "[workflows][comparison]") {
  const Json unlike = compare_barriers(material("A", 0.9, 0.01), material("B", 0.3, 0.01, "all"));
  CHECK(unlike.at("verdict") == "not separated");
  CHECK_THAT(unlike.at("reason").get<std::string>(), Catch::Contains("protocols differ: mobile (inorganic and all)"));
  Json single = material("B", 0.3, 0.01);
  single["network"]["percolating"] = false;
  CHECK_THAT(compare_barriers(material("A", 0.9, 0.01), single).at("reason").get<std::string>(),
             Catch::Contains("single hop"));
  CHECK_THAT(compare_barriers(material("A", nullptr, 0), single).at("reason").get<std::string>(),
             Catch::Contains("A has no barrier"));
}

TEST_CASE("three materials make three pairs", "[workflows][comparison]") {
  const Json pairs =
      comparisons_json(Json::array({material("A", 0.9, 0), material("B", 0.5, 0), material("C", 0.1, 0)}));
  CHECK(pairs.size() == 3);
  for (const Json& pair : pairs) CHECK(pair.at("higher") == pair.at("a"));
}
