// SPDX-License-Identifier: GPL-2.0-or-later
// Ends whose atoms are in different orders, and hops that only look so.
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <random>

#include "neb/core/rigid.hpp"
#include "neb/path/alignment.hpp"
#include "neb/path/assignment.hpp"
#include "neb/path/atom_order.hpp"
#include "tests/neb/path/methylammonium.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

struct Ends {
  std::string name;
  Configuration initial, final;
  Mask mobile;
};

/// One kind of atom on a skewed lattice of n^3 points 3 A apart, the last point left empty.
Configuration lattice(int n) {
  Configuration c;
  c.cell << 3.0 * n, 0.4 * n, 0.2 * n, 0, 3.0 * n, 0.5 * n, 0, 0, 3.0 * n;
  c.positions.resize(3, n * n * n - 1);
  for (int i = 0; i < c.positions.cols(); ++i)
    c.positions.col(i) = c.cell * Eigen::Vector3d(i % n, (i / n) % n, i / (n * n)) / n;
  c.species.assign(std::size_t(c.positions.cols()), 29);
  return c;
}

void scatter(Configuration& c, double by, std::mt19937& random) {
  std::normal_distribution<> normal(0, by);
  for (double& x : c.positions.reshaped()) x += normal(random);
}

/// An atom takes the empty point, all others shake.
Ends vacancy_hop() {
  std::mt19937 random(1);
  Ends e{"vacancy", lattice(4), lattice(4), {}};
  e.final.positions.col(62) = e.final.cell * Eigen::Vector3d::Constant(0.75);
  scatter(e.final, 0.06, random);
  return e;
}

/// The same with the lower half fixed.
Ends fixed_hop() {
  Ends e = vacancy_hop();
  e.name = "half fixed";
  for (int i = 0; i < e.initial.size(); ++i) e.mobile.push_back(i >= 32);
  e.final.positions.leftCols(32) = e.initial.positions.leftCols(32);
  return e;
}

/// Thirteen atoms of an icosahedron and one that walks from a face to the next, 1.1 A between neighbours.
Ends cluster_walk() {
  constexpr double golden = 1.6180339887498949;
  std::mt19937 random(2);
  Configuration c;
  c.positions.setZero(3, 14);
  int next = 1;
  for (const double p : {-1.0, 1.0})
    for (const double q : {-golden, golden})
      for (const Eigen::Vector3d& v : {Eigen::Vector3d(0, p, q), Eigen::Vector3d(p, q, 0), Eigen::Vector3d(q, 0, p)})
        c.positions.col(next++) = 1.08 * v / std::hypot(1, golden);
  c.species.assign(14, 18);
  c.periodic = {false, false, false};
  const auto on_face = [](double x, double y, double z) {
    return Eigen::Vector3d(1.75 * Eigen::Vector3d(x, y, z).normalized());
  };
  Ends e{"cluster", c, c, {}};
  e.initial.positions.col(13) = on_face(1, 1, 1);
  e.final.positions.col(13) = on_face(golden, 1 / golden, 0);
  scatter(e.final, 0.02, random);
  return e;
}

/// An iodide hop among cations.
Ends iodide_hop() {
  std::mt19937 random(4);
  Configuration c = perovskite(2);
  const int gone = 9, hops = 10;
  const Eigen::Vector3d to = c.positions.col(gone);
  c.species.erase(c.species.begin() + gone);
  const Eigen::Matrix3Xd rest = c.positions.rightCols(c.positions.cols() - gone - 1);
  c.positions.middleCols(gone, rest.cols()) = rest;
  c.positions.conservativeResize(3, c.size());
  Ends e{"iodide", c, c, {}};
  e.final.positions.col(hops - 1) = to;
  scatter(e.final, 0.05, random);
  return e;
}

/// The final structure with atoms in another order: index i has the place `order[i]` had.
Configuration reordered(const Configuration& c, const std::vector<int>& order) {
  Configuration out = c;
  out.positions = c.positions(Eigen::all, order);
  return out;
}

/// Wrapped, drifted and turned as far as that changes nothing.
void disguise(Configuration& c, const Mask& mobile, std::mt19937& random) {
  const bool periodic = c.periodic[0];
  if (periodic)
    for (int i = 0; i < c.size(); ++i)
      if (mobile.empty() || mobile[std::size_t(i)])
        for (int k = 0; k < 3; ++k) c.positions.col(i) += double(int(random() % 3) - 1) * c.cell.col(k);
  if (!mobile.empty()) return;
  if (!periodic) {
    std::normal_distribution<> normal;
    const Eigen::Quaterniond q(normal(random), normal(random), normal(random), normal(random));
    c.positions = q.normalized().toRotationMatrix() * c.positions;
  }
  c.positions.colwise() += Eigen::Vector3d(2.9, -4.1, 0.7);
}

}  // namespace

TEST_CASE("the cheapest assignment is that of all permutations tried", "[neb][order]") {
  std::mt19937 random(5);
  std::uniform_real_distribution<> uniform;
  for (int turn = 0; turn < 20; ++turn) {
    Eigen::MatrixXd cost(6, 6);
    for (double& x : cost.reshaped()) x = uniform(random);
    const auto sum = [&](const std::vector<int>& column) {
      double total = 0;
      for (int i = 0; i < 6; ++i) total += cost(i, column[std::size_t(i)]);
      return total;
    };
    std::vector<int> tried{0, 1, 2, 3, 4, 5};
    double least = std::numeric_limits<double>::infinity();
    do least = std::min(least, sum(tried));
    while (std::next_permutation(tried.begin(), tried.end()));
    CHECK(sum(cheapest_assignment(cost)) == Approx(least));
  }
}

