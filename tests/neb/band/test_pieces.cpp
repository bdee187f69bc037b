// SPDX-License-Identifier: GPL-2.0-or-later
// Tangents, forces, dips, alignment, interpolation: pieces that need no engine.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "neb/band/springs.hpp"
#include "neb/band/string.hpp"
#include "neb/band/tangent.hpp"
#include "neb/core/convergence.hpp"
#include "neb/core/optimizer.hpp"
#include "neb/core/rigid.hpp"
#include "neb/path/alignment.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/pathway/split.hpp"
#include "structures/core/error.hpp"

using namespace hopflow;

namespace {

/// Two kinds of atom on a skewed lattice of n^3 points, spacing 3 A; the last point left empty.
Configuration lattice(int n) {
  Configuration c;
  c.cell << 3.0 * n, 0.4 * n, 0.2 * n, 0, 3.0 * n, 0.5 * n, 0, 0, 3.0 * n;
  const int atoms = n * n * n - 1;
  c.positions.resize(3, atoms);
  for (int i = 0; i < atoms; ++i) {
    const Eigen::Vector3d fractional(i % n, (i / n) % n, i / (n * n));
    c.positions.col(i) = c.cell * fractional / n;
    c.species.push_back(i % 2 ? 11 : 17);
  }
  return c;
}

/// The lattice with its atom `mover` in the empty point.
Configuration hopped(int n, int mover) {
  Configuration c = lattice(n);
  c.positions.col(mover) = c.cell * Eigen::Vector3d::Constant((n - 1.0) / n);
  return c;
}

}  // namespace

TEST_CASE("fixed atoms stay exactly where the initial structure has them", "[neb][alignment]") {
  Configuration a;
  a.cell = 10 * Eigen::Matrix3d::Identity();
  a.species = {29, 29, 29};
  a.positions.resize(3, 3);
  a.positions << 0.1, 2.7, 5.3, 0, 0, 0.2, 0, 0, 0.3;
  Configuration b = a;
  b.positions.col(0) += Eigen::Vector3d(0.05, 0, 0);
  b.positions.col(1) += Eigen::Vector3d(0.7, 1.0 / 3, 0);
  b.positions.col(2) += Eigen::Vector3d(-10.4, 0, 10.1);  // across the edge
  const Configuration beside = aligned(a, b, Mobile({false, true, true}, 3));
  CHECK(beside.positions.col(0) == a.positions.col(0));
  CHECK((beside.positions.col(1) - b.positions.col(1)).norm() < 1e-12);
  CHECK((beside.positions.col(2) - a.positions.col(2) - Eigen::Vector3d(-0.4, 0, 0.1)).norm() < 1e-12);
}

TEST_CASE("the tangent leans to the higher neighbour on a slope and mixes both at an extremum", "[neb][tangent]") {
  const Eigen::VectorXd back = Eigen::Vector3d(1, 0, 0), ahead = Eigen::Vector3d(0, 2, 0);
  CHECK(tangent(back, ahead, {0, 1, 2}).isApprox(Eigen::VectorXd(Eigen::Vector3d(0, 1, 0))));
  CHECK(tangent(back, ahead, {2, 1, 0}).isApprox(Eigen::VectorXd(Eigen::Vector3d(1, 0, 0))));
  // At a maximum with drops 1 (ahead) and 3 (back), the next image higher: eq. 10, weights 3 ahead and 1 back.
  const Eigen::VectorXd mixed = Eigen::Vector3d(1, 6, 0).normalized();
  CHECK(tangent(back, ahead, {0, 3, 2}).isApprox(mixed));
  CHECK(tangent(Eigen::VectorXd::Zero(3), Eigen::VectorXd::Zero(3), {0, 1, 2}).norm() == 0);
}

TEST_CASE("a climbing image is pushed uphill along the path and downhill across it", "[neb][springs]") {
  const Eigen::VectorXd gradient = Eigen::Vector3d(2, 5, 0), along = Eigen::Vector3d(1, 0, 0);
  CHECK(climbing_force(gradient, along).isApprox(Eigen::VectorXd(Eigen::Vector3d(2, -5, 0))));
  CHECK(band_force(gradient, along, 1.0, 1.5, 4.0).isApprox(Eigen::VectorXd(Eigen::Vector3d(2, -5, 0))));
}

