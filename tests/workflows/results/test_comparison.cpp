// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <cmath>

#include "workflows/results/comparison.hpp"

using namespace hopflow;
using Json = nlohmann::ordered_json;

namespace {

Json material(const std::string& name, Json barrier, double error, const std::string& mobile = "inorganic") {
  return {{"name", name},
          {"protocol", {{"mobile", mobile}, {"orientations", 1}}},
          {"network", {{"barrier_ev", std::move(barrier)}, {"uncertainty_ev", error}, {"percolating", true}}}};
}

}  // namespace

TEST_CASE("an order of barriers is stated from a probability of 0.95 on", "[workflows][comparison]") {
  // sd 0.05: P(x > 0) is 0.95 at 1.6449 sd (normal distribution, tabulated).
  const Json far = compare_barriers(material("A", 0.30 + 1.65 * 0.05, 0.03), material("B", 0.30, 0.04));
  CHECK(far.at("verdict") == "separated");
  CHECK(far.at("higher") == "A");
  CHECK(far.at("error_ev").get<double>() == Approx(0.05));
  CHECK(far.at("probability").get<double>() == Approx(0.9505).margin(2e-4));
  const Json near = compare_barriers(material("A", 0.30 + 1.64 * 0.05, 0.03), material("B", 0.30, 0.04));
  CHECK(near.at("verdict") == "not separated");
  CHECK(near.at("higher").is_null());
  CHECK(near.at("probability").get<double>() == Approx(0.9495).margin(2e-4));
  CHECK_THAT(near.at("reason").get<std::string>(), Catch::Contains("P = 0.95, less than the required 0.95"));
  // One standard deviation is a probability of 0.84, not a verdict.
  CHECK(compare_barriers(material("A", 0.36, 0.03), material("B", 0.30, 0.04)).at("verdict") == "not separated");
  const Json below = compare_barriers(material("A", 0.1, 0.03), material("B", 0.30, 0.04));
  CHECK(below.at("higher") == "B");
  CHECK(below.at("probability").get<double>() > 0.999);
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

namespace {

/// A material whose first headline is a stored band, as headline_json() writes one.
Json with_band(Json own, double barrier, double error, const std::string& charge = "+1") {
  own["headlines"] = Json::array({{{"barrier_ev", barrier},
                                   {"uncertainty_ev", error},
                                   {"quantity", "hop"},
                                   {"engine", {{"tier", "dft"}, {"functional", "PBE"}, {"charge", charge}}},
                                   {"calls", 40}}});
  return own;
}

}  // namespace

TEST_CASE("where every material has a stored band, the bands are compared", "[workflows][comparison]") {
  const Json a = with_band(material("A", 0.9, 0.01), 0.30, 0.08), b = with_band(material("B", 0.3, 0.01), 0.45, 0.06);
  const Json pair = comparisons_json(Json::array({a, b})).front();
  CHECK(pair.at("difference_ev").get<double>() == Approx(-0.15));
  CHECK(pair.at("error_ev").get<double>() == Approx(0.1));
  // 1.5 sd: P = 0.9332 (normal distribution, tabulated); the force field alone would have put A above B.
  CHECK(pair.at("probability").get<double>() == Approx(0.9332).margin(1e-4));
  CHECK(pair.at("verdict") == "not separated");
  // Charged and neutral vacancies are not compared.
  const Json neutral = with_band(material("B", 0.3, 0.01), 2.0, 0.06, "0");
  CHECK_THAT(compare_barriers(a, neutral).at("reason").get<std::string>(), Catch::Contains("charge (+1 and 0)"));
}

TEST_CASE("one material without a stored band, and the run's own barriers are compared for all",
          "[workflows][comparison]") {
  const Json a = with_band(material("A", 0.9, 0.01), 0.30, 0.08), b = with_band(material("B", 0.3, 0.01), 0.45, 0.06);
  const Json pairs = comparisons_json(Json::array({a, b, material("C", 0.5, 0.01)}));
  CHECK(pairs.front().at("difference_ev").get<double>() == Approx(0.6));
  CHECK(pairs.front().at("higher") == "A");
}
