// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "structures/core/error.hpp"
#include "structures/hops/hops.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

SitePair pair(int from, int to, int a, int b, int c) { return {from, to, Eigen::Vector3i(a, b, c)}; }

Hop hop(int from_site, int to_site, double length, std::vector<SitePair> members) {
  Hop out{};
  out.id = std::to_string(from_site) + "-" + std::to_string(to_site);
  out.from_site = from_site;
  out.to_site = to_site;
  out.length_angstrom = length;
  out.multiplicity = static_cast<int>(members.size());
  out.representative = members.front();
  out.members = std::move(members);
  return out;
}

HopTable table(int sites, std::vector<Hop> hops) {
  HopTable out;
  for (int s = 0; s < sites; ++s) {
    out.sites.push_back({s, "I" + std::to_string(s + 1), 1});
    out.site_of_atom.push_back(s);
  }
  out.hops = std::move(hops);
  return out;
}

}  // namespace

TEST_CASE("the dimension of a network is the rank of the ways round it", "[structures][network]") {
  CHECK(network_dimension(2, std::array{pair(0, 1, 0, 0, 0)}) == 0);
  CHECK(network_dimension(2, std::array{pair(0, 1, 0, 0, 0), pair(1, 0, 0, 0, 0)}) == 0);
  CHECK(network_dimension(2, std::array{pair(0, 1, 0, 0, 0), pair(1, 0, 1, 0, 0)}) == 1);
  CHECK(network_dimension(1, std::array{pair(0, 0, 1, 0, 0), pair(0, 0, 2, 0, 0)}) == 1);
  CHECK(network_dimension(1, std::array{pair(0, 0, 1, 0, 0), pair(0, 0, 1, 1, 0)}) == 2);
  CHECK(network_dimension(1, std::array{pair(0, 0, 1, 1, 0), pair(0, 0, 0, 1, 1), pair(0, 0, 1, 0, -1)}) == 2);
  CHECK(network_dimension(1, std::array{pair(0, 0, 1, 1, 0), pair(0, 0, 0, 1, 1), pair(0, 0, 1, 0, 1)}) == 3);
  // Two chains along different axes that never meet are two one-dimensional networks.
  CHECK(network_dimension(2, std::array{pair(0, 0, 1, 0, 0), pair(1, 1, 0, 1, 0)}) == 1);
}

TEST_CASE("the network barrier is the highest saddle of the easiest endless path", "[structures][network]") {
  // 0 -(a)- 1 -(b)- 0', chain along x: site 1 lies 0.2 eV above site 0; saddles at 0.5 and 0.7 eV.
  const HopTable chain = table(2, {hop(0, 1, 4.0, {pair(0, 1, 0, 0, 0)}), hop(1, 0, 4.5, {pair(1, 0, 1, 0, 0)})});
  const std::array energies{HopEnergy{0, 0.5, 0.3}, HopEnergy{1, 0.5, 0.7}};
  const auto barrier = network_barrier(chain, energies, 1);
  REQUIRE(barrier);
  CHECK(barrier->dimension == 1);
  CHECK(barrier->barrier_ev == Approx(0.7));
  CHECK(barrier->deciding_hop == 1);
  CHECK_FALSE(network_barrier(chain, energies, 2));
  CHECK_FALSE(network_barrier(chain, std::array{energies[0]}, 1));
  CHECK_FALSE(network_barrier(chain, {}, 1));
}

TEST_CASE("a low hop that leads round in a circle does not count", "[structures][network]") {
  // Triangle 0-1-2 with 0.1 eV hops; only the 0.6 eV hop leads on.
  const HopTable rings = table(3, {hop(0, 1, 4.0, {pair(0, 1, 0, 0, 0)}), hop(1, 2, 4.1, {pair(1, 2, 0, 0, 0)}),
                                   hop(2, 0, 4.2, {pair(2, 0, 0, 0, 0)}), hop(0, 0, 4.8, {pair(0, 0, 0, 1, 0)})});
  const auto barrier = network_barrier(
      rings, std::array{HopEnergy{0, 0.1, 0.1}, HopEnergy{1, 0.1, 0.1}, HopEnergy{2, 0.1, 0.1}, HopEnergy{3, 0.6, 0.6}},
      1);
  REQUIRE(barrier);
  CHECK(barrier->barrier_ev == Approx(0.6));
  CHECK(barrier->deciding_hop == 3);
}

TEST_CASE("the lowest site counts only if the endless path can reach it", "[structures][network]") {
  // Site 1 is 0.3 eV deeper but lies behind a 2 eV saddle.
  const HopTable side = table(2, {hop(0, 0, 4.0, {pair(0, 0, 1, 0, 0)}), hop(0, 1, 4.2, {pair(0, 1, 0, 0, 0)})});
  const auto shallow = network_barrier(side, std::array{HopEnergy{0, 0.5, 0.5}, HopEnergy{1, 2.0, 2.3}}, 1);
  REQUIRE(shallow);
  CHECK(shallow->barrier_ev == Approx(0.5));
  // Behind a 0.4 eV saddle it is a trap that the carrier must leave: 0.5 + 0.3.
  const auto trapped = network_barrier(side, std::array{HopEnergy{0, 0.5, 0.5}, HopEnergy{1, 0.4, 0.7}}, 1);
  REQUIRE(trapped);
  CHECK(trapped->barrier_ev == Approx(0.8));
}

