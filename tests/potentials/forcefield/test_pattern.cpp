// SPDX-License-Identifier: GPL-2.0-or-later
// Patterns against molecules drawn by hand.
#include <catch2/catch.hpp>

#include "potentials/forcefield/pattern.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

BondGraph graph(std::vector<int> species, const std::vector<std::pair<int, int>>& bonds) {
  BondGraph result;
  result.species = std::move(species);
  result.neighbors.resize(result.species.size());
  for (const auto& [i, j] : bonds) {
    result.neighbors[static_cast<std::size_t>(i)].push_back(j);
    result.neighbors[static_cast<std::size_t>(j)].push_back(i);
  }
  return result;
}

std::vector<int> fitting(const BondGraph& g, const std::string& pattern) {
  std::vector<int> atoms;
  for (int k = 0; k < g.size(); ++k) {
    if (Pattern{pattern}.fits(g, k)) atoms.push_back(k);
  }
  return atoms;
}

// Methylammonium: C0 (H 2 3 4), N1 (H 5 6 7).
const BondGraph methylammonium =
    graph({6, 7, 1, 1, 1, 1, 1, 1}, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 5}, {1, 6}, {1, 7}});

// Pyridine ring 0..5 (N at 0) with hydrogens left out, and a two-carbon tail 6-7 on N.
const BondGraph ethylpyridine =
    graph({7, 6, 6, 6, 6, 6, 6, 6}, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}, {0, 6}, {6, 7}});

}  // namespace

TEST_CASE("hydrogens are told apart by what they sit on", "[potentials][pattern]") {
  CHECK(fitting(methylammonium, "[H][N]") == std::vector<int>{5, 6, 7});
  CHECK(fitting(methylammonium, "[H;D1][C;D4]") == std::vector<int>{2, 3, 4});
  CHECK(fitting(methylammonium, "[N;D4]([H])([H])([H])[C]") == std::vector<int>{1});
  CHECK(fitting(methylammonium, "[N]([H])([H])([H])[H]").empty());
  CHECK(fitting(methylammonium, "[H][N][C][H]") == std::vector<int>{5, 6, 7});
  CHECK(fitting(methylammonium, "[*;D4]") == std::vector<int>{0, 1});
  CHECK(fitting(methylammonium, "[H;!$([H][N])]") == std::vector<int>{2, 3, 4});
}

TEST_CASE("ring atoms are told apart by their distance from nitrogen", "[potentials][pattern]") {
  CHECK(fitting(ethylpyridine, "[N;r6;D3]") == std::vector<int>{0});
  CHECK(fitting(ethylpyridine, "[C;r6][N]") == std::vector<int>{1, 5});
  CHECK(fitting(ethylpyridine, "[C;r6][C;r6][N]") == std::vector<int>{2, 4});
  CHECK(fitting(ethylpyridine, "[C;r6][C;r6][C;r6][N]") == std::vector<int>{3});
  CHECK(fitting(ethylpyridine, "[C;!r6]") == std::vector<int>{6, 7});
  CHECK(fitting(ethylpyridine, "[C;!r6;!$([C][N])]") == std::vector<int>{7});
  CHECK(fitting(ethylpyridine, "[C;r5]").empty());
}

TEST_CASE("an atom is not used twice in one fit", "[potentials][pattern]") {
  // C7 has one neighbour; a path of three back over itself would need it twice.
  CHECK(fitting(graph({6, 6}, {{0, 1}}), "[C][C][C]").empty());
  // Taking back: the first branch must leave the only oxygen-bearing carbon to the second.
  const BondGraph g = graph({6, 6, 6, 8}, {{0, 1}, {0, 2}, {1, 3}});
  CHECK(fitting(g, "[C]([C])[C][O]") == std::vector<int>{0});
}

TEST_CASE("a pattern that cannot be read says where", "[potentials][pattern]") {
  for (const char* bad :
       {"", "C", "[C", "[Xx]", "[C;]", "[C;D]", "[C;D99]", "[C;x3]", "[C]([H]", "[C])", "[C;$[H]]", "[C] [H]"}) {
    INFO(bad);
    const Caught error = error_of([&] { Pattern{bad}; });
    CHECK(error.kind == Error::Kind::bad_input);
    CHECK(contains(error.what, "character"));
  }
}
