// SPDX-License-Identifier: GPL-2.0-or-later
// The Gaussian process against its textbook form, and searches that use it.
#include <catch2/catch.hpp>

#include <cmath>
#include <random>

#include "neb/barrier/barrier.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/surrogate/surrogate.hpp"
#include "neb/surrogate/surrogate_band.hpp"
#include "potentials/analytic/analytic.hpp"
#include "structures/core/error.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;

namespace {

struct Sample {
  Eigen::VectorXd x;
  double energy;
  Eigen::VectorXd gradient;
};

/// Points of a smooth surface in `dimension` coordinates, all in a space of few directions.
std::vector<Sample> samples(int count, Eigen::Index dimension) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> between(-0.8, 0.8);
  const auto vector = [&] {
    Eigen::VectorXd v(dimension);
    for (double& c : v) c = between(random);
    return v;
  };
  const Eigen::VectorXd a = vector().normalized(), b = vector().normalized(), origin = vector();
  std::vector<Sample> out;
  for (int i = 0; i < count; ++i) {
    Sample s;
    s.x = origin + between(random) * a + between(random) * b;
    const double u = a.dot(s.x), v = b.dot(s.x);
    s.energy = std::sin(u) + 0.5 * v * v * u;
    s.gradient = (std::cos(u) + 0.5 * v * v) * a + v * u * b;
    out.push_back(s);
  }
  return out;
}

Surrogate learned(const std::vector<Sample>& data) {
  Surrogate surrogate(data.back().x - data.front().x, 2.5);
  for (const Sample& s : data) surrogate.add(s.x, s.energy, s.gradient);
  surrogate.fit(data.front().x);
  return surrogate;
}

}  // namespace

TEST_CASE("a surrogate gives back what it learned", "[neb][surrogate]") {
  const auto data = samples(9, 30);
  const Surrogate surrogate = learned(data);
  for (const Sample& s : data) {
    const auto value = surrogate.predict(s.x);
    CHECK(value.energy_ev == Approx(s.energy).margin(5e-4));
    CHECK((value.gradient - s.gradient).norm() < 2e-3);
    CHECK(surrogate.nearest(s.x) == Approx(0).margin(1e-6));
  }
}

TEST_CASE("a surrogate's gradient and Hessian are derivatives of its energy", "[neb][surrogate]") {
  const auto data = samples(7, 12);
  const Surrogate surrogate = learned(data);
  const Eigen::VectorXd at = data[2].x + 0.1 * Eigen::VectorXd::Ones(12);
  const auto here = surrogate.predict(at);
  for (Eigen::Index i = 0; i < at.size(); ++i) {
    Eigen::VectorXd step = Eigen::VectorXd::Zero(12);
    step[i] = 1e-4;
    const double slope = (surrogate.predict(at + step).energy_ev - surrogate.predict(at - step).energy_ev) / 2e-4;
    CHECK(here.gradient[i] == Approx(slope).margin(1e-6));
  }
  const Eigen::VectorXd inside = surrogate.inside(data[3].x);
  const auto quadratic = surrogate.quadratic(inside);
  for (Eigen::Index i = 0; i < inside.size(); ++i) {
    Eigen::VectorXd step = Eigen::VectorXd::Zero(inside.size());
    step[i] = 1e-4;
    const Eigen::VectorXd change =
        (surrogate.quadratic(inside + step).gradient - surrogate.quadratic(inside - step).gradient) / 2e-4;
    CHECK((quadratic.hessian.col(i) - change).norm() < 1e-5);
  }
}

TEST_CASE("a surrogate in the span of its data does not depend on coordinates nothing happens in", "[neb][surrogate]") {
  const auto data = samples(6, 8);
  std::vector<Sample> padded = data;
  for (Sample& s : padded) {
    s.x.conservativeResize(500);
    s.x.tail(492).setConstant(0.3);
    s.gradient.conservativeResize(500);
    s.gradient.tail(492).setZero();
  }
  const Surrogate few = learned(data), many = learned(padded);
  const Eigen::VectorXd at = 0.5 * (data[1].x + data[4].x);
  Eigen::VectorXd far(500);
  far << at, Eigen::VectorXd::Constant(492, 0.3);
  CHECK(many.length_scale() == few.length_scale());
  CHECK(many.predict(far).energy_ev == Approx(few.predict(at).energy_ev).margin(1e-4));
}