TEST_CASE("a profile that lies level between two slopes of one sign is noticed, wherever it does",
          "[neb][convergence]") {
  // e(t) = rise t + 2 (t - m)^3 / 3: slopes rise + 2 m^2 and rise + 2 (1 - m)^2 at the ends, the least of them, `rise`,
  // at m.
  for (const double m : {0.3, 0.5, 0.8}) {
    const auto e = [&](double t, double rise) { return rise * t + 2 * std::pow(t - m, 3) / 3; };
    const auto slope = [&](double t, double rise) { return rise + 2 * (t - m) * (t - m); };
    for (const double sign : {1.0, -1.0}) {
      const auto found = [&](double rise) {
        return Cubic(sign * e(0, rise), sign * e(1, rise), sign * slope(0, rise), sign * slope(1, rise)).level(0);
      };
      REQUIRE(found(0.001).has_value());
      CHECK(*found(0.001) == Approx(m));
      CHECK_FALSE(found(0.1).has_value());
    }
  }
  CHECK_FALSE(Cubic(0, 0.5, 0.5, 0.5).level(0).has_value());
  CHECK_FALSE(Cubic(0, 0, 0.5, -0.5).level(0).has_value());
}

TEST_CASE("dips are counted by depth and shallow ones do not hide deep ones", "[neb][convergence]") {
  const std::vector<double> one{0, 1, 0.4, 2, 0};
  REQUIRE(dips(one, 0.005).size() == 1);
  CHECK(dips(one, 0.005)[0].image == 2);
  CHECK(dips(one, 0.005)[0].depth_ev == Approx(0.6));
  CHECK(dips(one, 0.7).empty());
  const std::vector<double> rippled{0, 1, 0.999, 1.001, -0.5, -0.499, -0.5004, 2, 0};
  REQUIRE(dips(rippled, 0.005).size() == 1);
  CHECK(dips(rippled, 0.005)[0].image == 6);
  // A slide below both ends without a maximum before it: still a dip, its depth taken from the ends.
  CHECK(dips(std::vector<double>{0, -1, -2, -1, 0.1}, 0.005).size() == 1);
  CHECK(dips(std::vector<double>{0, 1, 2, 1, 0}, 0.005).empty());
}

TEST_CASE("wrapped, drifted and shifted endpoints align to one path", "[neb][interpolation]") {
  const int n = 4, mover = 62;
  const Configuration a = lattice(n), b = hopped(n, mover);
  const Mobile mobile({}, a.size());
  const Configuration plain = aligned(a, b, mobile);
  CHECK((plain.positions - a.positions).colwise().norm().maxCoeff() ==
        Approx((a.cell.col(0) / n).norm() * (1 - 1.0 / a.size())));
  Configuration wrapped = b;
  for (int i = 0; i < b.size(); ++i) {
    wrapped.positions.col(i) += a.cell * Eigen::Vector3d((i % 3) - 1, (i % 5) - 2, i % 2);
  }
  CHECK((aligned(a, wrapped, mobile).positions - plain.positions).cwiseAbs().maxCoeff() < 1e-9);
  Configuration drifted = wrapped;
  drifted.positions.colwise() += Eigen::Vector3d(2.9, -4.1, 0.7);
  CHECK((aligned(a, drifted, mobile).positions - plain.positions).cwiseAbs().maxCoeff() < 1e-9);
}

TEST_CASE("a free cluster that turned aligns to the path of one that did not", "[neb][interpolation]") {
  Configuration a;
  a.positions.resize(3, 6);
  a.positions << 0, 2.1, 0, 0.3, 1.9, 4.0, 0, 0, 1.8, -0.2, 2.2, 0.4, 0, 0.1, 0.2, 2.5, 1.7, 0.9;
  a.species.assign(6, 18);
  a.cell.setIdentity();
  a.periodic = {false, false, false};
  Configuration b = a;
  b.positions.col(5) += Eigen::Vector3d(-0.3, 0.4, 0.5);
  Configuration turned = b;
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(0.7, Eigen::Vector3d(1, -2, 0.5).normalized()).toRotationMatrix();
  turned.positions = (turn * b.positions).colwise() + Eigen::Vector3d(0.4, 5.0, -2.0);
  const Mobile mobile({}, 6);
  CHECK((nearest_rotation(b.positions, turned.positions) * turn).isApprox(Eigen::Matrix3d::Identity(), 1e-9));
  CHECK((aligned(a, turned, mobile).positions - aligned(a, b, mobile).positions).cwiseAbs().maxCoeff() < 1e-9);
}

