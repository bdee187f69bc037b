// SPDX-License-Identifier: GPL-2.0-or-later
// Step control where there is nothing to follow.
#include <catch2/catch.hpp>

#include <cmath>

#include "neb/core/optimizer.hpp"

using namespace hopflow;

TEST_CASE("a force that is nothing gives a step that moves nothing", "[optimizer]") {
  AdaptiveStep step{AdaptiveStep::Limits{}};
  const Eigen::VectorXd nothing = Eigen::VectorXd::Zero(3);
  step.begin(0);
  for (int k = 0; k < 2000; ++k) {
    REQUIRE((step.step() * nothing).isZero());
    CHECK(step.judge(nothing, nothing, 0, 0));
  }
  CHECK(std::isfinite(step.step()));
}

TEST_CASE("the first step of a usual force is what the local error allows", "[optimizer]") {
  AdaptiveStep step{AdaptiveStep::Limits{}};
  step.begin(0.5);
  CHECK(step.step() == Approx(0.5 * std::sqrt(0.1) / 0.5));  // Makri, Ortner & Kermode 2019, initial step
}
