// SPDX-License-Identifier: GPL-2.0-or-later
// Bands by themselves: which images are asked, and what may be called converged.
#include <catch2/catch.hpp>

#include <set>

#include "neb/band.hpp"
#include "neb/interpolation.hpp"
#include "neb/tangent.hpp"
#include "potentials/analytic/analytic.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;
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

TEST_CASE("images at rest are not asked, wake when a neighbour turns their tangent, and a band's end is true for all", "[neb][band]") {
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
    REQUIRE(run->band.converged);
    CHECK(fmax_of(run->band.path, *surface) < options.fmax);
    // The saddle in closed form, see the test of the surface.
    CHECK(run->band.path.answers[static_cast<std::size_t>(run->band.highest)].energy_ev == Approx(-0.8752246791).margin(1e-4));
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
  CHECK(run.band.converged);
}