TEST_CASE("a surrogate predicts between its answers", "[neb][surrogate]") {
  const auto data = samples(12, 20);
  const std::vector<Sample> known(data.begin(), data.end() - 1);
  const Surrogate surrogate = learned(known);
  const auto value = surrogate.predict(data.back().x);
  CHECK(value.energy_ev == Approx(data.back().energy).margin(0.02));
  CHECK((value.gradient - data.back().gradient).norm() < 0.1);
}

TEST_CASE("a search that never came near a saddle gives back the first path and what was answered on it",
          "[neb][surrogate]") {
  auto potential = make_analytic(analytic_engine("muller-brown").document);
  const Mobile mobile({}, 1);
  Path path;
  path.images =
      interpolation_named("linear").path(testing::point(-0.558, 1.442), testing::point(0.623, 0.028), mobile, 5);
  path.answers.resize(path.images.size());
  path.answers.front() = potential->evaluate(path.images.front());
  path.answers.back() = potential->evaluate(path.images.back());
  auto search = search_with_surrogate(path, mobile, BandOptions());
  for (int k = 0; k < 2; ++k) search.tell({potential->evaluate(search.ask().front())});
  REQUIRE_FALSE(search.done());
  search.tell_error(Error(Error::Kind::engine, "refused"));
  REQUIRE(search.done());
  const SurrogateBand found = search.take();
  CHECK_FALSE(found.at_saddle);
  CHECK(found.band.evaluations == 2);
  for (std::size_t i = 0; i < path.images.size(); ++i) {
    CHECK(found.band.path.images[i].positions == path.images[i].positions);
    CHECK((found.band.path.answers[i].forces.cols() == 1) == (i == 0 || i == 3 || i == 6));
  }
  CHECK(found.band.path.answers[3].energy_ev == potential->evaluate(path.images[3]).energy_ev);
}

TEST_CASE("a search that gives up costs no more than another tool's band", "[neb][surrogate]") {
  // ASE 3.29, improved tangent and ODE, five images: calls until the climbing image's force is below 0.01 eV/A.
  struct Surface {
    const char* name;
    double from[2], to[2];
    int others;
  };
  for (const Surface& s :
       {Surface{"muller-brown", {-0.558, 1.442}, {0.623, 0.028}, 100}, Surface{"leps", {0.742, 3.0}, {3.0, 0.742}, 75},
        Surface{"leps-ho", {0.75, 1.3}, {3.0, -1.3}, 85}}) {
    auto potential = make_analytic(analytic_engine(s.name).document);
    BarrierOptions options;
    options.fmax = 0.01;
    options.relax_endpoints = std::string(s.name) != "leps";
    const auto barrier = [&] {
      return find_barrier(testing::point(s.from[0], s.from[1]), testing::point(s.to[0], s.to[1]), {}, options);
    };
    const double expected = testing::drive(barrier(), *potential).forward_ev;
    for (int refused = 1; refused <= 40; ++refused) {
      // The engine refuses that question of the search, at which it gives up.
      auto procedure = barrier();
      int searched = 0;
      bool searching = true;  // one image at a time, until the band asks for several
      while (!procedure.done()) {
        const bool of_path = procedure.name_of(0).starts_with("band");
        searching = searching && !(of_path && procedure.ask().size() > 1);
        if (searching && of_path && ++searched == refused) {
          procedure.tell_error(std::make_exception_ptr(Error(Error::Kind::engine, "refused")));
          continue;
        }
        std::vector<Evaluation> answers;
        for (const Configuration& question : procedure.ask()) answers.push_back(potential->evaluate(question));
        procedure.tell(std::move(answers));
      }
      const BarrierResult result = procedure.take();
      INFO(s.name << " refused at " << refused << ": " << result.reason);
      CHECK(result.converged());
      CHECK(result.forward_ev == Approx(expected).margin(1e-3));
      CHECK(result.evaluations_band <= 1.1 * s.others);
    }
  }
}
