// SPDX-License-Identifier: GPL-2.0-or-later
// Bands by themselves: which images are asked, and what may be called converged.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include <Eigen/Geometry>

#include "neb/band/band.hpp"
#include "neb/band/tangent.hpp"
#include "neb/barrier/barrier.hpp"
#include "neb/core/rigid.hpp"
#include "neb/path/interpolation.hpp"
#include "potentials/analytic/analytic.hpp"
#include "structures/core/error.hpp"
#include "tests/neb/drive.hpp"
#include "tests/neb/field.hpp"
#include "tests/neb/lennard_jones.hpp"

using namespace hopflow;
using hopflow::testing::drive;
using hopflow::testing::Field;
using hopflow::testing::on_faces;
using hopflow::testing::point;

namespace {

/// What a band asked, round by round.
struct Watched {
  Band band;
  std::vector<std::set<std::string>> rounds;

  /// Rounds in which an image was left out, and such after which it was asked again.
  int rests = 0, thaws = 0;
};

Watched watch(Procedure<Band> procedure, Potential& potential) {
  Watched out;
  while (!procedure.done()) {
    std::vector<Evaluation> answers;
    std::set<std::string>& names = out.rounds.emplace_back();
    for (std::size_t i = 0; i < procedure.ask().size(); ++i) {
      names.insert(procedure.name_of(i));
      answers.push_back(potential.evaluate(procedure.ask()[i]));
    }
    procedure.tell(std::move(answers));
  }
  for (const std::string& image : out.rounds.front()) {
    for (std::size_t r = 1; r < out.rounds.size(); ++r) {
      if (out.rounds[r].contains(image)) continue;
      ++out.rests;
      out.thaws += r + 1 < out.rounds.size() && out.rounds[r + 1].contains(image);
    }
  }
  out.band = procedure.take();
  return out;
}

Path straight(const Configuration& initial, const Configuration& final, int images, Potential& potential) {
  Path path;
  path.images = linear_path(initial, final, images);
  path.answers.resize(path.images.size());
  path.answers.front() = potential.evaluate(initial);
  path.answers.back() = potential.evaluate(final);
  return path;
}

/// Largest force across a path, all of it asked anew: the whole force on its highest image (eV/A).
double fmax_of(const Path& path, Potential& potential) {
  std::vector<Evaluation> answers;
  for (const Configuration& image : path.images) answers.push_back(potential.evaluate(image));
  const auto energy = [&](std::size_t i) { return answers[i].energy_ev; };
  std::size_t top = 1;
  for (std::size_t i = 1; i + 1 < answers.size(); ++i) top = energy(i) > energy(top) ? i : top;
  double largest = 0;
  for (std::size_t i = 1; i + 1 < answers.size(); ++i) {
    const auto x = [&](std::size_t k) { return Eigen::VectorXd(path.images[k].positions.reshaped()); };
    const Eigen::VectorXd force = answers[i].forces.reshaped();
    const Eigen::VectorXd along = tangent(x(i) - x(i - 1), x(i + 1) - x(i), {energy(i - 1), energy(i), energy(i + 1)});
    largest = std::max(largest, longest(i == top ? force : across(force, along)));
  }
  return largest;
}

}  // namespace

TEST_CASE("images at rest are not asked, wake when a neighbour turns their tangent, and a band's end is true for all",
          "[neb][band]") {
  auto surface = make_analytic(analytic_engine("leps-ho").document);
  const Path path = straight(point(0.75, 1.3), point(3.0, -1.3), 7, *surface);
  BandOptions options;
  options.fmax = 0.01;
  const Watched all = watch(converge_band(path, Mobile({}, 1), options), *surface);
  options.dynamic = true;
  const Watched some = watch(converge_band(path, Mobile({}, 1), options), *surface);
  CHECK(all.rests == 0);
  CHECK(some.rests > 0);
  CHECK(some.thaws > 0);
  for (const Watched* run : {&all, &some}) {
    INFO(run->band.reason);
    REQUIRE(run->band.converged());
    CHECK(fmax_of(run->band.path, *surface) < options.fmax);
    // The saddle in closed form, see the test of the surface.
    CHECK(run->band.path.answers[static_cast<std::size_t>(run->band.highest)].energy_ev ==
          Approx(-0.8752246791).margin(1e-4));
  }
  CHECK(some.band.evaluations < all.band.evaluations);
}