TEST_CASE("atoms that did not move come to rest however far one went", "[neb][order]") {
  Ends e = cluster_walk();
  e.final = e.initial;
  e.final.positions.col(13) *= -1;
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(2.1, Eigen::Vector3d(1, -2, 0.5).normalized()).toRotationMatrix();
  const Eigen::Matrix3Xd moved = (turn * e.final.positions).colwise() + Eigen::Vector3d(3, 1, -7);
  CHECK((placed_upon(e.initial.positions, moved) - e.final.positions).colwise().norm().maxCoeff() < 1e-3);
}

TEST_CASE("atoms in any other order are refused, wherever they are wrapped, drifted or turned to", "[neb][order]") {
  for (const Ends& e : {vacancy_hop(), fixed_hop(), cluster_walk(), iodide_hop()}) {
    const Mobile mobile(e.mobile, e.initial.size());
    CHECK_NOTHROW(aligned(e.initial, e.final, mobile));
    std::mt19937 random(6);
    for (int turn = 0; turn < 48; ++turn) {
      // Atoms of one kind: 2 of them, 3 of them, all. Hydrogen comes up as often as other kinds.
      const int kind = e.initial.species[std::size_t(mobile.atoms()[random() % std::size_t(mobile.count())])];
      std::vector<int> pool;
      for (const int i : mobile.atoms())
        if (e.initial.species[std::size_t(i)] == kind) pool.push_back(i);
      const std::vector<int> before = pool;
      std::shuffle(pool.begin(), pool.end(), random);
      std::vector<int> order(std::size_t(e.initial.size()));
      std::iota(order.begin(), order.end(), 0);
      if (turn % 3 < 2) {
        const std::size_t count = turn % 3 == 0 ? 2 : 3;
        for (std::size_t k = 0; k < count; ++k) order[std::size_t(pool[k])] = pool[(k + 1) % count];
      } else {
        for (std::size_t k = 0; k < pool.size(); ++k) order[std::size_t(before[k])] = pool[k];
      }
      // The atom that hops and one it hops around may follow each other: a hop as good as the one meant.
      if (e.name == "cluster" && turn % 3 < 2 && order[13] != 13) continue;
      Configuration shuffled = reordered(e.final, order);
      disguise(shuffled, e.mobile, random);
      INFO(e.name << " turn " << turn);
      CHECK_THROWS_WITH(aligned(e.initial, shuffled, mobile), Catch::Contains("order") && Catch::Contains("index"));
    }
  }
}

TEST_CASE("hydrogen of one NH3 in another order is refused", "[neb][order]") {
  const Ends e = iodide_hop();
  const Mobile mobile({}, e.initial.size());
  for (const std::array<int, 3>& ring : {std::array{6, 5, 7}, std::array{6, 7, 5}}) {
    std::vector<int> order(std::size_t(e.initial.size()));
    std::iota(order.begin(), order.end(), 0);
    for (int k = 0; k < 3; ++k) order[std::size_t(5 + k)] = ring[std::size_t(k)];
    CHECK_THROWS_WITH(aligned(e.initial, reordered(e.final, order), mobile), Catch::Contains("H (index 5)"));
  }
}

TEST_CASE("a cation that turns over keeps its hydrogen: not another order", "[neb][order]") {
  const Ends e = iodide_hop();
  const Eigen::Vector3d centre = 0.5 * (e.final.positions.col(0) + e.final.positions.col(1));
  const Eigen::Vector3d bond = e.final.positions.col(1) - e.final.positions.col(0);
  for (int degrees = 20; degrees <= 180; degrees += 20) {
    Configuration over = e.final;
    const Eigen::Matrix3d turn =
        Eigen::AngleAxisd(degrees * std::numbers::pi / 180, bond.unitOrthogonal()).toRotationMatrix();
    for (int i = 0; i < 8; ++i) over.positions.col(i) = centre + turn * (over.positions.col(i) - centre);
    INFO(degrees);
    CHECK_NOTHROW(aligned(e.initial, over, Mobile({}, over.size())));
  }
}

TEST_CASE("atoms that follow each other straight or round a right angle are a move, not another order",
          "[neb][order]") {
  const Configuration a = lattice(6);
  const Mobile mobile({}, a.size());
  const Eigen::Vector3d empty = a.cell * Eigen::Vector3d::Constant(5.0 / 6);
  // 214, 213, 212 stand in a row before the empty point; 208 beside 214, 207 in a row with it, 172 below it.
  for (const std::vector<int>& chain :
       {std::vector{214}, {214, 213}, {214, 213, 212}, {214, 208}, {214, 208, 207}, {214, 208, 172}}) {
    Configuration b = a;
    Eigen::Vector3d to = empty;
    for (const int atom : chain) {
      b.positions.col(atom) = to;
      to = a.positions.col(atom);
    }
    INFO(chain.back());
    CHECK_NOTHROW(aligned(a, b, mobile));
  }
  // One atom passes two others: a long way, but in no other order a shorter one.
  Configuration far = a;
  far.positions.col(213) = empty + 0.5 * a.cell.col(2) / 6;
  CHECK_NOTHROW(aligned(a, far, mobile));
}

TEST_CASE("an order in which a chain ends beside its beginning is refused, unless it is known to be meant",
          "[neb][order]") {
  const Configuration a = lattice(4);
  Configuration b = a;
  b.positions.col(61) = a.cell * Eigen::Vector3d::Constant(0.75);
  b.positions.col(59) = a.positions.col(61);
  CHECK_THROWS_WITH(aligned(a, b, Mobile({}, a.size())),
                    Catch::Contains("Cu (index 59), Cu (index 61)") && Catch::Contains("path"));
  CHECK_NOTHROW(aligned(a, b, Mobile({}, a.size()), AtomOrder::kept));
}
