// SPDX-License-Identifier: GPL-2.0-or-later
// Structures that nothing holds: where they turn or drift on their way, a path is the same path.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include <Eigen/Geometry>

#include "neb/barrier/barrier.hpp"
#include "neb/core/rigid.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/pathway/split.hpp"
#include "neb/saddle/certificate.hpp"
#include "neb/surrogate/downhill.hpp"
#include "tests/neb/drive.hpp"
#include "tests/neb/lennard_jones.hpp"

using namespace hopflow;
using hopflow::testing::drive;
using hopflow::testing::LennardJones;
using hopflow::testing::on_faces;

namespace {

const Eigen::Vector3d axis = Eigen::Vector3d(1, -2, 0.5).normalized();

/// Turned about a point outside of it, and so shifted as well.
Configuration turned(Configuration c, double degrees) {
  const Eigen::Vector3d about(0.5, 0.3, -0.7);
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(degrees / 180 * 3.14159265358979323846, axis).toRotationMatrix();
  c.positions = (turn * (c.positions.colwise() - about)).colwise() + about;
  return c;
}

double degrees_between(const Configuration& a, const Configuration& b) {
  return Eigen::AngleAxisd(nearest_rotation(a.positions, b.positions)).angle() * 180 / 3.14159265358979323846;
}

/// How far the atoms are from where they were, if it may turn and shift to get there.
double apart(const Configuration& a, const Configuration& b) {
  const FreeMotions free(a, Mobile({}, a.size()));
  return longest(free.nearest_to(b.positions.reshaped(), a.positions.reshaped()) - a.positions.reshaped());
}

/// An atom goes from one face of the tetrahedron to the next, with the saddle between.
struct Hop {
  LennardJones engine;
  Mobile mobile{{}, 6};
  BarrierResult found;
  Path path;

  Hop() {
    BarrierOptions options;
    options.fmax = 0.01;
    found = drive(find_barrier(on_faces({0, 1}, false), on_faces({0, 2}, false), {}, options), engine);
    const auto higher = [](const Evaluation& p, const Evaluation& q) { return p.energy_ev < q.energy_ev; };
    const auto top = std::max_element(found.answers.begin(), found.answers.end(), higher);
    path.images = found.path;
    path.answers = found.answers;
    path.saddle = static_cast<int>(top - found.answers.begin());
  }

  void turn(std::size_t image, double degrees) {
    path.images[image] = turned(path.images[image], degrees);
    path.answers[image] = engine.evaluate(path.images[image]);
  }
};

}  // namespace

TEST_CASE("ends and saddle of a path stay, the images between turn as evenly as they let them", "[neb][free]") {
  Hop hop;
  REQUIRE(hop.found.converged());
  const std::size_t last = hop.path.images.size() - 1;
  hop.turn(0, 20);
  hop.turn(1, -50);
  hop.turn(last, 12);
  const Path askew = hop.path;
  spread_motion(hop.path, hop.mobile);
  for (const std::size_t i : {std::size_t{0}, static_cast<std::size_t>(*askew.saddle), last})
    CHECK(hop.path.images[i].positions == askew.images[i].positions);
  for (std::size_t i = 0; i <= last; ++i) {
    CHECK(apart(hop.path.images[i], askew.images[i]) < 1e-9);
    const Evaluation there = hop.engine.evaluate(hop.path.images[i]);
    CHECK(hop.path.answers[i].energy_ev == Approx(there.energy_ev).margin(1e-9));
    CHECK((hop.path.answers[i].forces - there.forces).cwiseAbs().maxCoeff() < 1e-9);
    if (i > 0) CHECK(degrees_between(hop.path.images[i - 1], hop.path.images[i]) < 12);
  }

  Path held = askew;
  spread_motion(held, Mobile({true, true, true, true, true, false}, 6));
  for (std::size_t i = 0; i <= last; ++i) CHECK(held.images[i].positions == askew.images[i].positions);
}