TEST_CASE(
    "rigid motions are six for a molecule, in vacuum too, five for atoms in a row, three in a crystal, none for held "
    "atoms",
    "[neb][modes]") {
  Configuration c;
  c.positions.resize(3, 3);
  c.positions << 0, 1, 0, 0, 0, 1.3, 0, 0.2, 0.1;
  c.species.assign(3, 18);
  c.cell = 9.5 * Eigen::Matrix3d::Identity();
  c.periodic = {false, false, false};
  const auto count = [&](const Mask& mask) { return rigid_motions(c, Mobile(mask, 3)).size(); };
  CHECK(count({}) == 6);
  CHECK(count({true, true, false}) == 0);
  c.periodic = {true, true, true};
  CHECK(count({}) == 6);  // 8 A and more to the next copy
  c.cell(2, 2) = 8.1;
  CHECK(count({}) == 3);
  c.periodic = {true, true, false};
  CHECK(count({}) == 6);
  c.positions(0, 1) = 5;
  CHECK(count({}) == 3);
  c.positions(0, 1) = 1;
  c.periodic = {false, false, false};
  c.positions << 0, 1, 2, 0, 1, 2, 0, -1, -2;
  CHECK(count({}) == 5);
  // A turn about an axis moves no distance to first order: the arms are orthogonal to the change.
  for (const Eigen::VectorXd& motion : rigid_motions(c, Mobile({}, 3))) {
    const Eigen::Vector3d arm = c.positions.col(2) - c.positions.col(0);
    CHECK(arm.dot(motion.segment<3>(6) - motion.segment<3>(0)) == Approx(0).margin(1e-9));
  }
}

TEST_CASE("a cluster cut by the cell's edge is put together, a crystal is left as it is", "[neb][modes]") {
  Configuration c;
  c.cell << 20, 3, 0, 0, 18, -2, 0, 0, 22;
  c.positions.resize(3, 4);
  c.positions << 0, 1, 0, 1, 0, 0, 1.3, 1, 0, 0.2, 0.1, 2;
  c.positions.colwise() += Eigen::Vector3d(19.5, 17.5, -1);
  c.species.assign(4, 18);
  const Configuration together = c;
  REQUIRE(turns_freely(c));
  for (int i = 0; i < 4; ++i) c.positions.col(i) += c.cell * Eigen::Vector3d(i % 2, -(i / 2), i - 1);
  REQUIRE_FALSE(turns_freely(c));
  const Configuration found = gathered(c);
  const Eigen::Matrix3Xd off = found.positions - together.positions;
  CHECK((off.colwise() - Eigen::Vector3d(off.col(0))).cwiseAbs().maxCoeff() < 1e-9);
  c.cell(2, 2) = 4;
  CHECK(gathered(c).positions == c.positions);
}

TEST_CASE("springs are stiff at the top of the path and a tenth of that at its foot", "[neb][springs]") {
  CHECK(energy_weighted(2.0, 1.0, 0.2, 1.0) == Approx(2.0));
  CHECK(energy_weighted(2.0, 0.2, 0.2, 1.0) == Approx(0.2));
  CHECK(energy_weighted(2.0, -3.0, 0.2, 1.0) == Approx(0.2));
  CHECK(energy_weighted(2.0, 0.6, 0.2, 1.0) == Approx(1.1));
}

TEST_CASE("the second nudge pulls a kink straight and never along the path or the real force across it",
          "[neb][springs]") {
  const Eigen::VectorXd along = Eigen::Vector3d(1, 0, 0), gradient = Eigen::Vector3d(3, 2, 0);
  const Eigen::VectorXd back = Eigen::Vector3d(1, 0.4, 0.3), ahead = Eigen::Vector3d(1.2, -0.4, -0.1);
  const Eigen::VectorXd pull = second_nudge(gradient, along, back, ahead, 5.0);
  CHECK(pull.isApprox(Eigen::VectorXd(Eigen::Vector3d(0, 0, -2.0))));  // y is taken by the real force
}

