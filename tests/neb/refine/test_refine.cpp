// SPDX-License-Identifier: GPL-2.0-or-later
// A path of one surface asked of another whose barriers follow from it in closed form.
#include <catch2/catch.hpp>

#include <array>

#include "neb/refine/refine.hpp"
#include "potentials/analytic/analytic.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;
using hopflow::testing::drive;
using hopflow::testing::point;

namespace {

/// `scale` times the Muller-Brown surface (in units of 0.005 eV), plus `tilt` (eV/A) along x.
class Changed final : public Potential {
 public:
  Changed(double scale, double tilt) : scale_{scale}, tilt_{tilt} {}
  Evaluation evaluate(const Configuration& at) override {
    ++asked;
    Evaluation answer = surface_->evaluate(at);
    answer.energy_ev = 0.005 * scale_ * answer.energy_ev + tilt_ * at.positions(0, 0);
    answer.forces *= 0.005 * scale_;
    answer.forces(0, 0) -= tilt_;
    return answer;
  }
  int asked = 0;

 private:
  std::unique_ptr<Potential> surface_ = make_analytic(analytic_engine("muller-brown").document);
  double scale_, tilt_;
};

/// From the middle minimum to the lower right one: one saddle.
BarrierResult fast_barrier() {
  Changed fast(1, 0);
  BarrierOptions options;
  options.fmax = 0.01;
  options.images = 7;
  return drive(find_barrier(point(-0.05, 0.467), point(0.623, 0.028), {}, options), fast);
}

double x_of(const BarrierResult& barrier, double energy_ev) {
  for (std::size_t i = 0; i < barrier.path.size(); ++i)
    if (barrier.answers[i].energy_ev == energy_ev) return barrier.path[i].positions(0, 0);
  FAIL("no image has this energy");
  return 0;
}

}  // namespace

TEST_CASE("an engine with the same paths and harder mountains gives its barrier on the path as it is",
          "[neb][refine]") {
  const BarrierResult fast = fast_barrier();
  REQUIRE(fast.converged());
  // Published energies of saddle and minimum: -72.249 and -80.768.
  CHECK(fast.forward_ev == Approx(0.005 * (80.768 - 72.249)).margin(1e-5));
  Changed harder(1.25, 0);
  const Refined refined = drive(refine(fast, {}, {}), harder);
  CHECK(harder.asked == static_cast<int>(fast.path.size()));
  CHECK(refined.kept.converged());
  CHECK_FALSE(refined.converged);
  CHECK(refined.kept.forward_ev == Approx(1.25 * fast.forward_ev).epsilon(1e-12));
  CHECK(refined.kept.reverse_ev == Approx(1.25 * fast.reverse_ev).epsilon(1e-12));
  CHECK(refined.linear_forward_ev == Approx(1.25 * fast.forward_ev).epsilon(1e-12));
  CHECK(refined.kept.fmax_ev_per_angstrom < 1.25 * 0.05 + 1e-9);
}

TEST_CASE("a tilted surface: first order on the given path, and a band that goes on from it", "[neb][refine]") {
  const BarrierResult fast = fast_barrier();
  const double tilt = 0.1;
  const double rise = x_of(fast, fast.saddle_energy_ev) - fast.path.front().positions(0, 0);
  Changed tilted(1, tilt);
  RefineOptions options;
  options.path = RefinePath::converge;
  options.barrier.fmax = 0.01;
  const Refined refined = drive(refine(fast, {}, options), tilted);
  CHECK(refined.linear_forward_ev == Approx(fast.forward_ev + tilt * rise).margin(1e-10));
  CHECK(refined.kept.converged());
  // The whole tilt is left at the ends, which were minima.
  CHECK(refined.kept.fmax_ev_per_angstrom == Approx(tilt).margin(0.01));
  REQUIRE(refined.converged);
  CHECK(refined.converged->converged());
  // The independent way to the same number: a band of the tilted surface alone.
  BarrierOptions alone;
  alone.fmax = 0.01;
  alone.images = 7;
  const BarrierResult direct = drive(find_barrier(point(-0.05, 0.467), point(0.623, 0.028), {}, alone), tilted);
  CHECK(refined.converged->forward_ev == Approx(direct.forward_ev).margin(1e-5));
  CHECK(refined.converged->reverse_ev == Approx(direct.reverse_ev).margin(1e-5));
  // Second order in the tilt: curvatures there are 0.5 eV/A^2 and more.
  CHECK(std::abs(refined.converged->forward_ev - refined.linear_forward_ev) < 2 * tilt * tilt);
  CHECK(refined.converged->forward_ev != Approx(refined.linear_forward_ev).margin(1e-6));
}

TEST_CASE("a path that leaves more than 0.5 eV/A in another engine gives no number", "[neb][refine]") {
  const BarrierResult fast = fast_barrier();
  Changed foreign(1, 0.51);
  const Refined refined = drive(refine(fast, {}, {}), foreign);
  CHECK_FALSE(refined.kept.converged());
  CHECK_THAT(refined.kept.reason, Catch::Contains("path not valid for this engine") && Catch::Contains("0.51"));
  Changed bearable(1, 0.49);
  CHECK_THAT(drive(refine(fast, {}, {}), bearable).kept.reason, !Catch::Contains("not valid"));
}

TEST_CASE("ends that another engine relaxes to somewhere else are told before a band is made", "[neb][refine]") {
  const BarrierResult fast = fast_barrier();
  Changed harder(1.25, 0);
  RefineOptions options;
  options.path = RefinePath::converge;
  options.ends_problem = [](const Configuration&, const Configuration& end) {
    return end.positions(0, 0) > 0.5 ? std::string{"the vacancy slipped"} : std::string{};
  };
  const Refined refined = drive(refine(fast, {}, options), harder);
  REQUIRE(refined.converged);
  CHECK_FALSE(refined.converged->converged());
  CHECK(refined.converged->reason == "the vacancy slipped");
  CHECK(refined.converged->path.empty());
  CHECK(refined.kept.converged());
}

TEST_CASE("the spread of engines is half the range of the worse direction", "[neb][refine]") {
  const std::array<std::pair<double, double>, 3> barriers{{{0.186, 0.055}, {0.505, 0.282}, {0.146, 0.111}}};
  const UncertaintyPart part = engine_spread(barriers, std::array<std::string, 1>{"MYP"});
  CHECK(part.name == "engine_spread");
  CHECK(part.value_ev.value() == Approx((0.505 - 0.146) / 2));
  CHECK_THAT(part.note, Catch::Contains("3 engines") && Catch::Contains("no number from MYP"));
  CHECK_FALSE(engine_spread(std::span{barriers}.first(1), {}).value_ev);

  BarrierResult barrier;
  barrier.parts.push_back({"residual_force", 0.03, ""});
  add_part(barrier, {"engine_spread", 0.04, ""});
  CHECK(barrier.uncertainty_ev == Approx(0.05));
}
