// SPDX-License-Identifier: GPL-2.0-or-later
// The law of wear: known devices' cycles with scatter, fitted again.
#include <catch2/catch.hpp>

#include <cmath>
#include <random>

#include "structures/core/error.hpp"
#include "workflows/pipeline/measured/wear.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;

namespace {

/// Cycles spaced by logarithm, ratios scattered lognormally.
MeasuredTable cycled(const WearLaw& law, double last, int points, double scatter, int seed, int devices = 1) {
  MeasuredTable table{
      .file = "cycles.csv", .names = {"cycle", "ratio", "device"}, .columns = {{}, {}, {}}, .notes = {}};
  std::mt19937_64 engine(static_cast<std::uint64_t>(seed));
  std::normal_distribution<double> normal;
  for (int d = 0; d < devices; ++d) {
    const double longer = devices > 1 ? std::exp(0.3 * normal(engine)) : 1;
    for (int k = 0; k < points; ++k) {
      const double n = std::round(std::pow(last, static_cast<double>(k) / (points - 1)));
      table.columns[0].push_back(n);
      table.columns[1].push_back(law.ratio_at(n / longer) * std::exp(scatter * normal(engine)));
      table.columns[2].push_back(d);
    }
  }
  return table;
}

const WearLaw known{.ratio = 1e5, .cycles = 3000, .exponent = 0.6};

}  // namespace

TEST_CASE("a law of wear without scatter comes back", "[pipeline][device][wear]") {
  const WearFit fit = fit_wear(cycled(known, 1e5, 60, 0, 1));
  REQUIRE(fit.law);
  CHECK(fit.law->ratio == Approx(1e5).epsilon(1e-6));
  CHECK(fit.law->cycles == Approx(3000).epsilon(1e-6));
  CHECK(fit.law->exponent == Approx(0.6).epsilon(1e-6));
  // W0 exp(-(N/Nc)^b) = 10 in closed form.
  CHECK(fit.law->cycles_until(10) == Approx(3000 * std::pow(std::log(1e4), 1 / 0.6)).epsilon(1e-5));
  CHECK(fit.law->cycles_until(1e6) == 0);
}

TEST_CASE("known laws of wear lie within their 90 % intervals nine times of ten", "[pipeline][device][wear]") {
  for (const int devices : {1, 5}) {
    int inside[3] = {0, 0, 0}, lives = 0, fitted = 0;
    for (int seed = 0; seed < 200; ++seed) {
      const WearFit fit = fit_wear(cycled(known, 3e4, 40, 0.3, 1000 * devices + seed, devices));
      if (!fit.law) continue;
      ++fitted;
      const double off[3]{std::log(fit.law->ratio / 1e5), std::log(fit.law->cycles / 3000),
                          std::log(fit.law->exponent / 0.6)};
      for (std::size_t k = 0; k < 3; ++k) inside[k] += std::abs(off[k]) <= 1.645 * std::sqrt(fit.law->covariance[k][k]);
      lives += std::abs(std::log(fit.law->cycles_until(10) / known.cycles_until(10))) <=
               1.645 * fit.law->cycles_until_sd_ln(10);
    }
    CAPTURE(devices, inside[0], inside[1], inside[2], lives);
    CHECK(fitted == 200);
    for (const int count : {inside[0], inside[1], inside[2], lives}) {
      CHECK(count >= 170);
      CHECK(count <= 190);
    }
  }
}

TEST_CASE("cycles without wear give a bound and no law; few of them say what they can't tell",
          "[pipeline][device][wear]") {
  const WearFit flat = fit_wear(cycled({.ratio = 1e5, .cycles = 1e12, .exponent = 1}, 2000, 50, 0.2, 3));
  CHECK_FALSE(flat.law);
  CHECK(flat.last_cycles == 2000);
  CHECK(flat.last_ratio == Approx(1e5).epsilon(0.3));
  REQUIRE_FALSE(flat.notes.empty());
  CHECK_THAT(flat.notes.front(), Catch::Contains("no law of wear"));
  const WearFit early = fit_wear(cycled(known, 60, 40, 0.2, 4));
  if (early.law) CHECK_THAT(early.notes.back(), Catch::Contains("cannot tell"));
}

TEST_CASE("a table of cycles with impossible numbers is refused", "[pipeline][device][wear]") {
  MeasuredTable table = cycled(known, 100, 10, 0, 1);
  table.columns[1][3] = -1;
  CHECK_THROWS_WITH(fit_wear(table), Catch::Contains("row 4"));
  table = cycled(known, 100, 10, 0, 1);
  table.columns[0][0] = 0;
  CHECK_THROWS_WITH(fit_wear(table), Catch::Contains("counted from 1"));
  table.names[1] = "current_a";
  table.columns[0][0] = 1;
  CHECK_THROWS_WITH(fit_wear(table), Catch::Contains("on_uA,off_nA"));
}