TEST_CASE("every interpolation keeps the ends and its images apart", "[neb][interpolation]") {
  const Configuration a = lattice(4), b = hopped(4, 62);
  const Mobile mobile({}, a.size());
  const Configuration end = aligned(a, b, mobile);
  for (const Interpolation& interpolation : interpolations()) {
    INFO(interpolation.name);
    const auto path = interpolation.path(a, end, mobile, 5);
    REQUIRE(path.size() == 7);
    CHECK(path.front().positions == a.positions);
    CHECK(path.back().positions == end.positions);
    for (std::size_t i = 1; i < path.size(); ++i) {
      const double step = (path[i].positions - path[i - 1].positions).norm();
      CHECK(step > 0.2);
      CHECK(step < 2.0);
    }
  }
  CHECK_THROWS_WITH(interpolation_named("quadratic"),
                    Catch::Contains("quadratic") && Catch::Contains("sequential-idpp"));
}

TEST_CASE("a path given by others is followed, wrapped or not", "[neb][interpolation]") {
  const Configuration a = lattice(4);
  const Mobile mobile({}, a.size());
  const Configuration end = aligned(a, hopped(4, 62), mobile);
  Configuration aside = a;
  aside.positions = 0.5 * (a.positions + end.positions);
  aside.positions.col(62) += Eigen::Vector3d(0, 0.9, 0);
  Configuration wrapped = aside;
  wrapped.positions.col(7) += a.cell.col(1);
  const auto path = path_via({wrapped}, a, end, mobile, 3);
  REQUIRE(path.size() == 5);
  CHECK(path.back().positions == end.positions);
  // The given point lies half way, so it is the middle image; drift was taken off it.
  const Eigen::Vector3d off = path[2].positions.col(62) - 0.5 * (a.positions.col(62) + end.positions.col(62));
  CHECK((off - Eigen::Vector3d(0, 0.9, 0)).norm() < 0.05);
  CHECK((path[2].positions.col(7) - a.positions.col(7)).norm() < 0.1);
}

TEST_CASE("a path on which atoms meet is pulled apart, one with room is left as it is", "[neb][interpolation]") {
  const int n = 4;
  const Configuration a = lattice(n), end = hopped(n, 62);
  const Mobile mobile({}, a.size());
  Configuration met = linear_path(a, end, 1)[1];
  met.positions.col(10) += 0.45 * (met.positions.col(11) - met.positions.col(10));
  REQUIRE(shortest_distance(met, mobile) < 0.6 * shortest_distance(a, mobile));
  std::vector<Configuration> path{a, met, end};
  CHECK_FALSE(pull_apart(path, mobile, squeezed_share, {true, false, true}));
  CHECK(path[1].positions == met.positions);
  CHECK(pull_apart(path, mobile, squeezed_share, {true, true, true}));
  CHECK(shortest_distance(path[1], mobile) > 0.75 * shortest_distance(a, mobile));
  Configuration roomy = linear_path(a, end, 1)[1];
  roomy.positions.col(10) += Eigen::Vector3d(0.2, 0, 0);
  path[1] = roomy;
  CHECK_FALSE(pull_apart(path, mobile, squeezed_share, {true, true, true}));
  CHECK(path[1].positions == roomy.positions);
}

TEST_CASE("ions are pulled apart although bonds of a molecule are shorter than the distance they are squeezed to",
          "[neb][interpolation]") {
  const auto cell_with = [](double iodide_x) {
    Configuration c;
    c.cell = 12 * Eigen::Matrix3d::Identity();
    c.species = {82, 53, 7, 1};  // Pb and I, and N-H as in an ammonium group
    c.positions.resize(3, 4);
    c.positions.col(0) << 4, 3, 3;
    c.positions.col(1) << iodide_x, 3, 3;
    c.positions.col(2) << 6, 9, 9;
    c.positions.col(3) << 7.02, 9, 9;
    return c;
  };
  const Configuration a = cell_with(7.2), end = cell_with(7.1);
  const Mobile all({}, 4), held({false, true, true, true}, 4);
  for (const Mobile& mobile : {all, held}) {
    std::vector<Configuration> path{a, cell_with(5.65), end};  // 1.65 A, where N-H is 1.02 A
    CHECK(pull_apart(path, mobile, squeezed_share, {true, true, true}));
    CHECK((path[1].positions.col(1) - path[1].positions.col(0)).norm() > 2.5);
    path[1] = cell_with(6.8);
    CHECK_FALSE(pull_apart(path, mobile, squeezed_share, {true, true, true}));
  }
}