TEST_CASE("site energies that disagree are settled by least squares", "[structures][network]") {
  // Two hops between the same sites say 0.2 and 0.3 eV: 0.25 is the best.
  const HopTable two = table(2, {hop(0, 1, 4.0, {pair(0, 1, 0, 0, 0)}), hop(1, 0, 4.5, {pair(1, 0, 1, 0, 0)})});
  const auto barrier = network_barrier(two, std::array{HopEnergy{0, 0.5, 0.3}, HopEnergy{1, 0.4, 0.7}}, 1);
  REQUIRE(barrier);
  CHECK(barrier->barrier_ev == Approx(0.5 * (0.25 + 0.4 + 0.7)));
}

TEST_CASE("each lattice direction has a barrier of its own", "[structures][network]") {
  // One site: 0.3 eV along [1 1 0], 0.5 eV along b, 0.4 eV along [0 1 2] plus b: c opens with b, a with b.
  const HopTable sheet = table(1, {hop(0, 0, 4.0, {pair(0, 0, 1, 1, 0)}), hop(0, 0, 4.2, {pair(0, 0, 0, 1, 0)}),
                                   hop(0, 0, 4.4, {pair(0, 0, 0, 1, 2)})});
  const std::array energies{HopEnergy{0, 0.3, 0.3}, HopEnergy{1, 0.5, 0.5}, HopEnergy{2, 0.4, 0.4}};
  for (const auto& [axis, barrier, dimension] : {std::tuple{0, 0.5, 3}, {1, 0.5, 3}, {2, 0.5, 3}}) {
    const auto found = network_barrier_along(sheet, energies, axis);
    REQUIRE(found);
    CHECK(found->barrier_ev == Approx(barrier));
    CHECK(found->dimension == dimension);
  }
  // Without the third class there is no way along c; without the second none along a or b alone.
  CHECK(network_barrier_along(sheet, std::array{energies[0], energies[1]}, 0)->barrier_ev == Approx(0.5));
  CHECK_FALSE(network_barrier_along(sheet, std::array{energies[0], energies[1]}, 2));
  CHECK_FALSE(network_barrier_along(sheet, std::array{energies[0], energies[2]}, 0));
  CHECK(network_barrier_along(sheet, std::array{energies[1]}, 1)->dimension == 1);

  const std::vector<NetworkBarrier> steps = barriers_by_dimension(sheet, energies);
  REQUIRE(steps.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(steps[k].dimension == static_cast<int>(k) + 1);
    CHECK(steps[k].barrier_ev == Approx(std::array{0.3, 0.4, 0.5}[k]));
  }
  const std::vector<DimensionStep> lengths = dimension_by_length(sheet);
  REQUIRE(lengths.size() == 3);
  CHECK(lengths[2].hop == 2);
}

TEST_CASE("numbers that are no barriers are refused", "[structures][network]") {
  const HopTable chain = table(1, {hop(0, 0, 4.0, {pair(0, 0, 1, 0, 0)})});
  CHECK_THROWS_AS(network_barrier(chain, std::array{HopEnergy{0, std::nan(""), 0.1}}, 1), Error);
}

TEST_CASE("the selection reaches every site and the full dimension", "[structures][network]") {
  for (const std::string& name : test::shipped_names) {
    const Crystal crystal = test::shipped(name);
    for (const auto& [of, symprec] : {std::pair{SymmetryOf::crystal, 0.01}, {SymmetryOf::frame, 0.5}}) {
      const HopTable all = find_hops(crystal, find_symmetry(crystal, of, symprec), 53, 5.5);
      const std::vector<int> chosen = network_selection(all);
      std::vector<SitePair> edges;
      std::vector<bool> reached(all.sites.size(), false);
      for (const int k : chosen) {
        const Hop& h = all.hops[static_cast<std::size_t>(k)];
        edges.insert(edges.end(), h.members.begin(), h.members.end());
        reached[static_cast<std::size_t>(h.from_site)] = reached[static_cast<std::size_t>(h.to_site)] = true;
      }
      INFO(name);
      CHECK(network_dimension(crystal.size(), edges) == all.dimension);
      CHECK(std::count(reached.begin(), reached.end(), false) == 0);
    }
  }
  // The perovskite frame needs its shortest class only: it is three-dimensional already and reaches both sites.
  const Crystal tetragonal = test::shipped("mapbi3-tetragonal");
  CHECK(network_selection(find_hops(tetragonal, find_symmetry(tetragonal, SymmetryOf::frame, 0.5), 53, 5.5)) ==
        std::vector<int>{0});
}
