// SPDX-License-Identifier: GPL-2.0-or-later
// A symmetry that swaps the ends of a path, on a closed form.
#include <catch2/catch.hpp>

#include <cmath>

#include "neb/barrier/path_symmetry.hpp"
#include "structures/core/units.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;
using hopflow::testing::drive;

namespace {

constexpr double edge = 4;  // A

/// An atom of species 1 in E = h (1 - cos(2 pi n x / a)) / 2 + k (y^2 + z^2) / 2, others feel nothing: a hop from x = 0
/// to x = a leads over n hills, each h high.
class Net final : public Potential {
 public:
  double h = 0.5, k = 2;
  int hills = 1;
  int calls = 0;
  Evaluation evaluate(const Configuration& c) override {
    ++calls;
    Evaluation e;
    e.forces = Eigen::Matrix3Xd::Zero(3, c.size());
    const double wave = 2 * units::pi * hills / edge;
    for (int i = 0; i < c.size(); ++i) {
      if (c.species[static_cast<std::size_t>(i)] != 1) continue;
      const Eigen::Vector3d r = c.positions.col(i);
      e.energy_ev += 0.5 * h * (1 - std::cos(wave * r.x())) + 0.5 * k * (r.y() * r.y() + r.z() * r.z());
      e.forces.col(i) = Eigen::Vector3d(-0.5 * h * wave * std::sin(wave * r.x()), -k * r.y(), -k * r.z());
    }
    return e;
  }
};

Configuration net(double x) {
  Configuration c;
  c.cell = Eigen::Vector3d(2 * edge, 3 * edge, 3 * edge).asDiagonal();
  c.species = {1, 8, 8};
  c.positions.resize(3, 3);
  c.positions << x, 0, edge, 0, 5, 5, 0, 5, 5;
  return c;
}

const Mask only_first{true, false, false};

}  // namespace

TEST_CASE("half a symmetric path gives both barriers for half the calls", "[neb][symmetry]") {
  Net whole, half;
  BarrierOptions options;
  options.fmax = 0.01;
  options.surrogate = false;
  const BarrierResult plain = drive(find_barrier(net(0), net(edge), only_first, options), whole);
  const BarrierResult folded = drive(find_barrier_by_symmetry(net(0), net(edge), only_first, options), half);
  REQUIRE(plain.converged());
  REQUIRE(folded.converged());
  CHECK(folded.forward_ev == Approx(0.5).margin(1e-4));
  CHECK(folded.forward_ev == folded.reverse_ev);
  CHECK(folded.forward_ev == Approx(plain.forward_ev).margin(1e-6));
  CHECK(folded.evaluations == half.calls);
  CHECK(folded.evaluations_endpoints == plain.evaluations_endpoints / 2);
  CHECK(half.calls <= whole.calls - 3);  // one end and two images; the climbing image and the certificate have no twin
  CHECK(folded.checks.back().name == "path_symmetry");
  // What the images of the band that climbs were asked is the search; the band through the saddle is not.
  auto counted = find_barrier_by_symmetry(net(0), net(edge), only_first, options);
  int climbing = 0, through = 0;
  while (!counted.done()) {
    std::vector<Evaluation> answers;
    for (std::size_t i = 0; i < counted.ask().size(); ++i) {
      climbing += counted.name_of(i).starts_with("band image");
      through += counted.name_of(i).starts_with("band through the saddle");
      answers.push_back(half.evaluate(counted.ask()[i]));
    }
    counted.tell(std::move(answers));
  }
  const BarrierResult result = counted.take();
  CHECK(climbing > 0);
  CHECK(result.evaluations_band >= climbing);
  CHECK(result.evaluations_endpoints + result.evaluations_band + result.evaluations_certificate + through ==
        result.evaluations);
}

TEST_CASE("a band that goes on after it has found its saddle loses only the images of its search", "[neb][symmetry]") {
  Net whole, half;
  BarrierOptions options;
  options.fmax = 0.01;
  options.certify = false;
  options.steady_rounds = 60;  // it converges long before
  const BarrierResult plain = drive(find_barrier(net(0), net(edge), only_first, options), whole);
  const BarrierResult folded = drive(find_barrier_by_symmetry(net(0), net(edge), only_first, options), half);
  REQUIRE(plain.converged());
  CHECK(plain.evaluations_endpoints + plain.evaluations_band < plain.evaluations);
  CHECK(folded.evaluations == half.calls);
  CHECK(5 * folded.evaluations_band ==
        3 * plain.evaluations_band);  // of five images the middle one and two others are asked
}