TEST_CASE("noise that brings atoms near each other is taken off a path, a way around is kept", "[neb][interpolation]") {
  const int n = 4;
  const Configuration a = lattice(n), end = hopped(n, 62);
  const Mobile mobile({}, a.size());
  const std::vector<bool> all(5, true);
  const double at_ends = shortest_distance(a, mobile);
  // Atom 10 goes a fifth of the way to atom 11 and comes back: in one bow, or to and fro between images.
  const Eigen::Vector3d nearer = 0.2 * (a.positions.col(11) - a.positions.col(10));
  std::vector<Configuration> bow = linear_path(a, end, 3), rough = bow;
  for (int i = 1; i <= 3; ++i) bow[static_cast<std::size_t>(i)].positions.col(10) += nearer;
  rough[2].positions.col(10) += nearer;
  rough[2].positions.col(62) = rough[1].positions.col(62);
  REQUIRE(shortest_distance(bow[2], mobile) > squeezed_share * at_ends);
  REQUIRE(shortest_distance(rough[2], mobile) == Approx(shortest_distance(bow[2], mobile)));
  CHECK_FALSE(pull_apart(bow, mobile, squeezed_share, all));
  CHECK(pull_apart(rough, mobile, squeezed_share, all));
  CHECK(shortest_distance(rough[2], mobile) > 0.9 * at_ends);
}

TEST_CASE("endpoints that cannot be one hop are refused by name", "[neb][interpolation]") {
  const int n = 4;
  const Configuration a = lattice(n);
  const Mobile mobile({}, a.size());
  Configuration fewer = a;
  fewer.species.pop_back();
  fewer.positions.conservativeResize(3, fewer.size());
  CHECK_THROWS_WITH(aligned(a, fewer, mobile), Catch::Contains("63 atoms") && Catch::Contains("62"));
  Configuration other = a;
  other.species[5] = 19;
  CHECK_THROWS_WITH(aligned(a, other, mobile),
                    Catch::Contains("atom 5") && Catch::Contains("Na") && Catch::Contains("K"));
  Configuration larger = a;
  larger.cell *= 1.01;
  CHECK_THROWS_WITH(aligned(a, larger, mobile), Catch::Contains("cells differ"));
  Configuration traded = hopped(n, 62);
  traded.positions.col(0).swap(traded.positions.col(2));
  CHECK_THROWS_WITH(aligned(a, traded, mobile),
                    Catch::Contains("appear to be exchanged") && Catch::Contains("index 0"));
  Mask mask(static_cast<std::size_t>(a.size()), true);
  mask[62] = false;
  CHECK_THROWS_WITH(aligned(a, hopped(n, 62), Mobile(mask, a.size())),
                    Catch::Contains("fixed") && Catch::Contains("62"));
}

TEST_CASE("pair distances keep interpolated atoms apart where the straight line runs through one",
          "[neb][interpolation]") {
  // Atom 1 has to pass atom 0, which stands on its line.
  Configuration a;
  a.cell = 20 * Eigen::Matrix3d::Identity();
  a.species = {29, 29};
  a.positions.resize(3, 2);
  a.positions << 0, -2.5, 0, 0.1, 0, 0;
  Configuration b = a;
  b.positions(0, 1) = 2.5;
  const Mobile mobile({}, 2);
  const auto straight = linear_path(a, b, 5);
  const auto bent = interpolation_named("auto").path(a, b, mobile, 5);
  double nearest_straight = 1e9, nearest_bent = 1e9;
  for (std::size_t i = 1; i < 6; ++i) {
    nearest_straight = std::min(nearest_straight, shortest_distance(straight[i], mobile));
    nearest_bent = std::min(nearest_bent, shortest_distance(bent[i], mobile));
  }
  CHECK(nearest_straight < 0.2);
  CHECK(nearest_bent > 2.3);  // both ends have 2.50 A
}

