// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

#include "workflows/materials/cell_series.hpp"
#include "workflows/materials/material_run.hpp"

using namespace hopflow;

TEST_CASE("barriers on a line in 1/volume are carried to an endless cell", "[workflows][series]") {
  std::vector<CellPoint> points;
  for (const double v : {2000.0, 4000.0, 9000.0}) points.push_back({v, 0.30 - 40 / v});
  const auto limit = cell_limit(points);
  REQUIRE(limit);
  CHECK(limit->limit_ev == Approx(0.30));
  CHECK(limit->slope == Approx(-40));
  CHECK(limit->error_ev == Approx(0).margin(1e-12));
}

TEST_CASE("scatter about the line becomes the limit's standard error", "[workflows][series]") {
  // Closed form for x = 1, 1/2, 1/4 (volumes 1, 2, 4) and y = 0, 1, 0: mean 7/12, Sxx = 7/24, slope -2/7 ... by hand:
  // Sxy = sum (x - 7/12) y = -1/12; slope = -2/7; limit = 1/3 + 2/7 * 7/12 = 1/2; residuals -3/14, 9/14, -3/7;
  // s^2 = 9/14; variance of the limit = s^2 (1/3 + (7/12)^2 / (7/24)) = s^2 3/2.
  const auto limit = cell_limit(std::vector<CellPoint>{{1, 0}, {2, 1}, {4, 0}});
  REQUIRE(limit);
  CHECK(limit->limit_ev == Approx(0.5));
  // One degree of freedom is a Cauchy variable: its quantile at q is tan(pi (q - 1/2)), 1.8373 at 0.84134.
  CHECK(limit->error_ev == Approx(1.8373 * std::sqrt(9.0 / 14 * 1.5)).epsilon(1e-4));
}

TEST_CASE("two cells give a limit as uncertain as its distance from the larger one", "[workflows][series]") {
  const auto limit = cell_limit(std::vector<CellPoint>{{2000, 0.28}, {4000, 0.29}});
  REQUIRE(limit);
  CHECK(limit->limit_ev == Approx(0.30));
  CHECK(limit->error_ev == Approx(0.01));
  CHECK_FALSE(cell_limit(std::vector<CellPoint>{{2000, 0.28}, {2000, 0.29}}));
  CHECK_FALSE(cell_limit(std::vector<CellPoint>{{2000, 0.28}}));
  CHECK_FALSE(cell_limit({}));
}