TEST_CASE("of a path with some answers only the others are asked at first", "[neb][band]") {
  auto surface = make_analytic(analytic_engine("leps-ho").document);
  Path path = straight(point(0.75, 1.3), point(3.0, -1.3), 3, *surface);
  for (const std::size_t i : {1u, 3u}) path.answers[i] = surface->evaluate(path.images[i]);
  const Watched run = watch(converge_band(path, Mobile({}, 1), BandOptions{}), *surface);
  CHECK(run.rounds.front() == std::set<std::string>{"band image 2"});
  CHECK(run.rounds[1].size() == 3);
  CHECK(run.band.converged());
}

TEST_CASE("a string has the saddles of the surface, its images at even distances", "[neb][string]") {
  struct Surface {
    const char* name;
    Configuration from, to;
    double barrier;  // from the surface's stationary points, by an independent root search (SciPy)
  };
  for (const Surface& s : {Surface{"muller-brown", point(-0.558, 1.442), point(0.623, 0.028), 106.0347},
                           Surface{"leps-ho", point(0.75, 1.3), point(3.0, -1.3), -0.8752246791 + 4.5091759957}}) {
    auto surface = make_analytic(analytic_engine(s.name).document);
    for (const bool surrogate : {false, true}) {
      BarrierOptions options;
      options.fmax = 0.01;
      options.method = BandMethod::string;
      options.surrogate = surrogate;
      const BarrierResult result = drive(find_barrier(s.from, s.to, {}, options), *surface);
      INFO(s.name << " " << result.reason);
      CHECK(result.converged());
      CHECK(result.forward_ev == Approx(s.barrier).margin(1e-3));
    }
  }
  auto surface = make_analytic(analytic_engine("leps-ho").document);
  BandOptions options;
  options.method = BandMethod::string;
  options.climb = false;
  options.fmax = 0.02;
  const Band band =
      drive(converge_band(straight(point(0.75, 1.3), point(3.0, -1.3), 5, *surface), Mobile({}, 1), options), *surface);
  REQUIRE(band.converged());
  std::vector<double> steps;
  for (std::size_t i = 1; i < band.path.images.size(); ++i) {
    steps.push_back((band.path.images[i].positions - band.path.images[i - 1].positions).norm());
  }
  const auto [shortest, farthest] = std::minmax_element(steps.begin(), steps.end());
  CHECK(*farthest < 1.05 * *shortest);
  BarrierOptions nonsense;
  nonsense.method = BandMethod::string;
  nonsense.springs = Springs::doubly_nudged;
  CHECK_THROWS_WITH(drive(find_barrier(point(0.75, 1.3), point(3.0, -1.3), {}, nonsense), *surface),
                    Catch::Contains("no springs"));
}

TEST_CASE("an image is put where a narrow maximum stands between those of a coarse path", "[neb][insert]") {
  // A broad hill of 0.5 eV and, between two of three images, a narrow one that stands higher.
  constexpr double pi = 3.14159265358979323846, narrow = 0.25, middle = 4.1;
  const auto profile = [&](double x) {
    return 0.25 * (1 - std::cos(pi * x / 3)) + 0.5 * std::exp(-0.5 * std::pow((x - middle) / narrow, 2));
  };
  Field field([&](const Eigen::Vector3d& r, Eigen::Vector3d& g) {
    const double u = (r[0] - middle) / narrow;
    g = Eigen::Vector3d(0.25 * pi / 3 * std::sin(pi * r[0] / 3) - 0.5 * u / narrow * std::exp(-0.5 * u * u), 4 * r[1],
                        4 * r[2]);
    return profile(r[0]) + 2 * (r[1] * r[1] + r[2] * r[2]);
  });
  double highest = 0;
  for (double x = 0; x < 6; x += 1e-4) highest = std::max(highest, profile(x));
  const auto barrier = [&](int images, int insert, bool certify) {
    BarrierOptions options;
    options.images = images;
    options.insert = insert;
    options.fmax = 0.01;
    options.surrogate = false;
    options.certify = certify;
    return drive(find_barrier(point(0, 0), point(6, 0), {}, options), field);
  };
  CHECK(barrier(3, 0, false).forward_ev == Approx(0.5).margin(1e-3));     // what three images alone find
  CHECK(barrier(3, 0, true).forward_ev == Approx(highest).margin(1e-3));  // followed down, the path shows the other
  const BarrierResult found = barrier(3, 2, true);
  INFO(found.reason);
  CHECK(found.converged());
  CHECK(found.forward_ev == Approx(highest).margin(1e-3));
  CHECK(found.path.size() > 5);
}