TEST_CASE("a cubic between two images shows the extremum neither of them is", "[neb][convergence]") {
  const auto e = [](double t) { return (t + 2) * (t - 1) * (2 * t - 1); };
  const auto slope = [](double t) { return 6 * t * t + 2 * t - 5; };
  const double least = (std::sqrt(31.0) - 1) / 6;
  const Cubic cubic(e(0), e(1), slope(0), slope(1));
  CHECK(cubic.at(0.3) == Approx(e(0.3)));
  REQUIRE(cubic.dip(0.01));
  CHECK(*cubic.dip(0.01) == Approx(least));
  CHECK_FALSE(cubic.dip(-e(least) + 0.01));
  CHECK_FALSE(cubic.peak(0.01));
  const Cubic upside_down(-e(0), -e(1), -slope(0), -slope(1));
  REQUIRE(upside_down.peak(0.01));
  CHECK(*upside_down.peak(0.01) == Approx(least));
  CHECK_FALSE(upside_down.dip(0.01));
}

TEST_CASE("a string's points are laid at even distances on the curve they came from, on either side of one that stays",
          "[neb][string]") {
  const auto on_circle = [](double angle) {
    return Eigen::VectorXd(Eigen::Vector2d(std::cos(angle), std::sin(angle)));
  };
  std::vector<Eigen::VectorXd> points;
  for (const double angle : {0.0, 0.2, 0.3, 0.6, 0.75, 1.1, 1.2}) points.push_back(on_circle(angle));
  const std::vector<Eigen::VectorXd> even = redistributed(points, std::vector<bool>(7, false));
  for (std::size_t i = 0; i < 7; ++i) CHECK((even[i] - on_circle(0.2 * double(i))).norm() < 5e-3);
  std::vector<bool> pinned(7, false);
  pinned[3] = true;
  const std::vector<Eigen::VectorXd> halves = redistributed(points, pinned);
  CHECK(halves[3] == points[3]);
  CHECK((halves[2] - on_circle(0.4)).norm() < 5e-3);
  CHECK((halves[5] - on_circle(1.0)).norm() < 5e-3);
}

TEST_CASE("each pair with a mobile atom is met once", "[neb][mobile]") {
  const Mobile two({true, false, true, false}, 4);
  CHECK(two.partners(0) == std::vector<int>{1, 2, 3});
  CHECK(two.partners(2) == std::vector<int>{1, 3});
  CHECK(Mobile({}, 2).mask() == Mask{true, true});
}

TEST_CASE("points spread evenly over a polyline keep its ends", "[neb][split]") {
  const std::vector<Eigen::VectorXd> corner{Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(1, 0, 0),
                                            Eigen::Vector3d(1, 3, 0)};
  const auto points = evenly_spaced(corner, 3);
  REQUIRE(points.size() == 5);
  CHECK(points[1].isApprox(Eigen::VectorXd(Eigen::Vector3d(1, 0, 0))));
  CHECK(points[2].isApprox(Eigen::VectorXd(Eigen::Vector3d(1, 1, 0))));
  CHECK(points[4].isApprox(corner.back()));
}

TEST_CASE("L-BFGS solves a quadratic in as many steps as it has dimensions", "[neb][optimizer]") {
  // With exact line searches on a quadratic it is the conjugate gradient method (Nocedal & Wright, theorem 6.4).
  const Eigen::Vector3d stiffness(1, 10, 100);
  Eigen::VectorXd x = Eigen::Vector3d(1, -2, 3);
  Lbfgs lbfgs;
  for (int step_count = 0; step_count < 3; ++step_count) {
    const Eigen::VectorXd gradient = stiffness.cwiseProduct(x.head<3>());
    const Eigen::VectorXd direction = lbfgs.direction(gradient);
    const double length = -gradient.dot(direction) / direction.dot(stiffness.cwiseProduct(direction.head<3>()));
    const Eigen::VectorXd step = length * direction;
    x += step;
    lbfgs.learn(step, stiffness.cwiseProduct(step.head<3>()));
  }
  CHECK(x.norm() < 1e-10);
}