TEST_CASE("minima on the way that are images of each other are asked once in every count", "[neb][symmetry]") {
  Net whole, half;
  whole.hills = half.hills = 3;
  BarrierOptions options;
  options.climb = options.certify = false;  // all but the ends is search
  const BarrierResult plain = drive(find_barrier(net(0), net(edge), only_first, options), whole);
  auto folding = find_barrier_by_symmetry(net(0), net(edge), only_first, options);
  int minima = 0;
  while (!folding.done()) {
    std::vector<Evaluation> answers;
    for (std::size_t i = 0; i < folding.ask().size(); ++i) {
      minima += folding.name_of(i) == "relax a minimum on the path";
      answers.push_back(half.evaluate(folding.ask()[i]));
    }
    folding.tell(std::move(answers));
  }
  const BarrierResult folded = folding.take();
  CHECK(minima > 0);
  CHECK(half.calls < 0.7 * whole.calls);
  CHECK(plain.evaluations_endpoints + plain.evaluations_band == whole.calls);
  CHECK(folded.evaluations == half.calls);
  CHECK(folded.evaluations_endpoints + folded.evaluations_band == half.calls);
}

TEST_CASE("ends that no symmetry swaps are asked in full", "[neb][symmetry]") {
  Configuration final = net(edge);
  final.positions(1, 0) = 0.3;
  CHECK_FALSE(path_symmetry(net(0), final, Mobile(only_first, 3)));
  Configuration other = net(0), other_final = net(edge);
  other.species[2] = other_final.species[2] = 7;  // the wells are not alike any more
  CHECK_FALSE(path_symmetry(other, other_final, Mobile(only_first, 3)));
  // A fixed atom may not be carried onto a mobile one.
  CHECK_FALSE(path_symmetry(net(0), net(edge), Mobile({true, true, false}, 3)));
  Net field;
  const BarrierResult result = drive(find_barrier_by_symmetry(net(0), final, only_first, BarrierOptions{}), field);
  CHECK(result.converged());
  CHECK(result.checks.back().name != "path_symmetry");
}

TEST_CASE("a procedure asked by halves is told what the engine refuses, and goes on", "[neb][symmetry]") {
  const AtomicSymmetry g = *path_symmetry(net(0), net(edge), Mobile(only_first, 3));
  const auto asking = [](Configuration first, Configuration second) -> Procedure<int> {
    int refusals = 0;
    while (true) {
      std::vector<Configuration> both{first, second};
      try {
        const std::vector<Evaluation> answers = co_await Ask(std::move(both));
        break;
      } catch (const Error&) {
        ++refusals;
      }
    }
    co_return refusals;
  };
  auto procedure = folded(asking(net(1), g.image_of(net(1))), g);
  REQUIRE(procedure.ask().size() == 1);
  procedure.tell_error(std::make_exception_ptr(Error(Error::Kind::engine, "refused")));
  REQUIRE_FALSE(procedure.done());
  REQUIRE(procedure.ask().size() == 1);
  Evaluation answer;
  answer.forces.setZero(3, 3);
  procedure.tell({answer});
  REQUIRE(procedure.done());
  CHECK(procedure.take().value == 1);
}

TEST_CASE("images are found among the questions of a round, drifted as a whole only where nothing is fixed",
          "[neb][symmetry]") {
  AtomicSymmetry g = *path_symmetry(net(0), net(edge), Mobile(only_first, 3));
  Configuration image = g.image_of(net(1));
  CHECK(images_among({net(1), image, net(1.5)}, g) == std::vector<int>{-1, 0, -1});
  image.positions.colwise() += Eigen::Vector3d(0.1, -0.2, 0.3);
  CHECK(images_among({net(1), image, net(1.5)}, g) == std::vector<int>{-1, -1, -1});
  g.floating = true;
  CHECK(images_among({net(1), image, net(1.5)}, g) == std::vector<int>{-1, 0, -1});
}

TEST_CASE("a symmetry swaps the ends, and twice is nothing", "[neb][symmetry]") {
  const auto g = path_symmetry(net(0), net(edge), Mobile(only_first, 3));
  REQUIRE(g);
  const Configuration there = g->image_of(net(0)), back = g->image_of(there);
  CHECK(g->target[0] == 0);
  CHECK(std::fmod(std::abs(there.positions(0, 0) - edge), 2 * edge) == Approx(0).margin(1e-9));
  for (int i = 0; i < 3; ++i) {
    const Eigen::Vector3d apart = back.positions.col(i) - net(0).positions.col(i);
    CHECK((net(0).cell.inverse() * apart - (net(0).cell.inverse() * apart).array().round().matrix()).norm() < 1e-9);
  }
}
