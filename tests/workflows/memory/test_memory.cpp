// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "structures/core/error.hpp"
#include "workflows/memory/aggregate.hpp"
#include "workflows/sampling/hop_run.hpp"

using namespace hopflow;

namespace {

struct Inner {
  double number = 0;
  std::vector<bool> mask;
};
enum class Colour { red, blue };
struct Outer {
  int count = 0;
  std::string name;
  std::optional<Inner> inner;
  std::vector<std::pair<int, double>> pairs;
  std::array<bool, 3> flags{};
  Eigen::Matrix3Xd matrix;
  Colour colour = Colour::red;
};

}  // namespace

TEST_CASE("an aggregate comes back from its bytes field by field", "[workflows][memory]") {
  STATIC_REQUIRE(memory::field_count<Inner>() == 2);
  STATIC_REQUIRE(memory::field_count<Outer>() == 7);
  Outer value{3,
              "name",
              Inner{0.1, {true, false}},
              {{1, 0.5}, {2, 1.0 / 3}},
              {true, false, true},
              Eigen::Matrix3Xd::Random(3, 4),
              Colour::blue};
  const Outer back = memory::from_text<Outer>(memory::to_text(value));
  CHECK(back.count == 3);
  CHECK(back.name == "name");
  REQUIRE(back.inner);
  CHECK(back.inner->number == 0.1);
  CHECK(back.inner->mask == value.inner->mask);
  CHECK(back.pairs == value.pairs);
  CHECK(back.flags == value.flags);
  CHECK(back.matrix == value.matrix);
  CHECK(back.colour == Colour::blue);
}

TEST_CASE("a hop's whole result comes back bit by bit", "[workflows][memory]") {
  SampleRun sample;
  sample.sample.weight = 0.25;
  sample.ending = Ending::converged;
  sample.barrier.emplace();
  sample.barrier->forward_ev = 1.0 / 3;
  sample.barrier->checks = {{"one_negative_mode", true, "detail"}, {"both_directions", std::nullopt, ""}};
  sample.barrier->parts = {{"residual_force", 0.01, "note"}, {"images", std::nullopt, ""}};
  Configuration image;
  image.species = {82, 53};
  image.positions = Eigen::Matrix3Xd::Random(3, 2);
  sample.barrier->path = {image, image};
  Evaluation answer;
  answer.energy_ev = -1.0 / 7;
  answer.forces = Eigen::Matrix3Xd::Random(3, 2);
  answer.stress = Eigen::Matrix3d::Random();
  answer.derived = true;
  sample.barrier->answers = {answer, answer};
  sample.moves.emplace();
  sample.moves->largest_move = 0.7;
  const std::string bytes = memory::to_text(sample);
  const SampleRun back = memory::from_text<SampleRun>(bytes);
  CHECK(memory::to_text(back) == bytes);
  CHECK(back.barrier->forward_ev == 1.0 / 3);
  CHECK(back.barrier->checks[1].name == "both_directions");
  CHECK_FALSE(back.barrier->checks[1].passed);
  CHECK(back.barrier->answers[1].derived);
  CHECK(*back.barrier->answers[0].stress == *answer.stress);
  CHECK(back.moves->largest_move == 0.7);
}

TEST_CASE("bytes that are cut short, too long or of another type are refused", "[workflows][memory]") {
  const std::string bytes = memory::to_text(Outer{1, "n", {}, {}, {}, Eigen::Matrix3Xd::Zero(3, 1), Colour::red});
  for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_THROWS_AS(memory::from_text<Outer>(bytes.substr(0, n)), Error);
  CHECK_THROWS_AS(memory::from_text<Outer>(bytes + "x"), Error);
}
