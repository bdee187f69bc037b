// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "structures/core/error.hpp"
#include "workflows/crew/bytes.hpp"

using namespace hopflow;

namespace {

Configuration two_atoms() {
  Configuration c;
  c.cell << 5, 1, 0, 0, 6, 2, 0, 0, 7;
  c.positions.resize(3, 2);
  c.positions << 0, 1, 0.25, 2, -0.0, 3;
  c.species = {82, 53};
  c.periodic = {true, false, true};
  return c;
}

}  // namespace

TEST_CASE("a configuration comes back from its bytes unchanged", "[workflows][bytes]") {
  const Configuration c = two_atoms();
  const std::string bytes = to_bytes(c);
  ByteReader reader{bytes};
  const Configuration back = configuration_from(reader);
  CHECK(reader.empty());
  CHECK(back.cell == c.cell);
  CHECK(back.positions == c.positions);
  CHECK(back.species == c.species);
  CHECK(back.periodic == c.periodic);
}

TEST_CASE("bytes cut short are refused at every length", "[workflows][bytes]") {
  const std::string bytes = to_bytes(two_atoms());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    ByteReader reader{cut};
    CHECK_THROWS_AS(configuration_from(reader), Error);
  }
}

TEST_CASE("questions that differ in engine, cell, species or one coordinate have different hashes",
          "[workflows][bytes]") {
  const Configuration c = two_atoms();
  const std::string base = hash128_hex(question_bytes("a", c));
  CHECK(base.size() == 32);
  CHECK(base == hash128_hex(question_bytes("a", c)));
  CHECK(base != hash128_hex(question_bytes("b", c)));
  Configuration moved = c;
  moved.positions(0, 0) += 1e-15;
  CHECK(base != hash128_hex(question_bytes("a", moved)));
  Configuration other = c;
  other.species[0] = 50;
  CHECK(base != hash128_hex(question_bytes("a", other)));
  Configuration sheared = c;
  sheared.cell(0, 1) = 1.5;
  CHECK(base != hash128_hex(question_bytes("a", sheared)));
}

TEST_CASE("the hash is XXH3 128 in canonical byte order", "[workflows][bytes]") {
  // Value published with the xxHash specification for the empty input.
  CHECK(hash128_hex("") == "99aa06d3014798d86001c324468d497f");
}