TEST_CASE("a single image that comes to rest in a minimum divides the path there", "[neb][insert]") {
  // Two hills of 0.5 eV with a minimum half way; the second is 0.03 eV higher for the tilt.
  constexpr double pi = 3.14159265358979323846, tilt = 0.01;
  Field field([&](const Eigen::Vector3d& r, Eigen::Vector3d& g) {
    g = Eigen::Vector3d(0.5 * pi / 3 * std::sin(2 * pi * r[0] / 3) + tilt, 4 * r[1], 4 * r[2]);
    return 0.25 * (1 - std::cos(2 * pi * r[0] / 3)) + tilt * r[0] + 2 * (r[1] * r[1] + r[2] * r[2]);
  });
  for (const bool surrogate : {false, true}) {
    BarrierOptions options;
    options.images = 1;
    options.fmax = 0.01;
    options.surrogate = surrogate;
    const BarrierResult result = drive(find_barrier(point(0, 0), point(6, 0), {}, options), field);
    INFO(result.reason);
    CHECK(result.converged());
    // Minima and maxima both lie where the slope of the cosine is the tilt; from the first minimum to the second
    // maximum.
    const double off = 3 / (2 * pi) * std::asin(tilt * 6 / pi);
    const double expected = 0.5 * std::cos(2 * pi * off / 3) + tilt * (4.5 + 2 * off);
    CHECK(result.forward_ev == Approx(expected).margin(1e-4));
    if (!surrogate) CHECK(result.path.size() >= 5);  // a search finds the higher hill by itself
  }
}

namespace {

/// Five Lennard-Jones atoms, and an engine that pulls and turns the whole of them.
class Adrift final : public Potential {
 public:
  Evaluation evaluate(const Configuration& c) override {
    Evaluation e = hopflow::testing::LennardJones().evaluate(c);
    const Eigen::Vector3d centre = c.positions.rowwise().mean();
    for (int i = 0; i < c.size(); ++i) {
      e.forces.col(i) += 0.2 * Eigen::Vector3d(1, -1, 2);
      if (!c.periodic[0]) e.forces.col(i) += Eigen::Vector3d(0.2, 0.1, -0.2).cross(c.positions.col(i) - centre);
    }
    return e;
  }
};

}  // namespace

TEST_CASE("a structure without fixed atoms neither shifts nor turns, whatever its engine does", "[neb][band]") {
  Adrift engine;
  for (const bool periodic : {false, true}) {
    Path path = straight(on_faces({0}, periodic), on_faces({1}, periodic), 3, engine);
    path.images = idpp_path(path.images, Mobile({}, 5));
    BandOptions options;
    options.max_rounds = 40;
    double shift[2] = {}, turn[2] = {};
    for (const bool held : {false, true}) {
      options.drift_free = held;
      const Band band = drive(converge_band(path, Mobile({}, 5), options), engine);
      for (std::size_t i = 1; i < 4; ++i) {
        const Eigen::Matrix3Xd &before = path.images[i].positions, &after = band.path.images[i].positions;
        shift[held] = std::max(shift[held], (after - before).rowwise().mean().norm());
        const Eigen::Matrix3d rotation = nearest_rotation(before, after);
        turn[held] = std::max(turn[held], Eigen::AngleAxisd(rotation).angle());
      }
    }
    INFO(periodic << " shift " << shift[0] << " " << shift[1] << " turn " << turn[0] << " " << turn[1]);
    CHECK(shift[true] < 1e-10);
    CHECK(shift[false] > 0.1);
    if (periodic) continue;
    CHECK(turn[true] < 0.1 * turn[false]);
  }
}