TEST_CASE("the force across a path is the same however its neighbours are turned", "[neb][free]") {
  Hop hop;
  BandOptions options;
  options.drift_free = true;
  options.max_rounds = 0;
  const Band before = drive(converge_band(hop.path, hop.mobile, options), hop.engine);
  for (std::size_t i = 0; i < hop.path.images.size(); ++i) {
    if (i % 2 == 0) hop.turn(i, 10);
  }
  const Band after = drive(converge_band(hop.path, hop.mobile, options), hop.engine);
  CHECK(after.fmax == Approx(before.fmax).margin(1e-9));
}

TEST_CASE("a minimum that is an end turned as a whole divides no path", "[neb][free]") {
  Hop hop;
  for (const bool at_first : {true, false}) {
    Path path = hop.path;
    path.saddle.reset();
    const std::size_t last = path.images.size() - 1;
    Dip dip;
    dip.image = at_first ? 1 : static_cast<int>(last) - 1;
    const auto beside = static_cast<std::size_t>(dip.image);
    path.images[beside] = turned(path.images[at_first ? 0 : last], 25);
    path.images[beside].positions(0, 5) += 0.02;
    for (std::size_t i = 2; at_first && i < last; ++i) path.images[i] = turned(path.images[i], 25);
    for (std::size_t i = 1; !at_first && i < beside; ++i) path.images[i] = turned(path.images[i], 25);
    const Parts parts = drive(split_path(path, {dip}, hop.mobile, PathwayOptions{}), hop.engine);
    CHECK(parts.warnings.empty());
    CHECK_FALSE(parts.whole);
    REQUIRE(parts.paths.size() == 1);
    const std::vector<Configuration>& images = parts.paths.front().images;
    CHECK(images.front().positions == path.images.front().positions);
    CHECK(images.back().positions == path.images.back().positions);
    for (std::size_t i = 1; i < images.size(); ++i) CHECK(degrees_between(images[i - 1], images[i]) < 8);
  }
}

TEST_CASE("the way down from a saddle leads to ends that lie turned to it", "[neb][free]") {
  Hop hop;
  const auto top = static_cast<std::size_t>(*hop.path.saddle);
  const std::size_t last = hop.path.images.size() - 1;
  const auto x = [&](std::size_t i) { return hop.mobile.gather(hop.path.images[i].positions); };
  CertificateOptions certifying;
  const Certificate certificate = drive(certify(hop.path.images[top], hop.path.answers[top], hop.mobile,
                                                (x(top + 1) - x(top - 1)).normalized(), certifying),
                                        hop.engine);
  REQUIRE(certificate.negative == 1);
  hop.path.images[top] = certificate.saddle.configuration;
  hop.path.answers[top] = certificate.saddle.evaluation;
  hop.turn(0, 30);
  hop.turn(last, -30);
  Surrogate learned(x(last) - x(0), 1.1, PairPrior(hop.path.images, hop.mobile));
  for (const std::size_t end : {std::size_t{0}, last})
    learned.add(x(end), hop.path.answers[end].energy_ev, hop.mobile.gradient(hop.path.answers[end]));
  for (std::size_t i = 1; i < last; ++i) {
    if (i != top) hop.path.answers[i] = Evaluation();
  }
  const Configuration first = hop.path.images.front(), final = hop.path.images.back();
  BandOptions options;
  options.fmax = 0.01;
  const Descent descent = drive(go_downhill(hop.path, hop.mobile, options, 0.005, learned, certificate), hop.engine);
  CHECK(descent.minima.empty());
  CHECK(descent.path.images.front().positions == first.positions);
  CHECK(descent.path.images.back().positions == final.positions);
  for (std::size_t i = 0; i <= last; ++i) {
    INFO("image " << i << " of " << last << ", saddle " << top << ", " << descent.evaluations << " questions");
    REQUIRE(descent.path.answers[i].forces.cols() == 6);
    if (i == 0) continue;
    CHECK((descent.path.answers[i].energy_ev > descent.path.answers[i - 1].energy_ev) == (i <= top));
    CHECK(degrees_between(descent.path.images[i - 1], descent.path.images[i]) < 20);
  }
  options.drift_free = options.dynamic = true;
  options.max_rounds = 0;
  CHECK(drive(converge_band(descent.path, hop.mobile, options), hop.engine).fmax < 1.2 * options.fmax);
}
