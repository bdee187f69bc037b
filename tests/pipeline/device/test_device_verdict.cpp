// SPDX-License-Identifier: GPL-2.0-or-later
// The one rule of hit and miss: it reads the row, in both directions.
#include <catch2/catch.hpp>

#include <cmath>

#include "workflows/pipeline/calibration/verdict.hpp"

using namespace hopflow::pipeline;
using nlohmann::json;

namespace {

Outcome outcome(const json& value, const json& tol, const json& model) {
  return judge({{"id", "a"}, {"value", value}, {"tol", tol}}, model).outcome;
}

constexpr Outcome hit = Outcome::hit, miss = Outcome::miss, open = Outcome::not_computed;

}  // namespace

TEST_CASE("a tolerance written as data or as prose gives the same verdict", "[pipeline][verdict]") {
  const json row{{"value", 60.0}};
  for (const json& tol : {json{{"factor", 3}}, json("factor 3 in time")}) {
    CHECK(outcome(60, tol, 179) == hit);
    CHECK(outcome(60, tol, 20.1) == hit);
    CHECK(outcome(60, tol, 181) == miss);
    CHECK(outcome(60, tol, 19.9) == miss);
    CHECK(outcome(60, tol, -60) == miss);
  }
  for (const json& tol : {json{{"within", 0.15}}, json("+-0.15 eV")}) {
    CHECK(outcome(0.39, tol, 0.53) == hit);
    CHECK(outcome(0.39, tol, 1.008) == miss);
  }
  for (const json& tol : {json{{"at_least", true}}, json("lower bound")}) {
    CHECK(outcome(1e5, tol, 1e5) == hit);
    CHECK(outcome(1e5, tol, 9.9e4) == miss);
  }
  for (const json& tol : {json{{"at_most", true}}, json("model time <= 1.3e-7 s passes; report the time")}) {
    CHECK(outcome({{"V", 2.5}, {"s", 1.3e-7}}, tol, 4.2e-10) == hit);
    CHECK(outcome({{"V", 2.5}, {"s", 1e-11}}, tol, 4.2e-10) == miss);
  }
  for (const json& tol : {json{{"within", 0.2}}, json("each edge +-0.2 V")}) {
    CHECK(outcome({-1.5, -0.4}, tol, {-1.3, -0.55}) == hit);
    CHECK(outcome({-1.5, -0.4}, tol, {-1.29, -0.55}) == miss);
    CHECK(outcome({-0.3, -0.1}, tol, {-1.3, -0.55}) == miss);
    CHECK(outcome({-1.5, -0.4}, tol, "no analog window") == miss);
  }
  for (const json& tol : {json{{"range", true}}, json("in_range")}) {
    CHECK(outcome({0.1, 0.6}, tol, 0.39) == hit);
    CHECK(outcome({0.1, 0.6}, tol, 1.008) == miss);
    CHECK(outcome({1e4, 1e6}, tol, {1e4, 1e6}) == hit);
    CHECK(outcome({10, 1e3}, tol, {1e4, 1e6}) == miss);
  }
  // Wilson's interval of 798 of 1000 is 0.772 to 0.822.
  for (const json& tol : {json{{"interval_of", 1000}}, json("95 % interval 0.772-0.822 for one run of 1000")}) {
    CHECK(outcome(0.798, tol, 0.773) == hit);
    CHECK(outcome(0.798, tol, 0.821) == hit);
    CHECK(outcome(0.798, tol, 0.771) == miss);
    CHECK(outcome(0.9, tol, 0.798) == miss);
  }
  // 0.9 of 55 is 49 or 50: both intervals count, 0.782 to 0.960.
  CHECK(outcome(0.9, {{"interval_of", 55}}, 0.79) == hit);
  CHECK(outcome(0.9, {{"interval_of", 55}}, 0.955) == hit);
  CHECK(outcome(0.9, {{"interval_of", 55}}, 0.9995) == miss);
  CHECK(outcome(1.0, {{"interval_of", 55}}, 0.9995) == hit);
}

TEST_CASE("words and orders follow what the row says", "[pipeline][verdict]") {
  CHECK(outcome("Pnma", {{"same", true}}, "Pnma") == hit);
  CHECK(outcome("Pnma", "exact", "P6_3/m") == miss);
  CHECK(outcome(3, "exact", 3) == hit);
  CHECK(outcome(3, "exact", 1) == miss);
  const std::map<std::string, double> barrier{{"prpyr", 0.39}, {"mapbi3", 0.29}};
  CHECK(judge_order({{"value", "PrPyr > MAPbI3"}}, barrier).outcome == hit);
  CHECK(judge_order({{"value", "PrPyr < MAPbI3"}}, barrier).outcome == miss);
  CHECK(judge_order({{"value", {"mapbi3", "prpyr"}}}, barrier).outcome == hit);
  CHECK(judge_order({{"value", "PrPyr > CsPbI3"}}, barrier).outcome == open);
  CHECK(judge_order({{"value", "none of them"}}, barrier).outcome == open);
}

TEST_CASE("what can't be compared is open with its reason, never a hit", "[pipeline][verdict]") {
  CHECK(outcome(1.0, "factor 3", nullptr) == open);
  CHECK(outcome(nullptr, "factor 3", 1.0) == open);
  CHECK(outcome(1.0, nullptr, 1.0) == open);
  CHECK(outcome(1.0, "as good as can be", 1.0) == open);
  CHECK(outcome("text", "factor 3", 1.0) == open);
  // Its own value lies outside: an edited value must not pass by an old range.
  CHECK(outcome(7.0, {{"range", {0.5, 1.5}}}, 1.0) == open);
  CHECK(outcome(1.0, {{"factor", 3}}, "never") == miss);
  CHECK(outcome(1.0, {{"factor", 3}}, std::nan("")) == miss);
  for (const json& tol : {json("somehow"), json{{"factr", 3}}}) {
    const Verdict verdict = judge({{"value", 1.0}, {"tol", tol}}, 1.0);
    CHECK(verdict.outcome == open);
    CHECK(verdict.reason.find("is not a known rule") != std::string::npos);
  }
}

TEST_CASE("a hit that needs nearly all of its tolerance is marked", "[pipeline][verdict]") {
  const auto at_limit = [](double value, const json& tol, double model) {
    return judge({{"value", value}, {"tol", tol}}, model).at_limit();
  };
  CHECK(at_limit(1.375e-10, {{"factor", 3}}, 2.967 * 1.375e-10));
  CHECK_FALSE(at_limit(1.375e-10, {{"factor", 3}}, 1.5 * 1.375e-10));
  CHECK(at_limit(1e5, {{"at_least", true}}, 1.18e5));
  CHECK_FALSE(at_limit(1e5, {{"at_least", true}}, 1e7));
  CHECK(at_limit(0.9, {{"within", 0.1}}, 0.999));
  CHECK_FALSE(at_limit(0.9, {{"within", 0.1}}, 2.0));
}
