// SPDX-License-Identifier: GPL-2.0-or-later
// Messages between hopflow and engine processes keep every bit and refuse what is cut short.
#include <cstring>
#include <limits>

#include <catch2/catch.hpp>

#include "potentials/core/hashing.hpp"
#include "potentials/host/wire.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

std::string body_of(const std::string& frame) {
  wire::Header header{};
  std::memcpy(&header, frame.data(), sizeof header);
  REQUIRE(header.length == frame.size() - sizeof header);
  return frame.substr(sizeof header);
}

}  // namespace

TEST_CASE("questions, answers, specs and failures arrive as they were sent", "[potentials][wire]") {
  Configuration c;
  c.cell << 9, 1, -2, 0, 8, 0.1, 0, 0, 7;
  c.positions.resize(3, 2);
  c.positions << 0.1, -1e-300, 3, 4, std::numeric_limits<double>::quiet_NaN(), -0.0;
  c.species = {82, 53};
  c.periodic = {true, false, true};
  const wire::QuestionBody question = wire::read_question(body_of(wire::question_frame("abc", c)));
  CHECK(question.hash == "abc");
  CHECK(hash_of(question.configuration) == hash_of(c));

  Evaluation answer;
  answer.energy_ev = -1.0 / 3;
  answer.forces = c.positions;
  answer.stress = c.cell;
  const Evaluation back = wire::read_answer(body_of(wire::answer_frame(answer)));
  CHECK(back.energy_ev == answer.energy_ev);
  CHECK(std::memcmp(back.forces.data(), answer.forces.data(), 6 * sizeof(double)) == 0);
  REQUIRE(back.stress);
  CHECK(*back.stress == *answer.stress);
  answer.stress.reset();
  CHECK_FALSE(wire::read_answer(body_of(wire::answer_frame(answer))).stress);

  EngineSpec spec{"lammps", "1 Jan 2000", "ff", "", std::string("a\0b", 3)};
  const wire::SpecBody told = wire::read_spec(body_of(wire::spec_frame(spec, spec.hash())));
  CHECK(told.spec.hash() == spec.hash());
  CHECK(told.hash == spec.hash());

  const Error failure = wire::read_failure(body_of(wire::failure_frame(Error::Kind::bad_input, "no")));
  CHECK(failure.kind() == Error::Kind::bad_input);
  CHECK(std::string{failure.what()} == "no");
}

TEST_CASE("bodies cut short or too long are refused at every length", "[potentials][wire]") {
  Configuration c;
  c.positions = Eigen::Matrix3Xd::Zero(3, 1);
  c.species = {1};
  const std::string body = body_of(wire::question_frame("h", c));
  for (std::size_t length = 0; length < body.size(); ++length) {
    CHECK_THROWS_AS(wire::read_question(std::string_view{body}.substr(0, length)), Error);
  }
  CHECK_THROWS_AS(wire::read_question(body + "x"), Error);
  std::string huge = body;
  const std::uint64_t atoms = std::uint64_t{1} << 60;
  std::memcpy(huge.data() + 8 + 1, &atoms, sizeof atoms);
  CHECK_THROWS_AS(wire::read_question(huge), Error);
}

TEST_CASE("a spec's hash tells kind, version and document apart", "[potentials]") {
  const EngineSpec spec{"lammps", "x", "ff", "", "yz"};
  CHECK(spec.hash() == EngineSpec{"lammps", "x", "other", "words", "yz"}.hash());
  CHECK(spec.hash() != EngineSpec{"lammps", "xy", "ff", "", "z"}.hash());
  CHECK(spec.hash() != EngineSpec{"lammpsx", "", "ff", "", "yz"}.hash());
  CHECK(spec.hash().size() == 32);
}
